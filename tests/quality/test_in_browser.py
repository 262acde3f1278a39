"""Quality and the golden record in a real browser: both languages, widths and themes."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.console import looking
from tests.console.browsing import enter, needs_browser
from tests.customers import people
from tests.quality import world
from zhiyin.customers.models import Customer, SourceRecord
from zhiyin.ids import uuid7
from zhiyin.quality import measuring, proposing
from zhiyin.quality.models import QualityRule

pytestmark = needs_browser
SIZES = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))
PICTURES = os.environ.get("ZHIYIN_QUALITY_PICTURES", "")


def _said(person: Customer, source: str, name: str, phone: str, original: str, at: int) -> None:
    names = {"name_zh": {"crm": "客户系统", "till": "门店收银"}[source],
             "name_en": {"crm": "CRM", "till": "Till"}[source]}  # fmt: skip
    where = people.source(source)
    type(where).objects.filter(pk=where.pk).update(**names)
    SourceRecord.objects.create(
        source=where, home=person.pk, customer=person, identifier_id=uuid7(),
        said={"name": {"v": name, "at": at},
              "phone": {"v": phone, "at": at, "o": original, "r": "phone_standard"}},
        mended=["phone:phone_standard"], first_at=world.NOW, last_at=world.NOW,
    )  # fmt: skip


def _world() -> Customer:
    found = world.customers()
    world.companies()
    world.orders(found[0], ["10", "11", "12", "13", "14", "9000"])
    at = int(world.NOW.timestamp() * 1_000_000)
    _said(found[0], "crm", "王小明", "+8613812345678", "138 1234 5678", at)
    _said(found[0], "till", "王晓明", "+8613900009999", "139-0000-9999", at - 1)
    people.many(150, country="中国", language="zh")
    now = timezone.now()
    for back in range(9, -1, -1):
        measuring.measure(now - timedelta(days=back))
    proposing.look(now)
    return found[0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nobody_stumbles_on_the_screens_of_quality(
    browser: Browser,
    live_server: LiveServer,
    language: str,
) -> None:
    person = _world()
    rule = QualityRule.objects.get(definition={"type": "required", "field": "phone"})
    screens = {
        "figures": "/quality/", "sources": "/quality/sources/",
        "rule": f"/quality/rules/{rule.pk}/",
        "proposals": "/quality/proposals/", "golden": "/quality/golden/",
        "form": f"/quality/rules/{rule.pk}/change",
        "values": f"/customers/{person.pk}/values/phone",
        "record": f"/customers/{person.pk}/",
    }  # fmt: skip
    visit = enter(browser, live_server, language=language)
    wrong: list[str] = []
    for place, (name, path) in enumerate(screens.items()):
        page = visit.go(path)
        page.wait_for_load_state("networkidle")
        for width, theme in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("t => { document.documentElement.dataset.bsTheme = t; }", theme)
            page.evaluate(looking.DRAWN)
            wrong += [f"{name} {width} {theme}: {one}" for one in looking.problems(page, "")]
            if PICTURES:
                page.wait_for_timeout(250)
                page.screenshot(path=Path(PICTURES) / f"{name}.{language[:2]}.{theme}.{width}.png")
        if place % 2 == (language == "en"):  # each screen once, in one of the languages
            wrong += [f"{name} axe: {one}" for one in visit.axe()]
    visit.context.close()
    assert not (wrong + visit.complaints), "\n".join(wrong + visit.complaints)


def test_another_value_is_one_click_away_and_stays_when_locked(
    browser: Browser,
    live_server: LiveServer,
) -> None:
    person = _world()
    visit = enter(browser, live_server, language="en")
    page = visit.go(f"/customers/{person.pk}/")
    page.locator("#fact-phone .go-mark").click()
    window = page.locator("dialog.go-values")
    expect(window).to_contain_text("139-0000-9999")
    window.get_by_role("button", name="Use and lock").click()
    expect(page.locator("#fact-phone .go-mark.locked")).to_be_visible()
    assert Customer.objects.get(pk=person.pk).phone == "+8613900009999"
    page.locator("#fact-phone .go-mark").click()
    page.locator("dialog.go-values").get_by_role("button", name="Unlock").click()
    expect(page.locator("#fact-phone .go-mark.locked")).to_have_count(0)
    assert Customer.objects.get(pk=person.pk).phone == "+8613812345678"
    visit.context.close()
    assert not visit.complaints


def test_a_rule_is_made_measured_and_its_rows_are_opened(
    browser: Browser,
    live_server: LiveServer,
) -> None:
    _world()
    visit = enter(browser, live_server, language="en")
    page = visit.go("/quality/rules/new")
    page.wait_for_load_state("networkidle")
    page.get_by_role("combobox", name="Field").fill("Province")
    page.get_by_role("option", name="Province").click()
    page.get_by_role("combobox", name="What must hold").fill("one of")
    page.get_by_role("option", name="must be one of").click()
    expect(page.locator("[data-for=pattern]")).to_be_hidden()
    page.get_by_label("Values").fill("浙江省")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Province is one of: 浙江省")
    expect(page.locator("#rows")).to_contain_text("张三")
    page.locator("#rows").get_by_role("link", name="张三").click()
    expect(page).to_have_url(f"{live_server.url}/customers/{Customer.objects.get(name='张三').pk}/")
    visit.context.close()
    assert not visit.complaints
