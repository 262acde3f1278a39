"""Quick entry on a phone: what is typed without a line is kept, and sent once when there is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Product, sign_in
from tests.console.looking import DRAWN
from zhiyin import embedded

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOK = os.environ.get("ZHIYIN_LOOK", "")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    yield made
    made.close()


def asked(product: Product, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(embedded.ensure(product.data).dsn()) as line:
        return line.execute(query).fetchall()  # type: ignore[arg-type]


def type_in(page: Page, name: str, phone: str, amount: str = "") -> None:
    page.fill("[name=name]", name)
    page.fill("[name=phone]", phone)
    page.check("[name=consent]")
    if amount:
        details = page.locator("#entry details")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
        page.fill("[name=amount]", amount)
    page.locator("#entry .btn-primary").click()
    expect(page.locator("[name=phone]")).to_have_value("")


def look(page: Page, name: str) -> None:
    page.evaluate(DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if LOOK:
        Path(LOOK).mkdir(parents=True, exist_ok=True)
        for theme in ("dark", "light"):
            page.evaluate("t => document.documentElement.dataset.bsTheme = t", theme)
            page.wait_for_timeout(200)
            page.screenshot(path=Path(LOOK) / f"entry.{name}.{theme}.png")


def test_entries_wait_without_a_line_and_come_in_once(
    context: BrowserContext, product: Product
) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, product)
    page.goto(product.url + "/entry/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # now through the worker, which keeps the page and its files
    page.wait_for_load_state("networkidle")
    look(page, "online")
    context.set_offline(True)
    page.reload()
    expect(page.locator("#entry")).to_be_visible()
    type_in(page, "王芳", "13805716207", "128.50")
    type_in(page, "李雷", "13905716208")
    type_in(page, "号码错", "123")
    expect(page.locator("#waiting li")).to_have_count(3)
    look(page, "offline")
    page.close()  # the phone was put away
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(product.url + "/entry/")
    expect(page.locator("#waiting li")).to_have_count(3)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting li")).to_have_count(1, timeout=30_000)
    expect(page.locator("#waiting li.bad")).to_contain_text("号码错")
    look(page, "mend")
    page.locator("#waiting [data-act=mend]").click()
    page.fill("[name=phone]", "13705716209")
    page.locator("#entry .btn-primary").click()
    expect(page.locator("#waiting li")).to_have_count(0, timeout=30_000)
    people = asked(product, "select name from customers_customer order by phone desc")
    assert [name for (name,) in people] == ["李雷", "王芳", "号码错"]
    assert asked(product, "select count(*) from customers_order") == [(1,)]
    assert asked(product, "select count(*) from govern_consent where granted") == [(3,)]
    assert complaints == []
