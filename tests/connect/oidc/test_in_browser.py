"""The whole road in Chromium, under the page's own policy: the button, the provider's page, back,
and out again on both sides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.connect.oidc.real_provider import Provider
from tests.connect.oidc.world import allow
from tests.console.browsing import needs_browser
from zhiyin.accounts.models import Department
from zhiyin.accounts.roles import Role

pytestmark = needs_browser
PICTURES = Path(__file__).parents[3] / "docs" / "screens"


@pytest.fixture
def page(
    browser: Browser, live_server: LiveServer, provider: Provider, settings: LazySettings
) -> Page:
    settings.PUBLIC_URL = live_server.url
    context = browser.new_context(ignore_https_errors=True, locale="en-GB")
    opened = context.new_page()
    opened.goto(f"{live_server.url}/account/login/?next=/account/")
    return opened


def test_a_colleague_signs_in_and_out_with_the_companys_account(
    page: Page, provider: Provider, live_server: LiveServer
) -> None:
    allow(create_users=True, domains=("example.com",), default_roles=(Role.SALES,))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.get_by_role("button", name="高山集团").click()
    page.wait_for_url(f"{provider.issuer}/authorize*")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{live_server.url}/account/")
    assert "lin@example.com" in page.content()
    page.wait_for_load_state("networkidle")  # a late fragment would lead to the sign-in first
    page.locator("form[action='/account/logout/'] button:visible").first.click()
    page.wait_for_url(f"{live_server.url}/account/login/")
    assert provider.ended == 1
    page.goto(f"{live_server.url}/account/")
    assert "/account/login/" in page.url
    assert not [one for one in said if "Content Security Policy" in one]
    page.context.close()


def test_who_has_no_account_is_told_so_on_the_sign_in_page(
    page: Page, provider: Provider, live_server: LiveServer
) -> None:
    page.get_by_role("button", name="高山集团").click()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{live_server.url}/account/login/")
    assert "no account here" in page.content()
    page.context.close()


@pytest.mark.skipif(not os.environ.get("ZHIYIN_SCREENS"), reason="python -m tests.browser.pictures")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pictures(
    browser: Browser, live_server: LiveServer, provider: Provider, language: str
) -> None:
    from tests.console.browsing import enter
    from tests.console.test_screens import SIZES, turn

    boss = allow(
        link_by_email=True, create_users=True, domains=("example.com",),
        roles=(("crm-sales", Role.SALES), ("crm-boss", Role.MANAGER)),
        departments=(("North", _department()),),
    )  # fmt: skip
    visit = enter(browser, live_server, language=language, user=boss)
    out = browser.new_context(locale="zh-CN" if language == "zh-hans" else "en-GB")
    entrance = out.new_page()
    entrance.goto(f"{live_server.url}/account/login/")
    shown = visit.go("/account/company/")
    shown.locator("[action='/account/company/test/'] button").click()
    shown.wait_for_load_state("networkidle")
    for name, one in (("sign-in", entrance), ("company-sign-in", shown)):
        for width, theme in SIZES:
            turn(one, width, theme)
            path = PICTURES / f"{name}.{language[:2]}.{theme}.{width}.png"
            one.screenshot(path=path, full_page=True)
    out.close()
    visit.context.close()


def _department() -> Department:
    return factories.department("North", name_zh="华北")
