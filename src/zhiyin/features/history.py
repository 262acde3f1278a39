"""Everything known of the customers, to be asked as of any date.

A `History` is two Ibis tables: lines of orders and events, each already carrying the customer.
It can come from Arrow tables (a notebook, a test) or from the lake, in the engine that the
settings name, or from any other that Ibis speaks to: make the two tables there and pass them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.features.behaviour import COUNTED, behaviour, with_kind
from zhiyin.features.purchases import WINDOWS, outcomes, purchases
from zhiyin.instants import from_us
from zhiyin.lake import Lake
from zhiyin.lake.engine import Engine, EngineSettings, open_engine

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
    """Lines and events by `customer_no` instead of `customer_id`, and which number is whose.

    Grouping millions of rows by a number takes a fraction of grouping them by a text. Numbers
    hold within one history only.
    """

    lines: ir.Table
    events: ir.Table
    customers: ir.Table


@dataclass(frozen=True)
class History:
    """Everything known; each question looks strictly before its date.

    `lines` has customer_id, order_no, ts_us, product_no, quantity and amount: what tells one
    order or product of a customer from another may be of any type. `events` has customer_id,
    kind (see `behaviour.with_kind`) and ts_us.
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
        engine = open_engine(settings=settings)
        known = EVENTS.empty_table() if events is None else events
        rows, customers = _numbered(lines.select(LINES.names).cast(LINES))
        bought = engine.arrow(rows, "lines")
        did = with_kind(engine.arrow(known.select(EVENTS.names).cast(EVENTS), "events"))
        people = engine.arrow(customers, "customers")
        numbered = Numbered(
            lines=_hashed(engine, bought, "customer_no"),
            events=did.join(people, "customer_id").drop("customer_id"),
            customers=people,
        )
        return cls(_hashed(engine, bought, "customer_id"), did, numbered)

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
        engine = open_engine(lake, settings)
        pairs, people = _numbered(_unambiguous(links))
        owners = engine.arrow(pairs.drop_columns("customer_id"), "links")
        customers = engine.arrow(people, "customers")
        lines = engine.table("order_lines")
        if currency is None:
            found = lines.select("currency").distinct().to_pyarrow()["currency"].to_pylist()
            if len(found) > 1:
                raise MixedCurrenciesError(f"lines in {', '.join(sorted(found))}")
        else:
            lines = lines.filter(lines.currency == currency)
        bought = _hashed(engine, attach_customers(lines, owners), "customer_no")
        did = attach_customers(with_kind(engine.table("events")), owners)
        numbered = Numbered(
            lines=engine.keep(bought, "lines"),
            events=engine.keep(did.select("customer_no", "kind", "ts_us"), "events"),
            customers=customers,
        )
        return cls(
            lines=numbered.lines.join(customers, "customer_no").drop("customer_no"),
            events=numbered.events.join(customers, "customer_no").drop("customer_no"),
            numbered=numbered,
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
        known = self.numbered or self
        key = "customer_no" if self.numbered else "customer_id"
        bought = purchases(known.lines, as_of, key)
        both = bought.left_join(behaviour(known.events, as_of, key), key)
        counts = {name: ibis.coalesce(both[name], 0).cast("int64") for name in COUNTED}
        return self._named(both.mutate(**counts)).select(*FEATURES)

    def outcomes(self, as_of: datetime, horizon: timedelta) -> pa.Table:
        """What happened in [as_of, as_of + horizon): customer_id, orders, revenue (net).

        Only customers with a line in that time have a row.
        """
        known = self.numbered or self
        key = "customer_no" if self.numbered else "customer_id"
        did = self._named(outcomes(known.lines, as_of, horizon, key))
        return did.select(*OUTCOMES).order_by("customer_id").to_pyarrow()

    def span(self) -> tuple[datetime, datetime]:
        """The moments of the first and the last sale."""
        lines = (self.numbered or self).lines
        sales = lines.filter(lines.quantity > 0)
        ends = sales.agg(first=sales.ts_us.min(), last=sales.ts_us.max()).to_pyarrow()
        first, last = ends["first"][0].as_py(), ends["last"][0].as_py()
        if first is None:
            raise ValueError("a history without a sale has no span")
        return from_us(first), from_us(last)

    def _named(self, answer: ir.Table) -> ir.Table:
        """An answer by customer, where it was worked out on their numbers."""
        return answer.join(self.numbered.customers, "customer_no") if self.numbered else answer


def _hashed(engine: Engine, lines: ir.Table, key: str) -> ir.Table:
    """Lines with 64-bit hashes for the texts of orders and products: half the time of texts.

    They are only ever compared within one customer. Two of n values meet with a probability of
    n² / 2⁶⁵: with 200,000 customers of a hundred orders each, 5 in 10¹¹ that any two do.
    """
    return lines.select(
        key,
        "ts_us",
        "quantity",
        "amount",
        order_no=engine.hashed(lines.order_id),
        product_no=engine.hashed(lines.sku),
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
    numbers = pa.arange(0, len(coded.dictionary)).cast(pa.int32())
    people = pa.table({"customer_no": numbers, "customer_id": coded.dictionary})
    return rows.append_column("customer_no", coded.indices), people
