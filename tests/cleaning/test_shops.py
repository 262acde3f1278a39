"""Order exports as shops give them: known, mapped, and cleaned without a question."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from zhiyin.cleaning.fields import CATALOGUE, Kind
from zhiyin.cleaning.mapping import Mapping, guess_mapping
from zhiyin.cleaning.orders import Cleaned, clean_orders
from zhiyin.cleaning.preview import preview
from zhiyin.cleaning.reading import open_file
from zhiyin.cleaning.shops import SHOPS, Shop, recognised

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def brought(folder: Path, text: str, encoding: str = "utf-8") -> tuple[Mapping, Cleaned]:
    path = folder / "export.csv"
    path.write_bytes(text.strip().encode(encoding))
    mapping = guess_mapping(preview(path))
    return mapping, clean_orders(open_file(path).batches(), mapping, now=NOW)


def export(name: str) -> str:
    return (Path(__file__).parent / "exports" / f"{name}.csv").read_text("utf-8")


def lines(cleaned: Cleaned) -> list[tuple[object, ...]]:
    return [
        (one["order_number"], one["sku"], one["quantity"], one["amount"])
        for one in cleaned.lines.to_pylist()
    ]


def test_a_taobao_export_in_gbk_is_known_and_counts_what_was_paid(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("taobao"), "gbk")
    assert (mapping.shop, mapping.source, mapping.kind) == ("taobao", "taobao", Kind.ORDERS)
    assert lines(cleaned) == [
        ("1234567890123456789", "猫粮 2kg", 1, Decimal("59.0000")),
        ("1234567890123456790", "猫粮 2kg", 2, Decimal("100.0000")),
    ]
    report = cleaned.report
    assert (report.count("order_not_sold"), report.count("refund_deducted")) == (2, 1)
    assert (report.rows, report.kept, report.set_aside, report.rejected) == (4, 2, 2, 0)


def test_what_a_platform_hides_makes_no_two_strangers_one(tmp_path: Path) -> None:
    _, cleaned = brought(tmp_path, export("taobao"), "gbk")
    open_one, hidden = cleaned.lines.to_pylist()
    assert (open_one["customer_ref"], open_one["phone"]) == ("tb小鱼", "+8613800138000")
    assert (hidden["customer_ref"], hidden["phone"]) == (None, None)
    assert cleaned.report.count("buyer_hidden") == 1


def test_a_number_with_dashes_is_no_forwarding_number(tmp_path: Path) -> None:
    text = export("taobao").replace("'13800138000", "138-0013-8000")
    _, cleaned = brought(tmp_path, text)
    assert cleaned.lines.column("phone").to_pylist()[0] == "+8613800138000"


def test_a_douyin_refund_leaves_the_line_and_takes_its_money(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("douyin"))
    assert mapping.shop == "douyin"
    assert lines(cleaned) == [
        ("6900000000000000001", "CAT-1", 1, Decimal("189.0000")),
        ("6900000000000000002", "CAT-1", 1, Decimal("0.0000")),
    ]
    assert cleaned.report.count("buyer_hidden") == 2


def test_a_jd_export_is_known(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("jd"))
    assert (mapping.shop, cleaned.report.set_aside) == ("jd", 1)
    assert lines(cleaned) == [("300000000001", "100012", 2, Decimal("178.0000"))]
    assert cleaned.lines.column("customer_ref").to_pylist() == ["jd_abc"]


def test_a_youzan_export_is_known(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("youzan"))
    assert mapping.shop == "youzan"
    assert lines(cleaned) == [("E2026030110000001", "TEA-1", 3, Decimal("56.6700"))]


def test_lines_of_a_shopify_order_belong_to_its_buyer_and_share_its_refund(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("shopify"))
    assert mapping.shop == "shopify"
    assert lines(cleaned) == [
        ("#1001", "MUG-1", 1, Decimal("0.0000")),
        ("#1001", "Plate", 2, Decimal("25.0000")),
        ("#1003", "MUG-1", 1, Decimal("8.0000")),
    ]
    assert cleaned.lines.column("email").to_pylist()[:2] == ["ann@example.com"] * 2
    assert set(cleaned.lines.column("currency").to_pylist()) == {"GBP"}
    assert cleaned.report.count("discount_deducted") == 1


def test_a_woocommerce_export_is_known(tmp_path: Path) -> None:
    mapping, cleaned = brought(tmp_path, export("woocommerce"))
    assert (mapping.shop, cleaned.report.set_aside) == ("woocommerce", 1)
    assert lines(cleaned) == [("2001", "MUG-1", 2, Decimal("20.0000"))]


def test_a_rejected_row_is_given_back_as_the_shop_wrote_it(tmp_path: Path) -> None:
    _, cleaned = brought(
        tmp_path, export("taobao").replace("2026-03-01 10:00:00", "2026-02-30 10:00:00")
    )
    assert cleaned.rejected.num_rows == 1
    assert '="1234567890123456789"' in cleaned.rejected.column("cells").to_pylist()[0][0]


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.key)
def test_every_shop_fills_what_an_order_needs(shop: Shop) -> None:
    known = {entry.name for entry in CATALOGUE[Kind.ORDERS]}
    filled = set(shop.columns.values())
    assert filled <= known
    assert {"order_number", "ordered_at", "quantity"} <= filled
    assert filled & {"unit_price", "amount"}
    assert recognised([*shop.columns, *shop.signs]) is not None


def test_headers_of_other_files_are_no_shop() -> None:
    assert recognised(["InvoiceNo", "StockCode", "Quantity"]) is None
    assert recognised([]) is None
