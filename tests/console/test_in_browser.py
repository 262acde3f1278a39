"""The living page in a real browser: the policy stops nothing, nobody is left out, keys work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import factories
from zhiyin import frontend
from zhiyin.accounts.roles import Role

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
AXE = frontend.CHECKOUT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium"),
    pytest.mark.skipif(not frontend.VENDOR.exists(), reason="run `python -m zhiyin.frontend`"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs beside the database
        yield opened
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        opened.close()


def visit(browser: Browser, server: LiveServer, width: int, theme: str) -> tuple[Page, list[str]]:
    """The page as an administrator sees it, and everything the browser complained about."""
    user = factories.user(Role.ADMINISTRATOR, locale="zh-hans")
    user.theme = theme
    user.save()
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=False)
    context.add_cookies(
        [
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": "zh-hans", "url": server.url},
        ]
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.url}/console/components")
    page.wait_for_selector(".zy-chart .plot svg", timeout=10_000)
    return page, complaints


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light")])
def test_everyone_can_read_and_reach_everything(
    browser: Browser, live_server: LiveServer, width: int, theme: str
) -> None:
    page, complaints = visit(browser, live_server, width, theme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
    told = [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found]
    assert told == []
    assert complaints == []


def test_the_keyboard_walks_selects_and_finds(browser: Browser, live_server: LiveServer) -> None:
    page, complaints = visit(browser, live_server, 1440, "light")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-bulk-count]").inner_text() == "1"
    page.locator("[data-bulk-all]").click()
    assert page.locator("[data-bulk-count]").inner_text() == "312"
    page.keyboard.press("Control+k")
    page.keyboard.type("审计")
    expect(page.locator("#palette [role=option]")).to_have_count(1)
    assert page.locator("#palette [role=option]").inner_text().startswith("审计")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert complaints == []
