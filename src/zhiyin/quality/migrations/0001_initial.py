"""Rules about the data with what they measured, proposals, and the rules that hold from the start."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import zhiyin.ids

OBJECTS = [
    ("customer", "Customers"), ("company", "Companies"), ("order", "Orders"), ("event", "Events"),
]  # fmt: skip
DIMENSIONS = [
    ("completeness", "Completeness"), ("validity", "Validity"), ("uniqueness", "Uniqueness"),
    ("consistency", "Consistency"), ("timeliness", "Timeliness"),
]  # fmt: skip

# Object, dimension, definition, threshold in percent: what nobody would argue with.
STANDING = (
    ("customer", "completeness", {"type": "required", "field": "name"}, None),
    ("customer", "completeness", {"type": "required", "field": "phone"}, None),
    ("customer", "completeness", {"type": "required", "field": "email"}, None),
    ("customer", "completeness", {"type": "required", "field": "city"}, None),
    ("customer", "validity", {"type": "pattern", "field": "email", "pattern": "email"}, 1.0),
    ("customer", "validity", {"type": "pattern", "field": "phone", "pattern": "e164"}, 1.0),
    ("customer", "validity", {"type": "pattern", "field": "name", "pattern": "name"}, 5.0),
    ("customer", "uniqueness", {"type": "unique", "field": "number"}, 0.0),
    ("customer", "uniqueness", {"type": "unique", "field": "email"}, 5.0),
    ("customer", "uniqueness", {"type": "unique", "field": "phone"}, 5.0),
    ("customer", "uniqueness", {"type": "one_number", "kind": "number", "field": "number"}, 1.0),
    (
        "customer", "consistency",
        {"type": "before", "field": "birth_date", "then": "first_order_at"}, 0.0,
    ),
    ("customer", "consistency", {"type": "places", "field": "city"}, 1.0),
    ("customer", "timeliness", {"type": "fresh", "field": "last_seen_at", "days": 365}, None),
    ("company", "completeness", {"type": "required", "field": "number"}, None),
    ("company", "completeness", {"type": "required", "field": "industry"}, None),
    ("company", "consistency", {"type": "places", "field": "city"}, 1.0),
    ("order", "completeness", {"type": "required", "field": "customer"}, None),
    (
        "order", "validity",
        {"type": "outlier", "field": "total", "z": 3.5, "log": True}, None,
    ),
    (
        "event", "timeliness",
        {"type": "range", "field": "delay_minutes", "low": "", "high": "60"}, 5.0,
    ),
    ("event", "completeness", {"type": "required", "field": "customer"}, None),
)  # fmt: skip


def stand(apps, schema_editor):
    rules = apps.get_model("quality", "QualityRule")
    rules.objects.bulk_create(
        rules(
            object=of, dimension=dimension, definition=definition, field=definition["field"],
            most_percent=most,
        )
        for of, dimension, definition, most in STANDING
    )  # fmt: skip


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("collect", "0011_consent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="QualityRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object", models.CharField(choices=OBJECTS, max_length=10)),
                ("event", models.CharField(blank=True, max_length=120)),
                ("definition", models.JSONField()),
                ("field", models.CharField(max_length=160)),
                ("dimension", models.CharField(choices=DIMENSIONS, max_length=14)),
                ("most_percent", models.FloatField(blank=True, null=True)),
                ("active", models.BooleanField(default=True)),
                ("alarmed", models.BooleanField(default=False)),
                ("version", models.PositiveIntegerField(default=1)),
                ("learnt", models.JSONField(blank=True, default=dict)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("measured_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("object", "event", "definition"), name="quality_rule_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("rows", models.BigIntegerField()),
                ("failed", models.BigIntegerField()),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE,
                        related_name="measurements", to="quality.qualityrule",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE,
                        to="collect.source",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="quality_measurement_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "source", "day"), name="quality_measurement_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object", models.CharField(choices=OBJECTS, max_length=10)),
                ("event", models.CharField(blank=True, max_length=120)),
                ("definition", models.JSONField()),
                ("field", models.CharField(max_length=160)),
                ("kind", models.CharField(max_length=12)),
                ("evidence", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Proposed"), ("accepted", "Accepted"),
                            ("dismissed", "Dismissed"),
                        ],
                        default="open", max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("object", "event", "field", "kind"), name="quality_proposal_once"
                    )
                ],
            },
        ),
        migrations.RunPython(stand, migrations.RunPython.noop),
    ]  # fmt: skip
