"""Rows of a shop's export made ready for cleaning: texts unwrapped, orders filled down, money net.

What Excel needed around a number goes (="0012", '0012), an order's own cells are repeated on its
further lines, discounts and refunds come off the line, and what a platform hides is left empty
instead of making strangers one person. The cells as they came stay with the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from .columns import MONEY, text_column
from .errors import BadValue
from .mapping import Mapping
from .money import parse_money
from .order_rules import DISCOUNTED, HIDDEN, REFUNDED, UNSOLD
from .reading import ROW_NUMBER
from .report import Rule
from .shops import Shop, plain_header
from .words import MASK_SIGN

_WRAPPED = re.compile(r'="(?P<inner>.*)"|[\'\t](?P<plain>.*)')
_MASKED = re.compile(MASK_SIGN)
_FORWARDING = re.compile(r"\s*(?:\+?86[- ]?)?1\d{10}\s*(?:-|转|#|,|\[)\s*\d{2,5}\]?\s*")
_CENT = Decimal("0.0001")
_NOTHING = Decimal(0)
Row = dict[str, str | None]


@dataclass
class Ready:
    """A batch made ready; for each rule the rows (by place) that it applied to.

    `paid` is what a line cost in the end, where discount or refund came off; null elsewhere.
    """

    table: pa.Table
    applied: dict[Rule, list[bool]]
    paid: pa.Array


@dataclass
class ShopRows:
    """Makes one file ready, batch by batch; remembers the order that a batch ended in."""

    shop: Shop
    mapping: Mapping
    _headers: dict[str, str] = field(default_factory=dict)  # plain → as written
    _of_order: list[str] = field(default_factory=list)  # columns that an order's lines share
    _by_field: dict[str, str] = field(default_factory=dict)
    _order: Row = field(default_factory=dict)
    _owed: Decimal = _NOTHING  # of the current order's refund, what its lines did not cover yet

    def ready(self, table: pa.Table) -> Ready:
        """The batch with cells as cleaning expects them."""
        names = [name for name in table.column_names if name != ROW_NUMBER]
        self._headers = {plain_header(name): name for name in names}
        self._of_order = [
            name for name in names
            if not (plain := plain_header(name)).startswith("lineitem")
            and plain != self.shop.refund
        ]  # fmt: skip
        self._by_field = {name: column for column, name in self.mapping.columns.items()}
        columns = [text_column(table.column(name)).to_pylist() for name in names]
        applied: dict[Rule, list[bool]] = {
            rule: [] for rule in (UNSOLD, REFUNDED, DISCOUNTED, HIDDEN)
        }
        rows = [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]
        paid: list[Decimal | None] = []
        for row in rows:
            self._unwrap(row)
            paid.append(self._net(row, applied))
            applied[UNSOLD].append(self._unsold(row))
            applied[HIDDEN].append(self._hide(row))
        ready = {ROW_NUMBER: table.column(ROW_NUMBER)}
        ready |= {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
        return Ready(pa.table(ready), applied, pa.array(paid, MONEY))

    def _unwrap(self, row: Row) -> None:
        for name, cell in row.items():
            if cell and (match := _WRAPPED.fullmatch(cell)):
                row[name] = match["inner"] if match["inner"] is not None else match["plain"]
        if self.shop.lines_follow:
            self._follow(row)
        sku, product = self._by_field.get("sku"), self._by_field.get("product_name")
        if sku and product and not row[sku]:
            row[sku] = row[product]

    def _follow(self, row: Row) -> None:
        """An order's further lines have its own cells too; a refund stays on the first."""
        number = self._by_field["order_number"]
        if self._order.get(number) != row[number]:
            self._order, self._owed = dict(row), _NOTHING
            return
        for name in self._of_order:
            row[name] = row[name] or self._order[name]

    def _unsold(self, row: Row) -> bool:
        state = (self._cell(row, self.shop.state) or "").strip().casefold()
        return state.startswith(self.shop.unsold)

    def _net(self, row: Row, applied: dict[Rule, list[bool]]) -> Decimal | None:
        """What the line cost in the end, where that is less than it says."""
        whole = self._paid(row)
        # An amount is what was paid; only a price by the piece does not know of the discount.
        priced = "amount" not in self._by_field
        discount = min(whole, _money(self._cell(row, self.shop.discount))) if priced else _NOTHING
        back = self._given_back(row, whole - discount)
        applied[DISCOUNTED].append(discount > 0)
        applied[REFUNDED].append(back > 0)
        net = whole - discount - back
        return net.quantize(_CENT) if net != whole else None

    def _given_back(self, row: Row, paid: Decimal) -> Decimal:
        """This line's part of a refund; what one line did not cost the next lines bear."""
        header, words = self.shop.refunded
        owed = _money(self._cell(row, self.shop.refund))
        if not owed and (self._cell(row, header) or "").strip() in words:
            owed = paid
        self._owed += owed
        part = min(self._owed, paid)
        self._owed = self._owed - part if self.shop.lines_follow else _NOTHING
        return part

    def _paid(self, row: Row) -> Decimal:
        if amount := self._by_field.get("amount"):
            return _money(row[amount])
        price = self._by_field.get("unit_price")
        return _money(row[price]) * self._pieces(row) if price else _NOTHING

    def _pieces(self, row: Row) -> Decimal:
        quantity = self._by_field.get("quantity")
        return _money(row[quantity]) if quantity else Decimal(1)

    def _hide(self, row: Row) -> bool:
        if not self.shop.masked:
            return False
        hidden = False
        for name, hides in (
            ("customer_ref", _MASKED.search), ("phone", _FORWARDING.fullmatch),
            ("phone", _MASKED.search),
        ):  # fmt: skip
            column = self._by_field.get(name)
            cell = row[column] if column else None
            if column and cell and hides(cell):
                row[column], hidden = None, True
        return hidden

    def _cell(self, row: Row, header: str) -> str | None:
        column = self._headers.get(header) if header else None
        return row[column] if column else None


def _money(text: str | None) -> Decimal:
    """What cannot be read is nothing here; cleaning says what is wrong with it."""
    try:
        return abs(parse_money(text).amount) if text else Decimal(0)
    except BadValue:
        return Decimal(0)
