"""JSON documents become rows: nothing is lost, numbers stay as written, lines are rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments, Row
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.preview import preview

SHOPIFY = {
    "id": 820982911946154508, "name": "#1001", "order_number": 1001, "email": "jon@example.com",
    "created_at": "2026-02-01T10:00:00+08:00", "total_price": "418.10", "currency": "CNY",
    "customer": {"id": 115310627314723954, "phone": None, "default_address": {"city": "上海"}},
    "tags": ["new", "tea"],
    "line_items": [
        {"id": 1, "sku": "TEA", "name": "正山小种", "quantity": 2, "price": "199.00"},
        {"id": 2, "sku": "CUP", "name": "杯", "quantity": 1, "price": "20.10"},
    ],
}  # fmt: skip
WOOCOMMERCE = {
    "id": 727, "number": "727", "currency": "USD", "date_created": "2026-03-22T16:28:02",
    "total": "29.35", "billing": {"email": "j@example.com", "phone": "(555) 555-5555"},
    "line_items": [{"id": 315, "name": "Tea", "quantity": 2, "total": "6.00", "sku": "S"}],
}  # fmt: skip
WRAPPED = {"type": "contact.seen", "timestamp": "2026-11-03T20:26:10Z",
           "data": {"user_id": "u1", "email": "a@example.com", "page": "/cart"}}  # fmt: skip
CUSTOMER = {"id": "c-9", "first_name": "Ada", "last_name": "L", "email": "ada@example.com",
            "default_address": {"city": "London", "country": "United Kingdom"}}  # fmt: skip


def guessed(tmp_path: Path, *told: object) -> Mapping:
    rows = [row for one in told for row in documents.rows_of(one)]
    path = tmp_path / "rows.jsonl"
    path.write_bytes(documents.as_lines(rows))
    return documents.guess(preview(path))


def test_an_order_is_a_row_for_each_line_with_the_order_beside_it() -> None:
    rows = documents.rows_of(SHOPIFY)
    assert [row["line_items.sku"] for row in rows] == ["TEA", "CUP"]
    assert {row["customer.default_address.city"] for row in rows} == {"上海"}
    assert rows[0]["tags"] == "new,tea"
    assert "customer.phone" not in rows[0]


@pytest.mark.parametrize(
    ("told", "kind", "columns"),
    [
        (SHOPIFY, Kind.ORDERS, {
            "order_number": "order_number", "created_at": "ordered_at", "email": "email",
            "customer.id": "customer_ref", "line_items.sku": "sku", "currency": "currency",
            "line_items.price": "unit_price", "line_items.quantity": "quantity",
            "line_items.name": "product_name"}),
        (WOOCOMMERCE, Kind.ORDERS, {
            "number": "order_number", "date_created": "ordered_at", "billing.email": "email",
            "billing.phone": "phone", "line_items.total": "amount", "line_items.sku": "sku",
            "line_items.quantity": "quantity", "line_items.name": "product_name",
            "currency": "currency"}),
        (WRAPPED, Kind.EVENTS, {
            "type": "name", "timestamp": "occurred_at", "data.user_id": "customer_ref",
            "data.email": "email"}),
        (CUSTOMER, Kind.CUSTOMERS, {
            "id": "customer_ref", "first_name": "given_name", "last_name": "family_name",
            "email": "email", "default_address.city": "city",
            "default_address.country": "country"}),
    ],
)  # fmt: skip
def test_what_shops_and_services_send_is_understood_at_once(
    tmp_path: Path, told: object, kind: Kind, columns: dict[str, str]
) -> None:
    made = guessed(tmp_path, told)
    assert made.kind is kind
    assert made.columns == columns
    assert made.missing() == []


def test_a_total_of_the_order_is_never_taken_for_that_of_a_line(tmp_path: Path) -> None:
    told = {**SHOPIFY, "line_items": [{"sku": "TEA", "quantity": 1}]}
    assert "amount" not in guessed(tmp_path, told).columns.values()


def test_numbers_stay_as_they_were_written() -> None:
    text = '{"a": 19.90, "b": 12345678901234567890123, "c": 1e3, "d": -0.0, "e": [1, 2.50]}'
    (row,) = documents.rows_of(documents.read(text))
    assert (row["a"], row["b"], row["c"], row["d"]) == ("19.90", "12345678901234567890123", "1e3",
                                                       "-0.0")  # fmt: skip
    assert row["e"] == "1,2.50"


@pytest.mark.parametrize(
    "text", [b"", b"nothing", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe", b"{"]
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotDocuments):
        documents.read(text)


def test_a_list_lies_where_the_path_says() -> None:
    told = {"data": {"orders": [{"id": 1}, {"id": 2}]}}
    assert documents.at(told, "data.orders.1") == {"id": 2}
    assert documents.at(told, "") == told
    for path in ("data.nothing", "data.orders.2", "data.orders.-1", "data.orders.1.id.x"):
        with pytest.raises(NotDocuments):
            documents.at(told, path)


_SCALARS = st.one_of(
    st.booleans(), st.integers(), st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
)
_KEYS = st.text(st.sampled_from("abcxyz_"), min_size=1, max_size=4)
_TOLD = st.dictionaries(_KEYS, st.one_of(
    _SCALARS, st.dictionaries(_KEYS, _SCALARS, max_size=3), st.lists(_SCALARS, max_size=3)),
    max_size=6,
)  # fmt: skip


@given(_TOLD, st.lists(st.dictionaries(_KEYS, _SCALARS, min_size=1, max_size=3), max_size=4))
def test_every_cell_that_says_something_is_in_every_row(
    told: dict[str, object], lines: list[dict[str, object]]
) -> None:
    rows = documents.rows_of({**told, "line_items": lines})
    said = _said(told, "")
    assert len(rows) == (len(lines) or bool(said))
    for row, line in zip(rows, lines or [{}] * len(rows), strict=True):
        assert row == {**said, **_said(line, "line_items.")}


def _said(told: dict[str, object], prefix: str) -> Row:
    """The same, thought out anew: one cell for each leaf."""
    found: Row = {}
    for key, value in told.items():
        if isinstance(value, dict):
            found |= _said(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            plain = all(isinstance(one, str) for one in value)
            text = (
                ",".join(value)
                if plain
                else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            )
            found |= {f"{prefix}{key}": text} if value and text else {}
        elif value != "":
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found[f"{prefix}{key}"] = text
    return found
