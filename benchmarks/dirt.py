"""How much planted dirt is cleaned rightly: 46 kinds, over Chinese customers and Online Retail.

    python -m benchmarks.dirt

The truth is 20,000 generated Chinese customers (names, phones, addresses, consent) and 60,000 real
order lines of Online Retail. Every second row gets exactly one kind of dirt, so that each kind has
a known rate and a row set aside is set aside for what was planted. A field is right when it equals
the truth, or, where the dirt destroyed what was there (a masked phone, a date that cannot be), when
its row was set aside with the reason on that very field. The other fields of such a row wait for
mending and are counted on neither side. The baseline is what a first script does: strip, lower
case, drop letters from phones, let pandas read dates and numbers.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa

from benchmarks import dirt_kinds
from benchmarks.dirt_kinds import CUSTOMER_KINDS, LINE_KINDS, Cell, Kind, Outcome
from benchmarks.figures import figure
from zhiyin.cleaning import fields, mapping
from zhiyin.cleaning.customers import clean_customers
from zhiyin.cleaning.orders import clean_orders
from zhiyin.cleaning.reading import ROW_NUMBER

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHARE = 0.5  # of the rows that get dirt
Row = dict[str, str]


@dataclass
class Score:
    """Fields that were looked at; `changed` are those that came out other than they went in."""

    fields: int = 0
    right: int = 0
    changed: int = 0
    changed_right: int = 0
    by_kind: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, kind: str | None, before: Cell, after: Cell, truth: Cell) -> None:
        """One field of a row that was kept."""
        right = after == truth
        self.fields += 1
        self.right += right
        if (before or None) != after:
            self.changed += 1
            self.changed_right += right
        if kind:
            self.by_kind.setdefault(kind, Counter())["right" if right else "wrong"] += 1

    def dirty_right(self) -> float:
        """Of the fields that got dirt, the share that came out right."""
        right = sum(one["right"] for one in self.by_kind.values())
        return right / max(sum(one.total() for one in self.by_kind.values()), 1)

    def refused(self, kind: str, rightly: bool) -> None:
        """The planted field of a row that was set aside."""
        self.fields += 1
        self.right += rightly
        self.by_kind.setdefault(kind, Counter())["right" if rightly else "wrong"] += 1


def plant(
    rows: list[Row], kinds: tuple[Kind, ...], rng: np.random.Generator
) -> tuple[list[Row], list[tuple[Kind, str] | None]]:
    """Dirty copies of rows, and which kind each got in which column."""
    dirty, planted = [], []
    for row in rows:
        choice = None
        copy = dict(row)
        if rng.random() < SHARE:
            kind = kinds[int(rng.integers(len(kinds)))]
            found = kind.dirty(row, rng)
            if found is not None and all(value != row.get(c) for c, value in found.items()):
                copy.update(found)
                choice = (kind, kind.column)
        dirty.append(copy)
        planted.append(choice)
    return dirty, planted


def score(
    dirty: list[Row],
    planted: list[tuple[Kind, str] | None],
    truth: Mapping[int, Mapping[str, Cell]],
    cleaned: Mapping[int, Mapping[str, Cell]],
    refused: Mapping[int, set[str]],
    columns: Mapping[str, str],
) -> Score:
    """Hold what came out beside the truth; rows by their place, fields by column."""
    found = Score()
    for number, (row, one) in enumerate(zip(dirty, planted, strict=True), start=1):
        if one is None and number not in cleaned:
            raise AssertionError(f"clean row {number} was set aside: {refused.get(number)}")
        if one is not None and number not in cleaned:
            kind, column = one
            rightly = kind.outcome is Outcome.REFUSED and column in refused.get(number, ())
            found.refused(kind.name, rightly)
            continue
        for column, name in columns.items():
            kind_here = one[0].name if one and one[1] == column else None
            wanted = truth[number][name]
            if one and one[0].outcome is not Outcome.RESTORED and kind_here:
                wanted = None  # nothing but an empty field would have been honest
            found.add(kind_here, row.get(column), cleaned[number][name], wanted)
    return found


def table_of(rows: list[Row]) -> pa.Table:
    """As a file reader gives it: text cells and row numbers."""
    names = list(rows[0])
    columns = {ROW_NUMBER: pa.array(range(1, len(rows) + 1), pa.int64())}
    columns |= {n: pa.array([row[n] for row in rows], pa.string()) for n in names}
    return pa.table(columns)


def by_row(table: pa.Table) -> dict[int, dict[str, Cell]]:
    """Rows of a cleaned table as texts, by row number."""
    texts = {
        n: [None if v is None else _text(v) for v in table.column(n).to_pylist()]
        for n in table.column_names
    }
    numbers = table.column("row_number").to_pylist()
    return {number: {n: texts[n][i] for n in texts} for i, number in enumerate(numbers)}


def _text(value: object) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def run(
    rows: list[Row],
    kinds: tuple[Kind, ...],
    columns: Mapping[str, str],
    clean: Callable[[pa.Table], tuple[pa.Table, pa.Table]],
    rng: np.random.Generator,
) -> tuple[Score, Score]:
    """Ours and the baseline's score."""
    dirty, planted = plant(rows, kinds, rng)
    truth_table, nothing = clean(table_of(rows))
    if nothing.num_rows:
        raise AssertionError(f"the truth itself was refused: {nothing.slice(0, 3).to_pylist()}")
    truth = by_row(truth_table)
    kept, rejected = clean(table_of(dirty))
    refused: dict[int, set[str]] = {}
    for number, column in zip(
        rejected.column("row_number").to_pylist(), rejected.column("field").to_pylist(), strict=True
    ):
        refused.setdefault(number, set()).add(column)
    ours = score(dirty, planted, truth, by_row(kept), refused, columns)
    naive = {n: dirt_kinds.naive(row, columns) for n, row in enumerate(dirty, start=1)}
    theirs = score(dirty, planted, truth, naive, {}, columns)
    return ours, theirs


def main() -> None:
    """Print the figures, and a line for each kind."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    rng = np.random.default_rng(7)
    people = dirt_kinds.people(2_000 if quick else 20_000, rng)
    lines = dirt_kinds.lines(6_000 if quick else 60_000)
    customers = mapping.Mapping(
        kind=fields.Kind.CUSTOMERS, columns=_mapped(dirt_kinds.CUSTOMER_COLUMNS)
    )
    orders = mapping.Mapping(
        kind=fields.Kind.ORDERS, columns=_mapped(dirt_kinds.LINE_COLUMNS), source="shop",
        currency="GBP", timezone="UTC", day_first=False,
    )  # fmt: skip

    def customers_cleaned(table: pa.Table) -> tuple[pa.Table, pa.Table]:
        found = clean_customers([table], customers, now=NOW)
        return found.profiles, found.rejected

    def lines_cleaned(table: pa.Table) -> tuple[pa.Table, pa.Table]:
        found = clean_orders([table], orders, now=NOW)
        return found.lines, found.rejected

    report("customers", people, CUSTOMER_KINDS, dirt_kinds.CUSTOMER_COLUMNS, customers_cleaned, rng)
    report("order_lines", lines, LINE_KINDS, dirt_kinds.LINE_COLUMNS, lines_cleaned, rng)


def _mapped(columns: Mapping[str, str]) -> dict[str, str]:
    return {column: dirt_kinds.MAPPED.get(name, name) for column, name in columns.items()}


def report(
    name: str,
    rows: list[Row],
    kinds: tuple[Kind, ...],
    columns: Mapping[str, str],
    clean: Callable[[pa.Table], tuple[pa.Table, pa.Table]],
    rng: np.random.Generator,
) -> None:
    """Run and print one of the two."""
    ours, theirs = run(rows, kinds, columns, clean, rng)
    counts = {
        "fields_right": ours.fields, "changed_rightly": ours.changed,
        "dirty_fields_right": sum(one.total() for one in ours.by_kind.values()),
    }  # fmt: skip
    for label, mine, other in (
        ("fields_right", ours.right / ours.fields, theirs.right / theirs.fields),
        ("dirty_fields_right", ours.dirty_right(), theirs.dirty_right()),
        ("changed_rightly", ours.changed_right / ours.changed,
         theirs.changed_right / max(theirs.changed, 1)),
    ):  # fmt: skip
        figure(
            f"dirt.{name}.{label}", 100 * mine, "%", peer="strip, lower, pandas",
            peer_value=100 * other, n=counts[label],
            note=f"{len(kinds)} kinds of dirt, one in every second row",
        )  # fmt: skip
    for kind in kinds:
        found = ours.by_kind.get(kind.name, Counter())
        base = theirs.by_kind.get(kind.name, Counter())
        figure(
            f"dirt.{name}.{kind.name}", 100 * found["right"] / max(found.total(), 1), "%",
            peer="strip, lower, pandas", peer_value=100 * base["right"] / max(base.total(), 1),
            n=found.total(), note=kind.outcome.value,
        )  # fmt: skip


if __name__ == "__main__":
    main()
