"""Everything known of the customers, to be asked as of any date.

A `History` is two Ibis tables: lines of orders and events, each already carrying the customer.
It can come from Arrow tables (a notebook, a test), from the lake, or from any other engine that
Ibis speaks to: make the two tables there and pass them in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.features.behaviour import COUNTED, behaviour
from zhiyin.features.purchases import WINDOWS, outcomes, purchases
from zhiyin.instants import from_us
from zhiyin.lake import Lake
from zhiyin.lake.engine import Engine, EngineSettings

LINES: pa.Schema = pa.schema(
    [
        ("customer_id", pa.string()),
        ("order_id", pa.string()),
        ("ts_us", pa.int64()),
        ("sku", pa.string()),
        ("quantity", pa.int64()),
        ("amount", pa.decimal128(18, 4)),
    ]
)
EVENTS: pa.Schema = pa.schema(
    [("customer_id", pa.string()), ("name", pa.string()), ("ts_us", pa.int64())]
)
LINKS: pa.Schema = pa.schema([("identifier_id", pa.string()), ("customer_id", pa.string())])

FEATURES = (
    "customer_id",
    "orders",
    "revenue",
    "gross_revenue",
    "returned",
    "items",
    "products",
    "first_order_us",
    "last_order_us",
    "recency_days",
    "tenure_days",
    "order_days",
    "mean_gap_days",
    "gap_sd_days",
    "aov",
    *(f"orders_{days}d" for days in WINDOWS),
    *(f"revenue_{days}d" for days in WINDOWS),
    "return_rate",
    *COUNTED,
    "last_visit_days",
)


OUTCOMES = ("customer_id", "orders", "revenue")


class AmbiguousLinksError(ValueError):
    """One identifier is linked to two customers: its events would count twice."""


class MixedCurrenciesError(ValueError):
    """Amounts in several currencies would be added up: choose one, or convert them first."""


def attach_customers(rows: ir.Table, links: ir.Table) -> ir.Table:
    """Rows with the customer that their identifier belongs to; rows that belong to nobody go."""
    known = rows.filter(rows.identifier_id.notnull())
    return known.join(links, "identifier_id")


@dataclass(frozen=True)
class Numbered:
    """The lines by `customer_no` instead of `customer_id`, and which number is whose.

    Grouping millions of rows by a number takes a fraction of grouping them by a text. Numbers
    hold within one history only.
    """

    lines: ir.Table
    customers: ir.Table


@dataclass(frozen=True)
class History:
    """Everything known; each question looks strictly before its date.

    `lines` has customer_id, order_no, ts_us, product_no, quantity and amount: what tells one
    order or product of a customer from another may be of any type.
    """

    lines: ir.Table
    events: ir.Table
    numbered: Numbered | None = None

    @classmethod
    def from_arrow(
        cls,
        lines: pa.Table,
        events: pa.Table | None = None,
        settings: EngineSettings | None = None,
    ) -> History:
        """From tables in memory with the columns of `LINES` and `EVENTS`."""
        engine = Engine(settings=settings)
        known = EVENTS.empty_table() if events is None else events
        rows, customers = _numbered(lines.select(LINES.names).cast(LINES))
        bought = engine.arrow(rows, "lines")
        numbered = _hashed(bought, "customer_no")
        return cls(
            lines=_hashed(bought, "customer_id"),
            events=engine.arrow(known.select(EVENTS.names).cast(EVENTS), "events"),
            numbered=Numbered(numbered, engine.arrow(customers, "customers")),
        )

    @classmethod
    def from_lake(
        cls,
        lake: Lake,
        links: pa.Table,
        currency: str | None = None,
        settings: EngineSettings | None = None,
    ) -> History:
        """From the lake as it is now, with each row given to its customer by `links`.

        Rows that arrive later are not seen: every question gets the same data. Name a currency
        to take its lines alone; without one, lines in several currencies are refused.
        """
        engine = Engine(lake, settings)
        pairs, people = _numbered(_unambiguous(links))
        owners, customers = engine.arrow(pairs, "links"), engine.arrow(people, "customers")
        lines = engine.table("order_lines")
        if currency is None:
            found = lines.select("currency").distinct().to_pyarrow()["currency"].to_pylist()
            if len(found) > 1:
                raise MixedCurrenciesError(f"lines in {', '.join(sorted(found))}")
        else:
            lines = lines.filter(lines.currency == currency)
        numbers = owners.select("identifier_id", "customer_no")
        bought = _hashed(attach_customers(lines, numbers), "customer_no")
        kept = engine.keep(bought, "lines")
        did = attach_customers(engine.table("events"), owners).select(*EVENTS.names)
        return cls(
            lines=kept.join(customers, "customer_no").drop("customer_no"),
            events=engine.keep(did, "events"),
            numbered=Numbered(kept, customers),
        )

    def customer_features(self, as_of: datetime) -> pa.Table:
        """One row for each customer with a sale before `as_of`, sorted by customer.

        Columns are `FEATURES`. Money is net of returns in `revenue`, sales alone in
        `gross_revenue` and `aov`; gaps are between consecutive orders (null with fewer than one
        gap, deviation null with fewer than two); days are UTC days; windows reach back from
        `as_of`; `last_visit_days` is null for who never visited.
        """
        return self.features(as_of).order_by("customer_id").to_pyarrow()

    def features(self, as_of: datetime) -> ir.Table:
        """The same as an expression in no particular order, to be joined further in the engine."""
        bought = self._asked(lambda lines, key: purchases(lines, as_of, key))
        both = bought.left_join(behaviour(self.events, as_of), "customer_id")
        counts = {name: ibis.coalesce(both[name], 0).cast("int64") for name in COUNTED}
        return both.mutate(**counts).select(*FEATURES)

    def outcomes(self, as_of: datetime, horizon: timedelta) -> pa.Table:
        """What happened in [as_of, as_of + horizon): customer_id, orders, revenue (net).

        Only customers with a line in that time have a row.
        """
        did = self._asked(lambda lines, key: outcomes(lines, as_of, horizon, key))
        return did.select(*OUTCOMES).order_by("customer_id").to_pyarrow()

    def span(self) -> tuple[datetime, datetime]:
        """The moments of the first and the last sale."""
        lines = self.numbered.lines if self.numbered else self.lines
        sales = lines.filter(lines.quantity > 0)
        ends = sales.agg(first=sales.ts_us.min(), last=sales.ts_us.max()).to_pyarrow()
        first, last = ends["first"][0].as_py(), ends["last"][0].as_py()
        if first is None:
            raise ValueError("a history without a sale has no span")
        return from_us(first), from_us(last)

    def _asked(self, question: Callable[[ir.Table, str], ir.Table]) -> ir.Table:
        """An answer by customer, worked out on their numbers where there are any."""
        if self.numbered is None:
            return question(self.lines, "customer_id")
        answer = question(self.numbered.lines, "customer_no")
        return answer.join(self.numbered.customers, "customer_no")


def _hashed(lines: ir.Table, key: str) -> ir.Table:
    """Lines with 64-bit hashes for the texts of orders and products: half the time of texts.

    They are only ever compared within one customer. Two of n values meet with a probability of
    n² / 2⁶⁵: with 200,000 customers of a hundred orders each, 5 in 10¹¹ that any two do.
    """
    return lines.select(
        key,
        "ts_us",
        "quantity",
        "amount",
        order_no=lines.order_id.hash(),
        product_no=lines.sku.hash(),
    )


def _unambiguous(links: pa.Table) -> pa.Table:
    pairs = links.select(LINKS.names).cast(LINKS)
    if pc.count_distinct(pairs["identifier_id"], mode="all").as_py() == pairs.num_rows:
        return pairs
    pairs = pairs.group_by(LINKS.names).aggregate([])
    owners = pairs.group_by("identifier_id").aggregate([("customer_id", "count")])
    twice = owners.filter(pc.greater(owners["customer_id_count"], 1))
    if twice.num_rows:
        raise AmbiguousLinksError(
            f"{twice.num_rows} identifiers, first {twice['identifier_id'][0]}"
        )
    return pairs


def _numbered(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The rows with `customer_no` instead of `customer_id`, and which number is whose."""
    coded = rows["customer_id"].combine_chunks().dictionary_encode()
    numbers = pa.array(range(len(coded.dictionary)), pa.int32())
    people = pa.table({"customer_no": numbers, "customer_id": coded.dictionary})
    return rows.append_column("customer_no", coded.indices), people
