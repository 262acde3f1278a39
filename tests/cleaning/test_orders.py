"""Order lines: every rule, every bad cell, and a rejects file that is mended and loaded."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cleaning.errors import MissingColumns
from zhiyin.cleaning.fingerprints import order_fingerprint, with_fingerprints
from zhiyin.cleaning.mapping import guess_mapping
from zhiyin.cleaning.orders import LINES, Cleaned, clean_orders
from zhiyin.cleaning.preview import preview
from zhiyin.cleaning.reading import open_file
from zhiyin.cleaning.rejects import escape_formula, unescape_formula, write_rejects

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def clean(folder: Path, *lines: str, header: str = HEADER, **options: object) -> Cleaned:
    path = folder / "orders.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    options.setdefault("timezone", "UTC")
    mapping = guess_mapping(preview(path), **options)
    return clean_orders(open_file(path).batches(), mapping, now=NOW)


def line(**cells: str) -> str:
    names = HEADER.split(",")
    values = dict(zip(names, GOOD.split(","), strict=True)) | cells
    return ",".join(values.values())


def test_a_good_line_comes_out_typed(tmp_path: Path) -> None:
    result = clean(tmp_path, GOOD, currency="GBP")
    assert result.lines.schema.equals(LINES)
    assert result.lines.to_pylist() == [
        {
            "row_number": 2, "order_number": "536365", "line_no": 1, "customer_ref": "17850",
            "ts_us": 1_291_191_960_000_000, "sku": "85123A", "product_name": "LANTERN",
            "quantity": 6, "unit_price": Decimal("2.5500"), "amount": Decimal("15.3000"),
            "kind": "sale", "country": "United Kingdom", "currency": "GBP", "email": None,
            "phone": None, "member_card": None,
            "was": '{"customer_ref":["17850.0","customer_number_decimal"]}',
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "field", "code"),
    [
        ({"InvoiceDate": "2010-02-30 08:00:00"}, "InvoiceDate", "date_impossible"),
        ({"InvoiceDate": "soon"}, "InvoiceDate", "date_unreadable"),
        ({"InvoiceDate": "2031-01-01 00:00:00"}, "InvoiceDate", "date_future"),
        ({"InvoiceDate": "0011-01-01 00:00:00"}, "InvoiceDate", "date_too_early"),
        ({"InvoiceDate": ""}, "InvoiceDate", "missing_value"),
        ({"Quantity": "six"}, "Quantity", "number_unreadable"),
        ({"Quantity": "1.5"}, "Quantity", "quantity_fraction"),
        ({"Quantity": "0"}, "Quantity", "quantity_zero"),
        ({"Quantity": "999999999999", "UnitPrice": "999999999"}, "Quantity", "number_too_large"),
        ({"UnitPrice": "=1+1"}, "UnitPrice", "number_unreadable"),
        ({"UnitPrice": "-3"}, "UnitPrice", "price_negative"),
        ({"UnitPrice": "N/A"}, "UnitPrice", "missing_value"),
        ({"InvoiceNo": " "}, "InvoiceNo", "missing_value"),
        ({"StockCode": ""}, "StockCode", "missing_value"),
    ],
)
def test_a_bad_cell_names_row_field_and_reason(
    tmp_path: Path, cells: dict[str, str], field: str, code: str
) -> None:
    result = clean(tmp_path, GOOD, line(**cells), line(InvoiceNo="536366"))
    found = [(r["row_number"], r["field"], r["code"]) for r in result.rejected.to_pylist()]
    assert found == [(3, field, code)]
    entry = result.rejected.to_pylist()[0]
    assert entry["reason_zh"]
    assert entry["reason_en"]
    assert result.lines.column("row_number").to_pylist() == [2, 4]
    assert result.report.rejected == 1


def test_a_row_with_two_problems_counts_once_and_names_both(tmp_path: Path) -> None:
    result = clean(tmp_path, line(Quantity="x", UnitPrice="y"), GOOD)
    assert result.report.rejected == 1
    assert {r["field"] for r in result.rejected.to_pylist()} == {"Quantity", "UnitPrice"}


def test_a_missing_column_is_named_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(MissingColumns) as caught:
        clean(tmp_path, "1,2", header="InvoiceNo,StockCode", kind="orders")
    assert caught.value.fields == ("ordered_at", "unit_price")
    assert "下单时间" in caught.value.message["zh"]
    assert "Unit price" in caught.value.message["en"]


def test_each_rule_does_what_it_says(tmp_path: Path) -> None:
    result = clean(
        tmp_path,
        GOOD,
        GOOD,  # exported twice
        line(InvoiceNo="C536379", Quantity="-1"),
        line(InvoiceNo="536380", Quantity="-10", UnitPrice="0", CustomerID=""),
        line(InvoiceNo="536381", UnitPrice="0"),
        line(InvoiceNo="536382", CustomerID=""),
        line(InvoiceNo="536383", StockCode="POST"),
        line(InvoiceNo="C536384", StockCode="D", Quantity="-1"),
        line(InvoiceNo="536385", StockCode="gift_0001_20"),
        line(InvoiceNo="536386", StockCode="TEST001"),
        line(InvoiceNo="536387", Description=" WHITE   METAL "),
        line(InvoiceNo="536388", Quantity="-2"),
        line(InvoiceNo="CN2024001"),  # an ordinary order of a shop whose numbers start with C
    )
    kinds = dict(
        zip(
            result.lines.column("order_number").to_pylist(),
            result.lines.column("kind").to_pylist(),
            strict=True,
        )
    )
    assert kinds == {
        "536365": "sale", "C536379": "return", "536382": "sale", "536383": "fee",
        "C536384": "adjustment", "536385": "adjustment", "536387": "sale", "536388": "return",
        "CN2024001": "sale",
    }  # fmt: skip
    aside = {r["row_number"]: r["rule"] for r in result.set_aside.to_pylist()}
    assert aside == {
        3: "duplicate_line", 5: "stock_adjustment", 6: "zero_price", 11: "test_product",
    }  # fmt: skip
    report = result.report
    assert report.rows == report.kept + report.set_aside + report.rejected == 13
    assert report.count("missing_customer") == 1
    assert report.count("cancellation") == 2
    assert report.count("return_without_mark") == 1
    assert report.count("product_name_spaces") == 1
    assert all(f.sentence["zh"] and f.sentence["en"] for f in report.findings)
    assert b"duplicate_line" in report.to_json()


def test_a_chinese_export_is_understood(tmp_path: Path) -> None:
    result = clean(
        tmp_path,
        'A1,茶壶,2,2024年3月5日 14时30分,"¥1,299.00",M001,138 0013 8000',
        header="订单编号,商品名称,数量,下单时间,单价,会员号,手机",
        timezone="Asia/Shanghai",
    )
    row = result.lines.to_pylist()[0]
    assert row["amount"] == Decimal("2598.0000")
    assert (row["sku"], row["customer_ref"], row["phone"]) == ("茶壶", "M001", "+8613800138000")
    assert row["ts_us"] == int(datetime(2024, 3, 5, 6, 30, tzinfo=UTC).timestamp()) * 1_000_000


def test_whole_orders_without_lines_are_understood(tmp_path: Path) -> None:
    result = clean(
        tmp_path, "A1,2024-03-05,100.10", "A2,2024-03-06,-20", header="订单号,日期,实付金额"
    )
    assert result.lines.column("amount").to_pylist()[0] == Decimal("100.1000")
    assert result.lines.column("sku").to_pylist()[0] == "ORDER"


def test_a_discount_on_the_line_counts_but_an_order_total_does_not(tmp_path: Path) -> None:
    result = clean(
        tmp_path,
        "A1,S1,2,2024-03-05,10,18",
        "A1,S2,1,2024-03-05,5,25",
        header="订单号,货号,数量,日期,单价,金额",
    )
    assert result.lines.column("amount").to_pylist() == [Decimal(18), Decimal(5)]
    assert result.report.count("amount_differs") == 1


def test_times_can_be_moved_for_demonstrations(tmp_path: Path) -> None:
    plain = clean(tmp_path, GOOD).lines.column("ts_us")[0].as_py()
    moved = clean(tmp_path, GOOD, shift_days=10).lines.column("ts_us")[0].as_py()
    assert moved - plain == 10 * 86_400_000_000


def test_rejects_are_mended_and_loaded_again(tmp_path: Path) -> None:
    header = HEADER + ",Note"
    bad = [
        line(Quantity="six") + ",=cmd|' /C calc'!A0",
        line(InvoiceDate="2010-02-30 08:00:00", Description="'=quoted") + ",-5",
    ]
    first = clean(tmp_path, GOOD + ",x", *bad, "1,2", header=header)
    assert first.report.rejected == 3
    for language in ("zh", "en"):
        out = io.BytesIO()
        assert write_rejects(first.rejected, header.split(","), out, language=language) == 3
        text = out.getvalue().decode("utf-8-sig")
        assert "'=cmd" in text
        assert ",-5" in text
        mended = text.replace(",six,", ",6,").replace("2010-02-30", "2010-02-28")
        path = tmp_path / "mended.csv"
        path.write_text(mended, encoding="utf-8-sig", newline="")
        file = open_file(path)
        assert file.from_rejects
        assert file.columns == tuple(header.split(","))
        again = [row for b in file.batches() for row in b.table.to_pylist()]
        assert [row["Note"] for row in again] == ["=cmd|' /C calc'!A0", "-5"]
        assert again[1]["Description"] == "'=quoted"
        mapping = guess_mapping(preview(path), timezone="UTC")
        second = clean_orders(file.batches(), mapping, now=NOW)
        assert second.report.kept == 2
        assert [r["code"] for r in second.rejected.to_pylist()] == ["ragged_row"]


def test_a_mended_line_is_new_while_the_lines_loaded_before_are_known(tmp_path: Path) -> None:
    first = with_fingerprints("shop", clean(tmp_path, GOOD).lines).to_pylist()
    both = with_fingerprints(
        "shop", clean(tmp_path, line(StockCode="X", Quantity="2"), GOOD).lines
    ).to_pylist()
    assert first[0]["line_id"] == both[1]["line_id"]
    assert first[0]["order_id"] == both[0]["order_id"] == order_fingerprint("shop", "536365")
    assert both[0]["line_id"] != both[1]["line_id"]


@given(st.text())
def test_escaping_formulas_can_be_undone(cell: str) -> None:
    escaped = escape_formula(cell)
    assert unescape_formula(escaped) == cell
    assert escaped[:1] not in "=@" or escaped == ""
