"""What the cells of order lines were before they were cleaned: see `originals`.

A shop's export is made ready before it is read (numbers unwrapped, discounts taken off), so cells
are compared with how they came, and not with what `shop_rows` made of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from . import mended, order_rules
from .columns import parse_amounts
from .field_columns import FieldColumns
from .originals import Originals
from .report import Rule

_HIDEABLE = ("customer_ref", "phone")


def of_batch(
    columns: FieldColumns, values: Mapping[str, pa.Array], *, bad: Mapping[str, pa.Array]
) -> Originals:
    """The texts of a batch; `bad` contacts were left out."""
    was = Originals(columns.row_numbers)
    for field, mask in bad.items():
        was.note(field, columns.as_came(field), values[field], mask, order_rules.CONTACT_DROPPED)
    for field in _HIDEABLE:
        came = columns.as_came(field)
        hidden = pc.and_(pc.is_valid(came), pc.is_null(columns.text(field)))
        was.note(field, came, values[field], hidden, order_rules.HIDDEN)
    reference = columns.as_came("customer_ref")
    decimal = pc.match_substring_regex(reference, r"^\s*\d+\.0+\s*$")
    was.note("customer_ref", reference, values["customer_ref"], decimal, mended.NUMBER_DECIMAL)
    for field, array in values.items():
        if columns.has(field):
            rule = order_rules.NAME_MENDED if field == "product_name" else mended.rule_of(field)
            was.compared(field, columns.as_came(field), array, rule)
    return was


def of_numbers(
    was: Originals,
    columns: FieldColumns,
    values: Mapping[str, pa.Array],
    listed: pa.Array,
    applied: Mapping[Rule, list[bool]],
) -> None:
    """Times, pieces and money; `listed` is the amount before discount and refund came off."""
    was.moments("ordered_at", columns.as_came("ordered_at"), columns.as_date(values["ordered_at"]))
    amount = "amount" if columns.has("amount") else "unit_price"
    if columns.has(amount):
        came = columns.as_came(amount)
        for rule in (order_rules.REFUNDED, order_rules.DISCOUNTED):
            if any(applied.get(rule, ())):
                was.note(amount, came, values["amount"], pa.array(applied[rule], pa.bool_()), rule)
    if columns.has("amount") and columns.has("unit_price"):
        given = parse_amounts(columns.text("amount")).values
        more = pc.greater(pc.abs(given), pc.abs(listed))  # so `orders` did not use it
        was.note("amount", columns.as_came("amount"), values["amount"], more,
                 order_rules.AMOUNT_DIFFERS)  # fmt: skip
    for field in ("unit_price", "amount"):
        came = columns.as_came(field)
        rounded = pc.match_substring_regex(came, r"\d[.,]\d{5,}\D*$")
        was.note(field, came, values[field], rounded, order_rules.PRICE_ROUNDED)
    for field in ("quantity", "unit_price", "amount"):
        if columns.has(field):
            was.numbers(field, columns.as_came(field), values[field])
