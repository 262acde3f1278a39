"""Links between identifiers are statements that are only ever appended, and each identifier says who
it would be alone. What belonged to one customer becomes one person, by links "seen together"."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import zhiyin.customers.models.alone
import zhiyin.ids
from zhiyin.identity.edges import RULES

# The order of ids is the order in which they were made. Of a customer the oldest identifier that is
# no device would be that customer; each other one, somebody who is not there (yet).
_STANDING = """
create temp table standing on commit drop as
select id, number, customer_id, device, id is not distinct from anchor as first, anchor,
    count(*) filter (where not device) over (partition by customer_id) > 1 as several
from (
    select id, customer_id, kind = 'device' as device, row_number() over (order by id) as number,
        case when customer_id is not null then
            first_value(case when kind <> 'device' then id end)
                over (partition by customer_id order by kind = 'device', id) end as anchor
    from customers_identifier
) one
"""
_FILL = """
update customers_identifier i set number = s.number,
    own_customer = case when s.first then s.customer_id else s.id end,
    cell = case when s.several and s.customer_id is not null and not s.device then s.anchor end
from standing s where s.id = i.id
"""
_SAY = """
insert into customers_statement
    (a_id, b_id, rule, probability, source_id, batch, seen_at, at)
select least(s.anchor, i.id), greatest(s.anchor, i.id), 'seen together', 1.0, i.source_id, i.batch,
    case when s.device then i.last_seen_at else i.first_seen_at end, coalesce(l.since, now())
from standing s join customers_identifier i on i.id = s.id
left join customers_link l on l.identifier_id = i.id and l.until is null
where s.anchor is not null and not s.first
order by s.number
"""
_LINK = """
insert into customers_link (id, identifier_id, customer_id, since)
select i.id, i.id, i.customer_id, i.first_seen_at from customers_identifier i
where i.customer_id is not null and not exists (
    select from customers_link l where l.identifier_id = i.id and l.until is null)
"""


def fill(apps, editor):  # type: ignore[no-untyped-def]
    """A million people in a minute or two: set by set, and indexes made anew at the end."""
    with editor.connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(
            "select indexname, indexdef from pg_indexes where tablename = 'customers_identifier'"
            " and schemaname = current_schema()"
            " and not exists (select from pg_constraint where conname = indexname)"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'drop index "{name}"')
        cursor.execute(_STANDING)
        cursor.execute("create index on standing (id)")
        cursor.execute("analyze standing")
        for statement in (_FILL, _SAY, _LINK):
            cursor.execute(statement)
        cursor.execute(
            "select setval('customers_identifier_number',"
            " (select coalesce(max(number), 0) + 1 from customers_identifier), false)"
        )
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("drop table standing")


def free_links(apps, editor):  # type: ignore[no-untyped-def]
    """Whose an identifier was may be somebody who has become part of another: no foreign key."""
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint where conrelid = 'customers_link'::regclass"
            " and contype = 'f' and confrelid = 'customers_customer'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'alter table customers_link drop constraint "{name}"')
        cursor.execute(
            "select indexname from pg_indexes where tablename = 'customers_link'"
            " and schemaname = current_schema()"
            " and indexdef like '%(customer_id)'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'drop index "{name}"')


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0011_consent"),
        ("customers", "0014_golden_record"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(
            "create sequence customers_identifier_number",
            "drop sequence customers_identifier_number",
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("retracts", models.BigIntegerField(blank=True, null=True)),
                ("rule", models.CharField(max_length=20)),
                ("probability", models.FloatField(default=1.0)),
                ("batch", models.UUIDField(blank=True, null=True)),
                ("seen_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "a",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, related_name="+",
                        on_delete=django.db.models.deletion.CASCADE, to="customers.identifier",
                    ),
                ),
                (
                    "b",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, related_name="+",
                        on_delete=django.db.models.deletion.CASCADE, to="customers.identifier",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False, db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING, to="collect.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["a", "b"], name="statement_ends"),
                    models.Index(fields=["b"], name="statement_other_end"),
                    models.Index(fields=["batch"], name="statement_batch"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(rule__in=list(RULES)), name="statement_rule_known"
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(a=models.F("b")), name="statement_of_two"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(retracts__isnull=False), fields=["retracts"],
                        name="statement_retracted_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnProfile",
            fields=[
                ("customer", models.UUIDField(primary_key=True, serialize=False)),
                ("place", models.UUIDField()),
                ("row", models.JSONField()),
                ("told", models.JSONField(blank=True, null=True)),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["place"], name="own_profile_place")]},
        ),
        migrations.CreateModel(
            name="Displaced",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table", models.CharField(max_length=63)),
                ("key", models.CharField(max_length=40)),
                ("home", models.UUIDField()),
                ("place", models.UUIDField()),
                ("row", models.JSONField(blank=True, null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["home"], name="displaced_home"),
                    models.Index(fields=["place"], name="displaced_place"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=["table", "key"], name="displaced_once"),
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
                ("customer_id", models.UUIDField()),
                ("other_id", models.UUIDField()),
                ("probability", models.FloatField()),
                ("bits", models.FloatField()),
                ("why", models.CharField(blank=True, max_length=60)),
                ("evidence", models.JSONField(default=list)),
                ("model", models.CharField(max_length=12)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To be looked at"), ("merged", "One person"),
                            ("apart", "Two people"),
                        ],
                        default="open", max_length=6,
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision", models.UUIDField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["state", "-probability", "id"], name="proposal_likeliest"
                    ),
                    models.Index(fields=["other_id"], name="proposal_other"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer_id", "other_id"), name="proposed_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Joining",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhiyin.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("merged", "Merged"), ("split", "Parted")], max_length=6
                    ),
                ),
                ("other", models.UUIDField()),
                ("batch", models.UUIDField(blank=True, null=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="joinings",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["customer", "-at"], name="joining_newest"),
                    models.Index(fields=["other"], name="joining_other"),
                ]
            },
        ),
        migrations.AddField("identifier", "own_customer", models.UUIDField(null=True)),
        migrations.AddField("identifier", "cell", models.UUIDField(blank=True, null=True)),
        migrations.AddField(
            "identifier", "public", models.BooleanField(db_default=False, default=False)
        ),
        migrations.AddField(
            "identifier", "number", models.BigIntegerField(editable=False, null=True)
        ),
        migrations.AlterField(
            model_name="identifier",
            name="kind",
            field=models.CharField(
                choices=[
                    ("number", "Customer number"), ("email", "E-mail"), ("phone", "Mobile"),
                    ("card", "Member card"), ("device", "Device"), ("wechat", "WeChat"),
                    ("record", "Record"),
                ],
                max_length=12,
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        migrations.AlterField("identifier", "own_customer", models.UUIDField()),
        migrations.AlterField(
            "identifier",
            "number",
            models.BigIntegerField(
                db_default=zhiyin.customers.models.alone.NextNumber(), editable=False
            ),
        ),
        migrations.AddIndex(
            "identifier",
            models.Index(
                condition=models.Q(("cell__isnull", False)), fields=["cell"],
                name="identifier_cell",
            ),
        ),
        migrations.RemoveConstraint("link", "identifier_has_one_current_link"),
        migrations.RemoveField("link", "batch"),
        migrations.RemoveField("link", "probability"),
        migrations.RemoveField("link", "rule"),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(free_links, migrations.RunPython.noop)],
            [
                migrations.RemoveField("link", "customer"),
                migrations.AddField("link", "customer_id", models.UUIDField(default=None)),
                migrations.AlterField("link", "customer_id", models.UUIDField()),
            ],
        ),
        migrations.AlterField(
            "link",
            "identifier",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="links",
                to="customers.identifier",
            ),
        ),
        migrations.AddIndex("link", models.Index(fields=["customer_id"], name="link_customer")),
        migrations.AddConstraint(
            "link",
            models.UniqueConstraint(
                fields=("identifier", "until"), name="identifier_has_one_current_link",
                nulls_distinct=False,
            ),
        ),
    ]  # fmt: skip
