"""Every cell that cleaning changes keeps what stood there, with the rule; others keep nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cleaning import mended, originals
from zhiyin.cleaning.customers import CleanedCustomers, clean_customers
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.orders import clean_orders
from zhiyin.cleaning.originals import Original, Originals
from zhiyin.cleaning.reading import ROW_NUMBER

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def customers(**cells: str) -> CleanedCustomers:
    """One customer, the columns called like the fields."""
    table = pa.table({ROW_NUMBER: [1], **{name: [text] for name, text in cells.items()}})
    mapping = Mapping(kind=Kind.CUSTOMERS, columns={name: name for name in cells})
    return clean_customers([table], mapping, now=NOW)


def was(result: CleanedCustomers) -> dict[str, Original]:
    return originals.read(result.profiles["was"].to_pylist()[0])


@pytest.mark.parametrize(
    ("field", "written", "rule"),
    [
        ("name", " 王小明 先生", "name_tidied"),
        ("phone", "138 1234 5678", "phone_standard"),
        ("email", "Lin@Example.COM", "email_standard"),
        ("gender", "女", "word_known"),
        ("birthday", "1990/1/2", "date_read"),
        ("created_at", "2020年1月2日", "date_read"),
        ("consent_email", "同意", "word_known"),
        ("tags", "茶；咖啡", "tags_split"),
        ("address", "文三路  1号", "text_tidied"),
        ("customer_ref", "17850.0", "customer_number_decimal"),
    ],
)
def test_a_changed_cell_keeps_what_stood_there_and_why(field: str, written: str, rule: str) -> None:
    cells = {"customer_ref": "C1"} | {field: written}
    found = was(customers(**cells))
    assert found == {field: Original(written, rule)}
    assert mended.words_of(rule)["zh"]


def test_a_cell_that_is_right_keeps_nothing() -> None:
    result = customers(
        customer_ref="C1", name="王小明", phone="+8613812345678", email="a@b.cn", gender="female",
        birthday="1990-01-02", created_at="2020-01-02 08:00:00", city="杭州", province="浙江省",
        consent_email="true",
    )  # fmt: skip
    assert result.profiles["was"].to_pylist() == [None]
    assert not result.changed.num_rows


def test_a_place_that_was_filled_in_says_that_it_was_empty() -> None:
    found = was(customers(customer_ref="C1", city="杭州市", province=""))
    assert found == {
        "city": Original("杭州市", "place_standard"), "province": Original("", "place_added"),
    }  # fmt: skip


def test_a_name_in_two_columns_keeps_both() -> None:
    found = was(customers(customer_ref="C1", family_name="王", given_name="小明"))
    assert found == {"name": Original("王 | 小明", "name_joined")}


def test_what_an_order_drops_is_kept_with_the_reason() -> None:
    table = pa.table({ROW_NUMBER: [1], "o": ["A1"], "t": ["2020-01-02"], "p": ["¥2.5"],
                      "phone": ["12"]})  # fmt: skip
    columns = {"o": "order_number", "t": "ordered_at", "p": "unit_price", "phone": "phone"}
    lines = clean_orders([table], Mapping(kind=Kind.ORDERS, columns=columns), now=NOW).lines
    assert originals.read(lines["was"].to_pylist()[0]) == {
        "phone": Original("12", "contact_unusable"), "unit_price": Original("¥2.5", "number_read"),
    }  # fmt: skip


def test_the_report_shows_some_cells_of_each_rule() -> None:
    result = customers(customer_ref="C1", phone="138 1234 5678")
    assert result.changed.to_pylist() == [
        {"row_number": 1, "field": "phone", "original": "138 1234 5678",
         "value": "+8613812345678", "rule": "phone_standard"},
    ]  # fmt: skip


def test_rejected_rows_show_nothing_among_the_mended() -> None:
    result = customers(customer_ref="C1", phone="138 1234 5678", email="nobody")
    assert result.rejected.num_rows == 1
    assert not result.changed.num_rows


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=1, max_size=6))
def test_whatever_stood_there_comes_back_letter_by_letter(pairs: list[tuple[str, str]]) -> None:
    pairs = [(a.encode("utf-8", "ignore").decode(), b.encode("utf-8", "ignore").decode())
             for a, b in pairs]  # fmt: skip
    numbers = pa.array(range(len(pairs)), pa.int64())
    gathered = Originals(numbers)
    for place, field in enumerate(("name", "city")):
        written = pa.array([pair[place] for pair in pairs], pa.string())
        now = pa.array(["x"] * len(pairs), pa.string())
        gathered.compared(field, written, now, mended.TEXT)
    told = [originals.read(text) for text in gathered.column().to_pylist()]
    for pair, found in zip(pairs, told, strict=True):
        expected = {
            field: Original(text, mended.TEXT.id)
            for field, text in zip(("name", "city"), pair, strict=True)
            if text != "x"
        }
        assert found == expected
