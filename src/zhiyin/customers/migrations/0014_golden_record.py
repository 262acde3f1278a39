"""What each source says of a person, the rules by which one value stands, and what cells of orders
were before they were cleaned."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0011_consent"),
        ("customers", "0013_newest_of_many"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("order", "was", models.JSONField(blank=True, null=True)),
        migrations.AddField("orderline", "was", models.JSONField(blank=True, null=True)),
        migrations.CreateModel(
            name="SourceRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("identifier_id", models.UUIDField(blank=True, null=True)),
                ("home", models.UUIDField()),
                ("said", models.JSONField(default=dict)),
                (
                    "mended",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120), blank=True, default=list
                    ),
                ),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE,
                        related_name="source_records", to="customers.customer",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="collect.source"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["identifier_id"], name="source_record_identifier"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("mended", []), _negated=True), fields=["mended"],
                        name="source_record_mended",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "identifier_id", "home"), name="source_record_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Survivorship",
            fields=[
                ("field", models.CharField(max_length=60, primary_key=True, serialize=False)),
                (
                    "strategy",
                    models.CharField(
                        choices=[
                            ("newest", "The newest value"),
                            ("trusted", "The value of the most trusted source"),
                            ("complete", "The most complete value"),
                        ],
                        default="newest", max_length=10,
                    ),
                ),
                (
                    "missing",
                    models.CharField(
                        choices=[
                            ("trusted", "Take what the most trusted source says in passing"),
                            ("leave", "Leave it empty"),
                            ("default", "Put a default value, marked as such"),
                        ],
                        default="trusted", max_length=10,
                    ),
                ),
                ("default", models.CharField(blank=True, max_length=200)),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now()
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SourceTrust",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True,
                        related_name="trust", serialize=False, to="collect.source",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
            ],
        ),
    ]  # fmt: skip
