"""The living page in a real browser: the policy stops nothing, nobody is left out, keys work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import Visit, enter, needs_browser

pytestmark = needs_browser
PATH = "/console/components"


def visit(browser: Browser, server: LiveServer, width: int, theme: str) -> Visit:
    """The page as an administrator sees it."""
    found = enter(browser, server, width=width, theme=theme)
    found.go(PATH).wait_for_selector(".zy-chart .plot svg")
    return found


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light")])
def test_everyone_can_read_and_reach_everything(
    browser: Browser, live_server: LiveServer, width: int, theme: str
) -> None:
    found = visit(browser, live_server, width, theme)
    assert found.page.evaluate("document.documentElement.scrollWidth") == width
    assert found.axe() == []
    assert found.complaints == []
    found.context.close()


def test_the_keyboard_walks_selects_and_finds(browser: Browser, live_server: LiveServer) -> None:
    found = visit(browser, live_server, 1440, "light")
    page = found.page
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-bulk-count]").inner_text() == "1"
    page.locator("[data-bulk-all]").click()
    assert page.locator("[data-bulk-count]").inner_text() == "312"
    page.keyboard.press("Control+k")
    page.keyboard.type("审计")
    expect(page.locator("#palette [role=option]").first).to_contain_text("审计")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert found.complaints == []
    found.context.close()
