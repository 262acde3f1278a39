"""Tags by rule and tags that end; households and circles."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import zhiyin.ids


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0015_who_is_one_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Group",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("household", "Household"), ("circle", "Circle")],
                        default="household",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="TagRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tag", models.CharField(max_length=60)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("segment", "Everybody in a segment"),
                            ("model", "Everybody whom a model scores so high"),
                        ],
                        max_length=8,
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=40)),
                ("least", models.FloatField(blank=True, null=True)),
                ("days", models.PositiveIntegerField(blank=True, null=True)),
                ("active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("holders", models.IntegerField(default=0)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="customers.segment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GivenTag",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tag", models.CharField(max_length=60)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="customers.customer",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="customers.tagrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("head", "Decides"),
                            ("partner", "Partner"),
                            ("child", "Child"),
                            ("parent", "Parent"),
                            ("relative", "Relative"),
                            ("member", "Member"),
                        ],
                        default="member",
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="customers.customer",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="customers.group",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("group", "customer"), name="group_member_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="tagrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", "segment"), ("segment__isnull", False)),
                    models.Q(("basis", "model"), ("least__isnull", False)),
                    _connector="OR",
                ),
                name="tag_rule_has_its_basis",
            ),
        ),
        migrations.AddIndex(
            model_name="giventag",
            index=models.Index(
                condition=models.Q(("until__isnull", False)),
                fields=["until"],
                name="given_tag_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="giventag",
            constraint=models.UniqueConstraint(
                fields=("customer", "tag", "rule"), name="given_tag_once", nulls_distinct=False
            ),
        ),
    ]
