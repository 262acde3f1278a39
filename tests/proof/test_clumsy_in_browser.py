"""People in a hurry, in a real browser: two presses, a step back, two tabs, a session that ends."""

from __future__ import annotations

import re
import time

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests import factories
from tests.console.browsing import enter, needs_browser
from zhiyin.accounts.models.sign_in import Session
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, Note
from zhiyin.talk.models import Comment

pytestmark = [*needs_browser, pytest.mark.slow]
LONG = "She asked for the blue one, twice; call her after the fair."


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes its time for what is sent to it."""
    answer = WSGIHandler.get_response

    def late(self: WSGIHandler, request: HttpRequest) -> HttpResponseBase:
        if request.method == "POST":
            time.sleep(0.5)
        return answer(self, request)

    monkeypatch.setattr(WSGIHandler, "get_response", late)


def typed(page: Page, field: str, text: str) -> Locator:
    """Type into the form of a page, out of its dialog if need be; its button."""
    page.wait_for_load_state("networkidle")  # nothing is drawn anew under the fingers
    opens = page.locator('[data-opens="new-note"] >> visible=true')
    if field == "text" and opens.count():
        opens.first.click()
    form = page.locator(f'form[method="post"]:has([name="{field}"]) >> visible=true').last
    form.locator(f'[name="{field}"]').first.fill(text)
    return form.locator("button.btn-primary, button[type=submit], button:not([type])").last


def test_two_presses_on_a_slow_server_make_one_thing(
    browser: Browser, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch)
    person = Customer.objects.create(name="Ann")
    found = enter(browser, live_server, language="en")
    for address, field in (
        ("/customers/new", "name"),
        ("/companies/new", "name"),
        (f"/customers/{person.pk}/", "text"),
        (f"/comments/of/customer/{person.pk}/", "text"),
    ):
        page = found.go(address)
        box = typed(page, field, LONG[:40]).bounding_box()
        assert box is not None
        for _ in range(3):  # the raw mouse: nothing waits for the page
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_timeout(120)
        page.wait_for_timeout(1500)
    made = {
        "customers": Customer.objects.exclude(pk=person.pk).count(),
        "companies": Company.objects.count(),
        "texts": Note.objects.count() + Comment.objects.count(),
    }
    assert made == {"customers": 1, "companies": 1, "texts": 2}
    found.context.close()


def test_a_step_back_after_saving_sends_nothing_again(
    browser: Browser, live_server: LiveServer
) -> None:
    found = enter(browser, live_server, language="en")
    page = found.go("/companies/new")
    page.locator('[name="name"]').first.fill("Acme")
    page.locator("form.record-form button.btn-primary").click()
    page.wait_for_url("**/companies/*/")
    page.go_back()
    page.reload()
    page.go_forward()
    assert Company.objects.count() == 1
    page.go_back()
    page.locator('[name="name"]').first.fill("Second")  # and the form can still be sent
    page.locator("form.record-form button.btn-primary").click()
    page.wait_for_url("**/companies/*/")
    assert Company.objects.count() == 2
    found.context.close()


def test_two_tabs_on_one_record_show_both_and_lose_none(
    browser: Browser, live_server: LiveServer
) -> None:
    firm = Company.objects.create(name="Acme", city="Bath")
    found = enter(browser, live_server, language="en")
    first, second = found.page, found.context.new_page()
    for page in (first, second):
        page.goto(f"{found.url}/companies/{firm.pk}/edit")
    for page, city in ((first, "York"), (second, "Leeds")):
        page.locator("#edit-city").fill(city)
        page.locator("form.record-form button.btn-primary").click()
        page.wait_for_load_state("networkidle")
    firm.refresh_from_db()
    assert firm.city == "York"
    expect(second.locator("body")).to_contain_text("York")
    assert "Leeds" in second.content()
    found.context.close()


@pytest.mark.parametrize(
    ("address", "field"),
    [("/customers/new", "name"), ("/customers/{}/", "text"), ("/companies/new", "name")],
)
@pytest.mark.parametrize("quick", [False, True], ids=["by hand", "at once"])
def test_what_was_sent_into_an_ended_session_is_there_after_signing_in(
    browser: Browser, live_server: LiveServer, address: str, field: str, quick: bool
) -> None:
    person = Customer.objects.create(name="Ann")
    user = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)
    found = enter(browser, live_server, language="en", user=user)
    page = found.go(address.format(person.pk))
    button = typed(page, field, LONG)
    if quick:  # a password manager signs in before the page's own scripts have run
        page.route(re.compile(r"/drafts[^/]*\.js"), _not_on_the_sign_in)
    Session.objects.all().delete()
    button.click()
    page.locator('[name="login"]').fill(user.email)
    page.locator('[name="password"]').fill(factories.PASSWORD)
    page.locator('[name="password"]').press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    expect(page.locator(f'form[method="post"] [name="{field}"]').last).to_have_value(LONG)
    found.context.close()


def _not_on_the_sign_in(route: Route) -> None:
    if "login" in route.request.frame.url:
        route.abort()
    else:
        route.continue_()
