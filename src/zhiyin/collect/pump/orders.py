"""Orders from events of Segment's e-commerce specification: Order Completed, Order Refunded.

An order has one id whoever tells of it, a file or an SDK of the same source, so it counts once. Of
one order there may be several refunds: each is a return of its own, known by its message.
What is not an order after all (no number, no products, a price that is none) stays a plain event.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from uuid import UUID

from zhiyin.cleaning import mended, order_rules
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.money import parse_currency
from zhiyin.cleaning.originals import Original
from zhiyin.collect.batch import Incoming, LineFacts, OrderFacts, Was
from zhiyin.ids import named

REFUNDED = "Order Refunded"
NAMES = frozenset({"Order Completed", REFUNDED})
MOST_LINES = 1_000
MOST_ORIGINAL = 500  # letters
_MOST_MONEY, _MOST_QUANTITY = Decimal(10) ** 12, 10**6
_EXTRAS = (("shipping", "SHIPPING"), ("tax", "TAX"))


def recognise(event: Incoming, source: UUID, currency: str) -> None:
    """Give the event its order, where it tells of one."""
    facts = _facts(event.properties, returned=event.name == REFUNDED, currency=currency)
    if facts is None:
        return
    event.order = facts
    if facts.kind == "return":
        facts.number += f"-R{event.event_id.hex[-6:]}"
    else:
        event.event_id = named(source, f"order\x1f{facts.number}")
    event.properties = {
        "order_id": facts.number, "total": str(facts.total), "currency": facts.currency,
        "lines": len(facts.lines),
    }  # fmt: skip


def _facts(said: Mapping[str, object], *, returned: bool, currency: str) -> OrderFacts | None:
    number, products = _short(said.get("order_id"), 60), said.get("products")
    if not number or not isinstance(products, list) or not 0 < len(products) <= MOST_LINES:
        return None
    sign = -1 if returned else 1
    lines = [line for one in products if (line := _line(one, sign)) is not None]
    if len(lines) < len(products):
        return None
    if not returned:
        lines += [
            LineFacts("fee", sku, "", 1, amount, amount)
            for name, sku in _EXTRAS
            if (amount := _money(said.get(name)))
        ]
    total = sum((line.amount for line in lines), Decimal(0))
    return OrderFacts(number, "return" if returned else "sale", total,
                      _currency(said.get("currency")) or currency, lines,
                      was=_mended({"order_number": (said.get("order_id"), number)}))  # fmt: skip


def _mended(pairs: Mapping[str, tuple[object, str]]) -> Was | None:
    """Texts that did not fit as they came, by field."""
    found = {
        field: Original(str(came)[:MOST_ORIGINAL], mended.SHORTENED.id)
        for field, (came, kept) in pairs.items()
        if kept and len(str(came).strip()) > len(kept)
    }
    return found or None


def _rounded(given: object, price: Decimal) -> Was:
    """A price with more decimals than are kept."""
    if isinstance(given, str | float) and Decimal(str(given).strip()) != price:
        return {"unit_price": Original(str(given)[:60], order_rules.PRICE_ROUNDED.id)}
    return {}


def _line(product: object, sign: int) -> LineFacts | None:
    if not isinstance(product, dict):
        return None
    price, quantity = _money(product.get("price")), _count(product.get("quantity", 1))
    sku = _short(product.get("sku") or product.get("product_id"), 60)
    if price is None or quantity is None or not sku:
        return None
    quantity *= sign
    name = _short(product.get("name"), 200)
    was = _mended({
        "sku": (product.get("sku") or product.get("product_id"), sku),
        "product_name": (product.get("name"), name),
    })  # fmt: skip
    was = {**(was or {}), **_rounded(product.get("price"), price)} or None
    return LineFacts(
        "sale" if sign > 0 else "return", sku, name, quantity, price, price * quantity, was
    )


def _money(given: object) -> Decimal | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    try:
        amount = Decimal(str(given).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < _MOST_MONEY:
        return None
    return round(amount, 4)


def _count(given: object) -> int | None:
    amount = _money(given)
    if amount is None or amount != int(amount) or not 0 < amount <= _MOST_QUANTITY:
        return None
    return int(amount)


def _short(given: object, most: int) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        return ""
    return str(given).strip()[:most]


def _currency(given: object) -> str:
    try:
        return parse_currency(given) if isinstance(given, str) else ""
    except BadValue:
        return ""
