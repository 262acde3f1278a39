"""Another type for a field: offered where values survive, shown with counts before it is done.

Rows are counted by distinct value, so that a million rows with twenty values are read as twenty.
Nothing is converted while even one value would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from django.db import connection, transaction
from psycopg import sql

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import BadValue
from zhiyin.objects.custom import known, reading, tasks, values
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.reading import Kept
from zhiyin.objects.custom.rules import Choice, Rules, kept_rules
from zhiyin.objects.definitions import ObjectType

Type = CustomField.Type
MOST_CHOICES = 50
MOST_VALUES = 200_000
OFFERED: Mapping[str, tuple[str, ...]] = {
    Type.TEXT: (Type.LONG_TEXT, Type.NUMBER, Type.MONEY, Type.DATE, Type.CHOICE, Type.URL),
    Type.LONG_TEXT: (Type.TEXT,),
    Type.NUMBER: (Type.TEXT, Type.MONEY),
    Type.MONEY: (Type.NUMBER, Type.TEXT),
    Type.DATE: (Type.TEXT,),
    Type.MOMENT: (Type.TEXT,),
    Type.BOOL: (Type.TEXT,),
    Type.CHOICE: (Type.CHOICES, Type.TEXT),
    Type.URL: (Type.TEXT,),
}


@dataclass(frozen=True)
class Preview:
    """What a conversion would do: rows that come along, rows that would lose their value."""

    to: str
    rows: int
    lost: int
    examples: tuple[str, ...]  # of values that would be lost
    rules: Rules
    pairs: Mapping[str, Kept]  # what stands there, as JSON → what will

    @property
    def is_safe(self) -> bool:
        return self.lost == 0


def preview(field: CustomField, to: str, of: ObjectType) -> Preview:
    """Try every distinct value; changes nothing. Raises KeyError for what is not offered."""
    if to not in OFFERED.get(field.type, ()):
        raise KeyError(to)
    counted = _counted(field, of)
    target = CustomField(object_type=of.name, key=field.key, type=to)
    rules = _rules_for(field, to, counted)
    if rules is not None:
        target.rules = kept_rules(rules)
    pairs: dict[str, Kept] = {}
    lost, examples = 0, []
    for text, count in counted.items():
        kept = msgspec.json.decode(text)
        value = None if rules is None else _converted(field, target, kept)
        if value is None:
            lost += count
            examples.append(str(kept)[:60])
        else:
            pairs[text] = value
    return Preview(to, sum(counted.values()), lost, tuple(examples[:5]), rules or Rules(), pairs)


@transaction.atomic
def convert(field: CustomField, to: str, of: ObjectType, *, by: User) -> Preview:
    """Convert every row, or none where a value would be lost; the answer says which."""
    access.require(by, "configuration.change")
    fresh = CustomField.objects.select_for_update().get(pk=field.pk)
    _hold_rows(fresh, of)
    found = preview(fresh, to, of)
    if not found.is_safe:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "update {} t set custom = jsonb_set(t.custom, array[%(key)s], n.new),"
                " version = t.version + 1"
                " from unnest(%(old)s::jsonb[], %(new)s::jsonb[]) as n(old, new)"
                " where t.custom -> %(key)s = n.old and n.old <> n.new"
            ).format(sql.Identifier(of.model._meta.db_table)),
            {
                "key": fresh.key,
                "old": list(found.pairs),
                "new": [msgspec.json.encode(v).decode() for v in found.pairs.values()],
            },
        )
    before = fresh.type
    fresh.type, fresh.rules, fresh.default = to, kept_rules(found.rules), ""
    fresh.__dict__.pop("checks", None)
    fresh.save()
    record(
        by, "custom_field.converted", fresh, object=of.name, key=fresh.key, before=before, after=to,
        rows=found.rows,
    )  # fmt: skip
    known.forget()
    tasks.soon()
    return found


def _counted(field: CustomField, of: ObjectType) -> dict[str, int]:
    """How many rows hold each value, which is given as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "select (custom -> %s)::text, count(*) from {} where custom ? %s"
                " group by 1 order by 2 desc, 1 limit %s"
            ).format(sql.Identifier(of.model._meta.db_table)),
            [field.key, field.key, MOST_VALUES],
        )
        return {str(text): int(count) for text, count in cursor.fetchall()}


def _hold_rows(field: CustomField, of: ObjectType) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("select 1 from {} where custom ? %s for update").format(
                sql.Identifier(of.model._meta.db_table)
            ),
            [field.key],
        )


def _rules_for(field: CustomField, to: str, counted: Mapping[str, int]) -> Rules | None:
    """The rules of the new type; None where the values cannot become choices."""
    known_rules = field.checks
    common = Rules(required=known_rules.required, required_when=known_rules.required_when)
    if to == Type.CHOICES:
        return msgspec.structs.replace(common, choices=known_rules.choices)
    if to == Type.CHOICE:
        texts = [str(msgspec.json.decode(text)) for text in counted]
        if len(texts) > MOST_CHOICES or any(len(text) > 120 for text in texts):
            return None
        choices = tuple(Choice(f"v{n}", text, text) for n, text in enumerate(texts, start=1))
        return msgspec.structs.replace(common, choices=choices)
    if to in (Type.NUMBER, Type.MONEY) and field.type in (Type.NUMBER, Type.MONEY):
        return msgspec.structs.replace(common, least=known_rules.least, most=known_rules.most)
    return common


def _converted(field: CustomField, target: CustomField, kept: object) -> Kept | None:
    if field.type == Type.CHOICE and target.type == Type.CHOICES:
        return [str(kept)]
    try:
        text = values.told(field, values.typed(field, kept))
        if field.type in (Type.NUMBER, Type.MONEY):
            text = str(kept)
        return reading.read(target, text)
    except BadValue:
        return None
