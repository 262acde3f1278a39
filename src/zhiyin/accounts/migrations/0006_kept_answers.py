"""Answers to writes that carried an Idempotency-Key."""

from django.db import migrations, models

import zhiyin.ids


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_sign_in")]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asker", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("digest", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField()),
                ("content_type", models.CharField(max_length=100)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="answer_by_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("asker", "key"), name="answer_once_a_key")
                ],
            },
        ),
    ]
