"""What a line of the timeline says, and that no text in it is markup."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import override

from zhiyin.console import entries
from zhiyin.customers.timeline.entries import Entry, Part

AT = datetime(2026, 11, 20, 22, 5, tzinfo=UTC)  # 06:05 of the next day in Shanghai
ID = UUID(int=7)
HOSTILE = '"><script>alert(1)</script>'


def drawn(*parts: Part, dated: bool = False, kind: str = "order", **more: object) -> str:
    entry = Entry(kind, "k", AT, "check", list(parts), **more)  # type: ignore[arg-type]
    with override("en"):
        return entries.drawn([entry], ID, dated)


def test_a_line_links_into_the_record_and_writes_money_exactly() -> None:
    line = drawn(
        Part("Order"),
        Part("O7", url="?tab=orders#o7"),
        Part(money=Decimal("12.5"), currency="GBP"),
        source="Shop",
        detail="2 lines",
        side="ours",
    )
    assert '<li><span class="mk ours"><svg class="ti ti-check ' in line
    assert f'Order <a href="/customers/{ID}/?tab=orders#o7">O7</a> <b>£12.50</b>' in line
    assert '<div class="sub">Shop, 2 lines</div></div>' in line
    assert line.endswith('<time datetime="2026-11-21T06:05:00+08:00">06:05</time></li>\n')


def test_a_line_that_stands_alone_says_its_day() -> None:
    assert ">11-21 06:05</time>" in drawn(Part("Order"), dated=True)


def test_a_folded_run_says_how_many_and_where_it_ended() -> None:
    visit = drawn(Part("Viewed"), Part("Tea", strong=True), kind="visit", count=3)
    assert "Looked around, 3 steps, ended with Viewed <b>Tea</b>" in visit
    profile = drawn(Part("Profile"), Part("City", strong=True), kind="profile", count=2)
    assert "2 fields of the profile, last <b>City</b>" in profile
    assert "Profile" not in profile


def test_what_is_simulated_says_so() -> None:
    assert "Simulated</span>" in drawn(Part("Order"), simulated=True)
    assert "Simulated" not in drawn(Part("Order"))


def test_no_text_of_a_line_is_markup() -> None:
    line = drawn(
        Part(HOSTILE), Part(HOSTILE, strong=True), Part(HOSTILE, url=f"?{HOSTILE}"),
        Part(money=Decimal(1), currency=HOSTILE), source=HOSTILE, detail=HOSTILE,
        quote=f"one\n{HOSTILE}", side=HOSTILE,
    )  # fmt: skip
    assert "<script" not in line
    assert '"&gt;&lt;script' not in line  # no quotation mark ends an attribute
    assert '<div class="quote">one<br>' in line
