"""Opening a page does not wait for the disk to remember that it was opened."""

from django.db import migrations


class Migration(migrations.Migration):
    """A small table, written anew once."""

    dependencies = [("objects", "0003_opened")]
    operations = [
        migrations.RunSQL(
            "alter table objects_opened set unlogged", "alter table objects_opened set logged"
        ),
    ]
