"""What a row of the list of people says, kind by kind, and that no text of a person is markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from uuid import UUID

import pytest
from django.utils.translation import override

from zhiyin.console import rows
from zhiyin.customers.models import Customer
from zhiyin.customers.objects import CUSTOMER
from zhiyin.objects.drawing import Cell, Drawing, column_of

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ID = UUID(int=7)
HOSTILE = "\"><script>alert(1)</script>&'"


@dataclass(frozen=True)
class Line:
    row: Customer
    cells: list[Cell]
    open_at: str = "?set=1&open=7"
    drawer_at: str = "/customers/7/drawer/"


def drawn(person: Customer, *keys: str, open_id: UUID | None = None) -> str:
    fields = {one.key: one for one in CUSTOMER.fields}
    columns = [column_of(CUSTOMER, fields[key]) for key in keys]
    with override("en"):
        return rows.drawn([Line(person, Drawing(columns, NOW).cells(person))], open_id)


def test_the_name_opens_the_drawer_and_can_be_selected() -> None:
    assert drawn(Customer(pk=ID, name="Ann Lee"), "name") == (
        f'<tr data-row="?set=1&amp;open=7" id="row-{ID}"><td><span class="row-f">'
        '<input class="form-check-input" type="checkbox" data-select name="id"'
        f' value="{ID}" form="bulk" aria-label="Select Ann Lee">'
        '<span class="ava" aria-hidden="true">A</span>'
        '<a class="name cut" data-open href="?set=1&amp;open=7"'
        ' hx-get="/customers/7/drawer/?set=1&amp;open=7" hx-target="#drawer"'
        ' hx-swap="outerHTML">Ann Lee</a></span></td></tr>\n'
    )


@pytest.mark.parametrize(
    ("key", "values", "cell"),
    [
        ("phone", {"phone": "+8613800136207"},
         '<td class="hide-s"><span class="mask">138<i>****</i>6207</span></td>'),
        ("phone", {}, '<td class="hide-s"></td>'),
        ("tier", {"tier": "gold"}, '<td class="hide-s"><span class="bdg ">Gold</span></td>'),
        ("tags", {"tags": ["a", "b", "c", "d"]},
         '<td class="hide-s"><span class="bdg line">a</span> <span class="bdg line">b</span> '
         '<span class="bdg line">c</span> </td>'),
        ("revenue", {"revenue": Decimal("1234.5")}, '<td class="num strong hide-s">£1,235</td>'),
        ("value_12m", {"value_12m": Decimal(-9)}, '<td class="num strong">−£9</td>'),
        ("value_12m", {}, '<td class="num strong"><span class="flat">–</span></td>'),
        ("orders", {"orders": 48216}, '<td class="num hide-s">48,216</td>'),
        ("next_purchase_probability", {"next_purchase_probability": 0.446},
         '<td class="num hide-s">45%</td>'),
        ("churn_risk", {}, '<td class="num"><span class="flat">–</span></td>'),
        ("last_order_at", {"last_order_at": NOW - timedelta(days=3)},
         '<td class="num hide-s" title="2026-11-18">3 days</td>'),
        ("last_order_at", {},
         '<td class="num hide-s" title="–"><span class="flat">–</span></td>'),
        ("last_seen_at", {"last_seen_at": NOW}, '<td class="hide-s">2026-11-21</td>'),
        ("city", {"city": "Bath"}, '<td class="hide-s"><span class="cut">Bath</span></td>'),
    ],
)  # fmt: skip
def test_each_kind_of_cell(key: str, values: dict[str, object], cell: str) -> None:
    assert drawn(Customer(pk=ID, name="x", **values), key).endswith(f">{cell}</tr>\n")


def test_a_risk_is_a_string_with_its_interval() -> None:
    cell = drawn(
        Customer(pk=ID, churn_risk=0.5, churn_risk_low=0.4, churn_risk_high=0.7), "churn_risk"
    )
    assert '<svg class="xian risk" width="64" height="16" aria-hidden="true">' in cell
    assert '<rect class="band" x="40.0%" width="30.00%" y="5" height="6" rx="3"/>' in cell
    assert '<circle class="dot" cx="50.0%" cy="8" r="4.75"/></svg><span>50%</span>' in cell


class Marks(HTMLParser):
    """The tags and attributes that a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _value in attrs)}


def test_no_text_of_a_person_is_markup() -> None:
    keys = ("name", "number", "phone", "email", "city", "country", "province", "tags")

    def marks(text: str) -> set[str]:
        fields = {key: [text] if key == "tags" else text for key in keys}
        return Marks(drawn(Customer(pk=ID, **fields), *keys)).found

    assert marks(HOSTILE) <= marks("plain") | {"i"}  # the stars of a masked value are in <i>


def test_the_row_of_the_open_drawer_is_marked() -> None:
    assert f'id="row-{ID}" class="open">' in drawn(Customer(pk=ID, name="x"), "name", open_id=ID)
