"""People of large companies are found by the few companies that are large."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_beginnings")]
    operations = [
        migrations.AddIndex(
            model_name="company", index=models.Index(fields=["size"], name="company_size")
        ),
    ]
