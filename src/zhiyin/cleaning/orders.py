"""Order lines: from a file's text cells to lines that can be counted, with every decision named.

Cells are parsed batch by batch; rows that cannot be used are rejected with field and reason. What
needs the whole file (lines exported twice, the number of a line in its order) is decided at the
end in a DuckDB database on disk, so that memory stays bounded. The rules are in `order_rules`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from . import contacts, order_originals, order_rules, originals, rejects, shops
from .columns import (
    MONEY,
    parse_amounts,
    parse_distinct,
    parse_moments,
    parse_quantities,
    tidy_column,
)
from .errors import Reason
from .field_columns import FieldColumns
from .mapping import Mapping
from .money import parse_currency
from .reading import Batch
from .report import CleaningReport, Rule, Tally
from .service_codes import service_kind
from .shop_rows import Ready, ShopRows

LINES = pa.schema(
    [
        ("row_number", pa.int64()),
        ("order_number", pa.string()),
        ("line_no", pa.int64()),
        ("customer_ref", pa.string()),
        ("ts_us", pa.int64()),
        ("sku", pa.string()),
        ("product_name", pa.string()),
        ("quantity", pa.int64()),
        ("unit_price", MONEY),
        ("amount", MONEY),
        ("kind", pa.string()),
        ("country", pa.string()),
        ("currency", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("member_card", pa.string()),
        originals.WAS,
    ]
)
_SQL = Path(__file__).parent / "sql"
_EARLIEST_US = 315_532_800 * 1_000_000  # 1980-01-01: no order system that we import is older
_LARGEST = 10**13
_TOLERANCE = timedelta(days=1)  # clocks and time zones


@dataclass(frozen=True)
class Cleaned:
    """The clean lines, those set aside (with the rule), the rejected rows, and the report."""

    lines: pa.Table
    rejected: pa.Table
    report: CleaningReport
    set_aside: pa.Table
    changed: pa.Table  # examples, as `originals.CHANGED` has them


def clean_orders(
    batches: Iterable[Batch | pa.Table], mapping: Mapping, *, now: datetime
) -> Cleaned:
    """Clean a file of order lines; `now` decides what is in the future."""
    tally = Tally()
    rejected: list[pa.Table] = []
    changed: list[pa.Table] = []
    rows = 0
    known = shops.shop(mapping.shop)
    shop = ShopRows(known, mapping) if known else None
    with tempfile.TemporaryDirectory(prefix="zhiyin-") as folder:
        # In memory, spilling into the folder: a database file would be written and synced in vain.
        database = duckdb.connect(
            config={"temp_directory": folder, "memory_limit": "320MB", "threads": 2}
        )
        try:
            database.execute("SET preserve_insertion_order = false")
            database.execute((_SQL / "staged.sql").read_text("utf-8"))
            for batch in batches:
                table = batch.table if isinstance(batch, Batch) else batch
                if isinstance(batch, Batch):
                    rejected.append(batch.rejected)
                    rows += pc.count_distinct(batch.rejected.column("row_number")).as_py()
                rows += table.num_rows
                if not table.num_rows:
                    continue
                staged, refused, shown = _parse(table, mapping, now, tally, shop)
                changed += shown
                rejected.append(refused)
                database.register("batch", staged)
                database.execute((_SQL / "stage.sql").read_text("utf-8"))
                database.unregister("batch")
            lines, aside = _judge(database, tally)
        finally:
            database.close()
    refused = rejects.joined(rejected)
    tally.note_rejected(refused)
    report = CleaningReport(
        rows=rows,
        kept=lines.num_rows,
        set_aside=aside.num_rows,
        rejected=pc.count_distinct(refused.column("row_number")).as_py(),
        findings=tally.findings(),
    )
    return Cleaned(lines, refused, report, aside, originals.joined(changed))


def _parse(
    table: pa.Table, mapping: Mapping, now: datetime, tally: Tally, shop: ShopRows | None
) -> tuple[pa.Table, pa.Table, list[pa.Table]]:
    """Parse one batch: typed columns of the good rows, the rejected rows, examples of changes."""
    ready = shop.ready(table) if shop else Ready(table, {}, pa.nulls(table.num_rows, MONEY))
    columns = FieldColumns(ready.table, mapping, as_came=table)
    order_number = tidy_column(columns.text("order_number"))
    columns.required("order_number", order_number)
    ts_us = _times(columns, mapping, now)
    quantity = _quantities(columns)
    quantity, unit_price, amount = _prices(columns, quantity, tally)
    listed = amount
    amount = pc.coalesce(ready.paid, amount)
    product_text = columns.text("product_name")
    product_name = tidy_column(product_text)
    sku = tidy_column(columns.text("sku"))
    if columns.has("sku"):
        columns.required("sku", sku)
    else:  # a file of whole orders: the goods are not known
        sku = pc.coalesce(product_name, pa.scalar("ORDER"))
    currency = columns.problems(
        "currency", parse_distinct(columns.text("currency"), parse_currency, pa.string())
    )
    ref_text = tidy_column(columns.text("customer_ref"))
    customer_ref = pc.replace_substring_regex(ref_text, r"^(\d+)\.0+$", r"\1")
    email, bad_email = _contact(columns.text("email"), contacts.parse_email)
    phone, bad_phone = _contact(
        columns.text("phone"), lambda text: contacts.phone_text(text, region=mapping.region)
    )
    good = columns.good()
    for rule, mask in (
        (order_rules.NAME_MENDED, pc.not_equal(product_text, product_name)),
        (order_rules.REF_MENDED, pc.not_equal(ref_text, customer_ref)),
        (order_rules.CONTACT_DROPPED, pc.or_(bad_email, bad_phone)),
    ):
        tally.note_mask(rule, pc.and_(good, pc.fill_null(mask, False)), columns.row_numbers)
    unsold = pa.array(ready.applied.pop(order_rules.UNSOLD, [False] * table.num_rows), pa.bool_())
    for rule, applied in ready.applied.items():
        mask = pc.and_(pc.and_not(good, unsold), pa.array(applied, pa.bool_()))
        tally.note_mask(rule, mask, columns.row_numbers)
    country = tidy_column(columns.text("country"))
    texts = {
        "order_number": order_number, "sku": sku, "product_name": product_name,
        "currency": currency, "customer_ref": customer_ref, "email": email, "phone": phone,
        "member_card": tidy_column(columns.text("member_card")), "country": country,
    }  # fmt: skip
    was = order_originals.of_batch(columns, texts, bad={"email": bad_email, "phone": bad_phone})
    order_originals.of_numbers(
        was, columns, {"ordered_at": ts_us, "quantity": quantity, "unit_price": unit_price,
                       "amount": amount}, listed, ready.applied)  # fmt: skip
    columns.keep_changed(was.shown, good)
    staged = pa.table(
        {
            "row_number": columns.row_numbers,
            "order_number": order_number,
            "customer_ref": customer_ref,
            "ts_us": ts_us,
            "sku": sku,
            "product_name": product_name,
            "quantity": quantity,
            "unit_price": unit_price,
            "amount": amount,
            "service": parse_distinct(sku, service_kind, pa.string()).values,
            "country": country,
            "currency": pc.coalesce(currency, pa.scalar(mapping.currency)),
            "email": email,
            "phone": phone,
            "member_card": texts["member_card"],
            "unsold": unsold,
            "was": was.column(),
            "whole": columns.whole(),
        }
    )
    return staged.filter(good), columns.rejected(), columns.changed


def _times(columns: FieldColumns, mapping: Mapping, now: datetime) -> pa.Array:
    parsed = parse_moments(
        columns.text("ordered_at"), zone=mapping.zone, day_first=mapping.day_first
    )
    columns.required("ordered_at", parsed.values, parsed.problem)
    values = columns.problems("ordered_at", parsed)
    if mapping.shift_days:
        values = pc.add(values, mapping.shift_days * 86_400_000_000)
    latest = int((now.astimezone(UTC) + _TOLERANCE).timestamp() * 1_000_000)
    columns.refuse(
        "ordered_at",
        pc.greater(values, latest),
        Reason("date_future", "下单时间在未来", "the time of the order is in the future"),
    )
    columns.refuse(
        "ordered_at",
        pc.less(values, _EARLIEST_US),
        Reason("date_too_early", "下单时间早于 1980 年", "the time of the order is before 1980"),
    )
    return values


def _quantities(columns: FieldColumns) -> pa.Array:
    if not columns.has("quantity"):
        return pa.array([1] * columns.size, pa.int64())
    parsed = parse_quantities(columns.text("quantity"))
    columns.required("quantity", parsed.values, parsed.problem)
    values = columns.problems("quantity", parsed)
    columns.refuse(
        "quantity",
        pc.equal(values, 0),
        Reason("quantity_zero", "数量不能为零", "the quantity must not be zero"),
    )
    return values


def _prices(
    columns: FieldColumns, quantity: pa.Array, tally: Tally
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Quantity, unit price and signed line amount."""
    price = parse_amounts(columns.text("unit_price"))
    total = parse_amounts(columns.text("amount"))
    unit_price = columns.problems("unit_price", price)
    given = columns.problems("amount", total)
    more = r"\d[.,]\d{5,}\D*$"
    for name in ("unit_price", "amount"):
        mask = pc.match_substring_regex(columns.text(name), more)
        tally.note_mask(order_rules.PRICE_ROUNDED, mask, columns.row_numbers)
    if not columns.has("unit_price"):
        columns.required("amount", given, total.problem)
        return _from_amounts(quantity, given)
    columns.required("unit_price", unit_price, price.problem)
    columns.refuse(
        "unit_price",
        pc.less(unit_price, pa.scalar(0, MONEY)),
        Reason("price_negative", "单价不能为负数", "the unit price must not be negative"),
    )
    size = pc.abs(pc.multiply(pc.cast(unit_price, pa.float64()), pc.cast(quantity, pa.float64())))
    huge = pc.fill_null(pc.greater_equal(size, float(_LARGEST)), False)
    columns.refuse(
        "quantity",
        huge,
        Reason("number_too_large", "数量与单价的乘积过大", "quantity × unit price is too large"),
    )
    countable = pc.if_else(huge, pa.scalar(1, pa.int64()), quantity)
    product = _money(pc.multiply(unit_price, pc.cast(countable, pa.decimal128(19))))
    if not columns.has("amount"):
        return quantity, unit_price, product
    # A smaller amount is a discount on the line; a larger one is the total of the order.
    beyond = pc.fill_null(pc.greater(pc.abs(given), pc.abs(product)), False)
    tally.note_mask(order_rules.AMOUNT_DIFFERS, beyond, columns.row_numbers)
    paid = pc.if_else(beyond, product, pc.coalesce(pc.abs(given), product))
    negative = pc.fill_null(pc.less(quantity, 0), False)
    return quantity, unit_price, pc.if_else(negative, pc.negate(pc.abs(paid)), paid)


def _from_amounts(quantity: pa.Array, given: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Only amounts are known: a negative one is a return, the price is amount by piece."""
    signed: list[int | None] = []
    prices: list[Decimal | None] = []
    amounts: list[Decimal | None] = []
    for count, amount in zip(quantity.to_pylist(), given.to_pylist(), strict=True):
        if not count or amount is None:
            signed.append(count)
            prices.append(None)
            amounts.append(None)
            continue
        negative = count < 0 or amount < 0
        signed.append(-abs(count) if negative else count)
        prices.append(abs(amount / count).quantize(Decimal("0.0001"), ROUND_HALF_EVEN))
        amounts.append(-abs(amount) if negative else amount)
    return pa.array(signed, pa.int64()), pa.array(prices, MONEY), pa.array(amounts, MONEY)


def _money(values: pa.Array) -> pa.Array:
    return pc.cast(values, MONEY)


def _contact(texts: pa.Array, parse: Callable[[str], str]) -> tuple[pa.Array, pa.Array]:
    parsed = parse_distinct(texts, parse, pa.string())
    return parsed.values, parsed.bad


def _judge(database: duckdb.DuckDBPyConnection, tally: Tally) -> tuple[pa.Table, pa.Table]:
    """Decide what needs the whole file; gives the lines and those set aside."""
    database.execute((_SQL / "judge.sql").read_text("utf-8"))
    lines = database.execute((_SQL / "lines.sql").read_text("utf-8")).to_arrow_table()
    aside = database.execute((_SQL / "set_aside.sql").read_text("utf-8")).to_arrow_table()
    numbers = aside.column("row_number").combine_chunks()
    for rule in order_rules.VERDICTS.values():
        tally.note_mask(rule, pc.equal(aside.column("rule"), rule.id).combine_chunks(), numbers)
    _note_kept(lines, tally)
    return lines.select(LINES.names).cast(LINES), aside


def _note_kept(lines: pa.Table, tally: Tally) -> None:
    numbers = lines.column("row_number").combine_chunks()
    negative = pc.less(lines.column("quantity"), 0)
    marked = lines.column("cancelled")
    nobody = pc.is_null(lines.column("customer_ref"))
    for name in ("email", "phone", "member_card"):
        nobody = pc.and_(nobody, pc.is_null(lines.column(name)))
    masks: Sequence[tuple[Rule, pa.ChunkedArray]] = (
        (order_rules.CANCELLATION, marked),
        (order_rules.RETURN, pc.and_(negative, pc.invert(marked))),
        (order_rules.ANONYMOUS, nobody),
        (order_rules.FEE_LINE, pc.equal(lines.column("kind"), "fee")),
        (order_rules.ADJUSTMENT_LINE, pc.equal(lines.column("kind"), "adjustment")),
    )
    for rule, mask in masks:
        tally.note_mask(rule, mask.combine_chunks(), numbers)
