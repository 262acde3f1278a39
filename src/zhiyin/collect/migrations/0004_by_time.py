"""Events are found by when they came and when they happened: to see who was here, to let go."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("collect", "0003_health")]
    operations = [
        migrations.AddIndex("event", BrinIndex(fields=["received_at"], name="event_received")),
        migrations.AddIndex("event", BrinIndex(fields=["at"], name="event_at")),
    ]
