"""From a rule to SQL: who belongs, and how many remain after each condition.

One compiler for PostgreSQL, DuckDB and Spark. Values only ever travel as parameters; the text of
the statement is made of names from the catalogue and of words of this file. Each relation is read
at most once, however many conditions ask about it: behaviour is aggregated per customer with one
filtered aggregate a condition, then joined, so a waterfall of twenty rows costs the same scans
as its last row.

The relations have these columns (types as in the operational database):

    customers     the catalogue's columns, and the key
    orders        id, customer_id, ordered_at, total (signed), kind 'sale' or 'return'
    lines         order_id, customer_id, ordered_at, sku, product_name, quantity, amount (signed)
    events        event_id, customer_id, name, at, properties (JSON)
    consents      customer_id, channel, purpose, granted
    memberships   segment_id, customer_id
"""

# ruff: noqa: S608 - every name in these statements has passed `catalogue.plain`; no value is in them

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from zhiyin.segments.catalogue import Catalogue, plain
from zhiyin.segments.check import require_valid
from zhiyin.segments.conditions import Param, Writer
from zhiyin.segments.dialects import Dialect
from zhiyin.segments.tree import FieldIs, Group, Match, Node, Path, Rule, conditions

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Relations:
    """The names of the tables or views that a rule is asked of; a schema may stand before a dot."""

    customers: str = "customers_customer"
    customer_key: str = "id"
    orders: str = "customers_order"
    lines: str = "customers_orderline"
    events: str = "collect_event"
    consents: str = "govern_consent"
    memberships: str = "customers_segmentmember"

    def __post_init__(self) -> None:
        for name in vars(self).values():
            for part in name.split("."):
                plain(part)


@dataclass(frozen=True)
class Compiled:
    """A statement and its parameters; run it as it is."""

    sql: str
    params: Mapping[str, Param]


@dataclass(frozen=True)
class Step:
    """One row of the builder: a condition or a whole group.

    `number` is the condition's number, or None for a group. `column` and `of` are columns of the
    waterfall's single row: how many remain, and out of how many. `narrows` is False for an item
    of an "any" or "none" group, which is shown as a share of those who reach the group.
    """

    path: Path
    number: int | None
    column: int
    of: int
    narrows: bool


@dataclass(frozen=True)
class Remaining:
    """A step with its figures filled in."""

    step: Step
    count: int
    of: int

    @property
    def share(self) -> float | None:
        """The part of `of` that remains, or None where nobody was left before."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Waterfall:
    """One query whose single row holds everyone (column 0) and the count after each step."""

    query: Compiled
    steps: Sequence[Step]

    def read(self, row: Sequence[int]) -> list[Remaining]:
        """The steps with the figures of the query's row."""
        return [Remaining(step, row[step.column], row[step.of]) for step in self.steps]


def members(
    rule: Rule,
    catalogue: Catalogue,
    relations: Relations,
    dialect: Dialect,
    *,
    as_of: datetime,
    zone: ZoneInfo = _UTC,
    only: Sequence[str] | None = None,
) -> Compiled:
    """A SELECT of the ids of the customers who belong, in no order.

    `as_of` is the moment asked about, nothing at or after it counts; `zone` is where the
    company's days begin; `only` narrows the question to a few customers, as after new events.
    """
    facts = _Facts(rule, catalogue, relations, dialect, as_of=as_of, zone=zone, only=only)
    where = _expression(rule.root, (), facts.names)
    # with an alias, for Spark would read "facts WHERE (r1)" as a table called WHERE of one column
    return Compiled(f"{facts.sql}\nSELECT customer_id FROM facts AS f WHERE {where}", facts.params)


def count(
    rule: Rule,
    catalogue: Catalogue,
    relations: Relations,
    dialect: Dialect,
    *,
    as_of: datetime,
    zone: ZoneInfo = _UTC,
) -> Compiled:
    """A SELECT of one number: how many customers belong."""
    found = members(rule, catalogue, relations, dialect, as_of=as_of, zone=zone)
    return Compiled(f"SELECT count(*) FROM ({found.sql}) AS found", found.params)


def waterfall(
    rule: Rule,
    catalogue: Catalogue,
    relations: Relations,
    dialect: Dialect,
    *,
    as_of: datetime,
    zone: ZoneInfo = _UTC,
) -> Waterfall:
    """How many remain after each condition and group, in one query."""
    facts = _Facts(
        rule, catalogue, relations, dialect, as_of=as_of, zone=zone, only=None, in_order=True
    )
    plan = _Plan(facts.names)
    plan.group(rule.root, (), "TRUE", 0, narrows=True)
    counts = ["count(*)", *(f"count(*) FILTER (WHERE {each})" for each in plan.filters)]
    query = Compiled(f"{facts.sql}\nSELECT {', '.join(counts)} FROM facts", facts.params)
    return Waterfall(query, sorted(plan.steps, key=lambda step: step.path))


class _Facts:
    """The common table `facts`: one row a customer, one truth value a condition."""

    def __init__(
        self,
        rule: Rule,
        catalogue: Catalogue,
        relations: Relations,
        dialect: Dialect,
        *,
        as_of: datetime,
        zone: ZoneInfo,
        only: Sequence[str] | None,
        in_order: bool = False,
    ) -> None:
        require_valid(rule, catalogue)
        if as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        writer = Writer(catalogue, dialect, as_of.astimezone(UTC), zone)
        leaves = conditions(rule)
        self.names = {path: f"r{number}" for number, (path, _) in enumerate(leaves, start=1)}
        truths = [writer.truth(leaf) for _, leaf in leaves]
        limit = "" if only is None else writer.among_ids(only)
        asked = _asked_of(rule, truths, self.names, in_order=in_order)
        self.sql = self._select(writer, relations, truths, limit, asked)
        self.params = writer.params

    def _select(
        self, writer: Writer, relations: Relations, truths: list[str], limit: str, asked: str
    ) -> str:
        key = f"c.{relations.customer_key}"
        passing = f"customer_id IN (SELECT {key} FROM {relations.customers} AS c WHERE {asked})"
        tables, joins = [], []
        for alias, measures in writer.measures.items():
            source = getattr(relations, alias)
            wanted = " OR ".join(dict.fromkeys(f"({each.where})" for each in measures))
            narrowed = " AND ".join(
                [
                    f"({wanted})",
                    *([limit.format("customer_id")] if limit else []),
                    *([passing] if asked else []),
                ]
            )
            columns = ", ".join(f"{each.aggregate} AS {each.name}" for each in measures)
            tables.append(
                f"{alias}_of AS (SELECT customer_id, {columns} FROM {source} AS x"
                f" WHERE {narrowed} GROUP BY customer_id)"
            )
            joins.append(f" LEFT JOIN {alias}_of ON {alias}_of.customer_id = {key}")
        columns = ", ".join(
            f"{truth} AS {name}" for truth, name in zip(truths, self.names.values(), strict=True)
        )
        where = f" WHERE {limit.format(key)}" if limit else ""
        selected = f"{key} AS customer_id" + (f", {columns}" if columns else "")
        tables.append(
            f"facts AS (SELECT {selected} FROM {relations.customers} AS c{''.join(joins)}{where})"
        )
        return "WITH " + ",\n".join(tables)


def _asked_of(
    rule: Rule, truths: Sequence[str], names: Mapping[Path, str], *, in_order: bool
) -> str:
    """Of whom behaviour needs to be known at all: those who pass the plain field conditions.

    Only conditions that everyone must meet count: those directly in an outermost "all". A
    waterfall shows each step's own count, so there only those before the first other item do.
    """
    if rule.root.match is not Match.ALL:
        return ""
    by_path = dict(zip(names, truths, strict=True))
    passed: list[str] = []
    for index, item in enumerate(rule.root.items):
        if isinstance(item, FieldIs):
            passed.append(by_path[(index,)])
        elif in_order:
            break
    return " AND ".join(passed)


@dataclass
class _Plan:
    """Walks the tree and writes the population after each step."""

    names: Mapping[Path, str]
    filters: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def add(self, expression: str) -> int:
        self.filters.append(expression)
        return len(self.filters)

    def group(self, group: Group, path: Path, entering: str, of: int, *, narrows: bool) -> int:
        """Plan the items of a group for those who enter it; returns the group's own column."""
        numbers = {each: number for number, each in enumerate(self.names, start=1)}
        inside, inside_of = entering, of
        for index, item in enumerate(group.items):
            here = (*path, index)
            item_narrows = group.match is Match.ALL
            if isinstance(item, Group):
                column = self.group(item, here, inside, inside_of, narrows=item_narrows)
            else:
                column = self.add(f"{inside} AND {self.names[here]}")
                self.steps.append(Step(here, numbers[here], column, inside_of, item_narrows))
            if item_narrows:
                inside = f"{inside} AND {_expression(item, here, self.names)}"
                inside_of = column
        result = self.add(f"{entering} AND {_expression(group, path, self.names)}")
        self.steps.append(Step(path, None, result, of, narrows))
        return result


def _expression(node: Node, path: Path, names: Mapping[Path, str]) -> str:
    """The truth of a node over the columns of `facts`.

    A condition may be NULL. "And" and "or" carry NULL upwards as "not true", which is what WHERE
    makes of it; only the negation needs care.
    """
    if not isinstance(node, Group):
        return names[path]
    parts = [_expression(item, (*path, index), names) for index, item in enumerate(node.items)]
    if node.match is Match.ALL:
        return f"({' AND '.join(parts)})"
    either = f"({' OR '.join(parts)})"
    return either if node.match is Match.ANY else f"(NOT coalesce({either}, FALSE))"
