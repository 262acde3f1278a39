"""The last messages that came twice, a ring for each source and pump."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collect", "0004_by_time")]
    operations = [
        migrations.CreateModel(
            name="Repeat",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("lane", models.SmallIntegerField()),
                ("slot", models.SmallIntegerField()),
                ("at", models.DateTimeField(db_index=True)),
                ("received_at", models.DateTimeField()),
                ("event_id", models.UUIDField()),
                ("name", models.CharField(max_length=120)),
                ("message", models.TextField()),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="collect.source",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "repeat",
            models.UniqueConstraint(fields=["source", "lane", "slot"], name="collect_repeat_ring"),
        ),
    ]
