"""The made-up company of the segment tests in any engine, and what each condition says of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tests.segments.databases import TABLES, rows
from tests.segments.test_same_answer import behaviours, values_of
from tests.segments.world import AS_OF, CATALOGUE, CHANNELS, SEGMENTS, SHANGHAI, Person
from zhiyin import segments as s
from zhiyin.lake.engine import Engine
from zhiyin.segments.check import MAX_CONDITIONS

DIALECTS = {"duckdb": s.DUCKDB, "spark": s.SPARK}

_MOMENT, _MONEY = pa.timestamp("us", tz="UTC"), pa.decimal128(18, 4)
_KINDS = {
    "orders": pa.int32(), "revenue": _MONEY, "churn": pa.float64(), "birth_date": pa.date32(),
    "last_order_at": _MOMENT, "member": pa.bool_(), "tags": pa.list_(pa.string()),
    "ordered_at": _MOMENT, "total": _MONEY, "quantity": pa.int32(), "amount": _MONEY,
    "at": _MOMENT, "granted": pa.bool_(),
}  # fmt: skip


def filled(engine: Engine, people: Sequence[Person]) -> s.Relations:
    """The people as tables of the engine; what their tables are called there."""
    found: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
    for name, row in rows(people):
        found[name].append(row)
    named = {name: engine.arrow(_table(name, found[name]), name).get_name() for name in TABLES}
    return s.Relations(
        customers=named["customers_customer"],
        orders=named["customers_order"],
        lines=named["customers_orderline"],
        events=named["collect_event"],
        consents=named["govern_consent"],
        memberships=named["customers_segmentmember"],
    )


def _table(name: str, of_it: list[tuple[object, ...]]) -> pa.Table:
    columns = [part.split()[0].strip('"') for part in _parts(TABLES[name])]
    schema = pa.schema([(column, _KINDS.get(column, pa.string())) for column in columns])
    values = zip(*of_it, strict=True) if of_it else [[] for _ in columns]
    return pa.table([list(column) for column in values], schema)


def _parts(columns: str) -> list[str]:
    return [part.strip() for part in columns.replace("(18,4)", "").split(",")]


def every_condition() -> Iterator[s.Condition]:
    """Every operator of every field with every edge, every measure, consent and membership."""
    for field in CATALOGUE.fields.values():
        for op in field.operators:
            yield from (s.FieldIs(field.name, op, value) for value in values_of(field, op))
    yield from behaviours()
    for granted in (True, False):
        yield from (s.Agreed(channel, granted=granted) for channel in CHANNELS)
        yield from (s.InSegment(segment, member=granted) for segment in SEGMENTS)


def one_of_each() -> Iterator[s.Condition]:
    """Every operator of every field once, and some of the rest."""
    for field in CATALOGUE.fields.values():
        yield from (s.FieldIs(field.name, op, values_of(field, op)[-1]) for op in field.operators)
    rest = [each for each in every_condition() if not isinstance(each, s.FieldIs)]
    yield from (*rest[::23], *rest[-8:])


def at_once(conditions: Sequence[s.Condition]) -> Iterator[list[s.Condition]]:
    """As many together as one rule takes."""
    for start in range(0, len(conditions), MAX_CONDITIONS):
        yield list(conditions[start : start + MAX_CONDITIONS])


def truths(engine: Engine, relations: s.Relations, asked: list[s.Condition]) -> list[set[str]]:
    """Of whom each condition is true."""
    rule = s.Rule(root=s.Group(s.Match.ANY, tuple(asked)))
    compiled = s.members(
        rule, CATALOGUE, relations, DIALECTS[engine.name], as_of=AS_OF, zone=SHANGHAI
    )
    facts = compiled.sql.rpartition("\nSELECT ")[0]
    told = engine.ask(f"{facts}\nSELECT * FROM facts", compiled.params)
    people = told["customer_id"].to_pylist()
    return [
        {person for person, true in zip(people, told[name].to_pylist(), strict=True) if true}
        for name in told.column_names[1:]
    ]
