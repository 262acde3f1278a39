"""What the simulator needs to know of the real orders, read once into columns.

Order tables have the layout of `zhiyin.demo.convert.ORDER_LINES`. Their times are read as UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo.chance import Floats, Ints
from zhiyin.demo.convert import ORDER_LINES


def shift_weeks(last_order: datetime, now: datetime) -> timedelta:
    """The whole weeks by which orders can be moved so that the last one is not after `now`.

    Whole weeks keep every weekday, so the shop still rests on Saturdays. A time without a zone
    is read as UTC.
    """
    last = last_order if last_order.tzinfo else last_order.replace(tzinfo=UTC)
    return timedelta(weeks=(now - last) // timedelta(weeks=1))


def shift_orders(orders: pa.Table, by: timedelta) -> pa.Table:
    """The same orders, `by` later."""
    index = orders.schema.get_field_index("InvoiceDate")
    field = orders.schema.field(index)
    moved = pc.add(orders["InvoiceDate"], pa.scalar(by, pa.duration("ms"))).cast(field.type)
    return orders.set_column(index, field, moved)


class NoSalesError(ValueError):
    """No line of the orders is a sale to a known customer."""


@dataclass(frozen=True)
class Purchases:
    """Who bought when: one entry a sale, `buyer` is an index of people."""

    buyer: Ints
    at_us: Ints

    def __add__(self, other: "Purchases") -> "Purchases":
        return Purchases(
            np.concatenate([self.buyer, other.buyer]), np.concatenate([self.at_us, other.at_us])
        )

    def of_persons(self, person: Ints) -> "Purchases":
        """The same sales under the person behind each account."""
        return Purchases(person[self.buyer], self.at_us)

    def count(self, size: int, start_us: int, end_us: int) -> Ints:
        """Sales of each buyer in [start, end)."""
        inside = (self.at_us >= start_us) & (self.at_us < end_us)
        return np.bincount(self.buyer[inside], minlength=size)


@dataclass(frozen=True)
class OrderBook:
    """The sales of identified customers. `refs` are sorted; all `buyer` indices refer to them."""

    refs: pa.Array
    country: pa.Array
    first_us: Ints
    last_us: Ints
    mean_value: Floats  # of an order
    invoice: pa.Array
    invoices: Purchases  # one entry an invoice, in order of time
    line_start: Ints  # lines of invoice i: line_start[i] … line_start[i + 1]
    sku: pa.Array
    description: pa.Array
    price: pa.Array
    quantity: pa.Array
    articles: Ints  # lines of real articles at everyday prices: what a shelf can be filled from

    @property
    def size(self) -> int:
        return len(self.refs)

    @property
    def end_us(self) -> int:
        return int(self.invoices.at_us.max())

    @property
    def begin_us(self) -> int:
        return int(self.invoices.at_us.min())


def read(orders: pa.Table) -> OrderBook:
    """The sales in `orders`; cancellations, gifts and lines without a customer are left out."""
    orders = orders.select(ORDER_LINES.names).cast(ORDER_LINES)
    sales = orders.filter(
        pc.and_(
            pc.is_valid(orders["CustomerID"]),
            pc.and_(
                pc.greater(orders["Quantity"], 0),
                pc.greater(orders["UnitPrice"].cast(pa.float64()), 0.0),
            ),
        )
    )
    if sales.num_rows == 0:
        raise NoSalesError(
            "No line has a CustomerID, a Quantity above 0 and a UnitPrice above 0. "
            "Give orders of known customers, in the columns of Online Retail."
        )
    # An invoice that took the clerk two minutes counts from the first.
    code = sales["InvoiceNo"].combine_chunks().dictionary_encode().indices.to_numpy()
    line_us = sales["InvoiceDate"].cast(pa.timestamp("us")).cast("int64").to_numpy()
    began = np.full(int(code.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(began, code, line_us)
    order = np.lexsort((code, began[code]))
    lines = sales.take(pa.array(order))
    code, at_us = code[order], began[code[order]]
    everyone = orders.filter(pc.is_valid(orders["CustomerID"]))
    country = (
        everyone.group_by("CustomerID", use_threads=False)
        .aggregate([("Country", "last"), ("InvoiceDate", "min")])
        .sort_by("CustomerID")
    )
    refs = country["CustomerID"].combine_chunks()
    buyer = pc.index_in(lines["CustomerID"], refs).to_numpy().astype(np.int64)
    number = lines["InvoiceNo"].combine_chunks()
    starts = np.flatnonzero(np.concatenate([[True], np.diff(code) != 0]))
    value = lines["UnitPrice"].cast(pa.float64()).to_numpy() * lines["Quantity"].to_numpy()
    totals = np.add.reduceat(value, starts)
    invoices = Purchases(buyer[starts], at_us[starts])
    size = len(refs)
    seen = country["InvoiceDate_min"].cast(pa.timestamp("us")).cast("int64").to_numpy()
    first = np.full(size, np.iinfo(np.int64).max)
    last = np.full(size, np.iinfo(np.int64).min)
    np.minimum.at(first, invoices.buyer, invoices.at_us)
    np.maximum.at(last, invoices.buyer, invoices.at_us)
    bought = np.bincount(invoices.buyer, minlength=size)
    spent = np.bincount(invoices.buyer, weights=totals, minlength=size)
    return OrderBook(
        refs=refs,
        country=country["Country_last"].combine_chunks(),
        first_us=np.where(bought > 0, first, seen),
        last_us=np.where(bought > 0, last, seen),
        mean_value=spent / np.maximum(bought, 1),
        invoice=number.take(pa.array(starts)),
        invoices=invoices,
        line_start=np.append(starts, len(code)),
        sku=lines["StockCode"].combine_chunks(),
        description=lines["Description"].combine_chunks(),
        price=lines["UnitPrice"].combine_chunks(),
        quantity=lines["Quantity"].combine_chunks(),
        articles=np.flatnonzero(
            pc.and_(
                pc.match_substring_regex(lines["StockCode"], "^[0-9]{5}"),
                pc.less(lines["UnitPrice"].cast(pa.float64()), 100.0),
            ).to_numpy()
        ),
    )
