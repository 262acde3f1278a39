"""The palette in a real browser: who types quickly gets the last answer, and hears how many."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import enter, needs_browser
from tests.customers import people

pytestmark = needs_browser


def test_who_types_quickly_gets_the_last_answer_and_enter_opens_it(
    browser: Browser, live_server: LiveServer
) -> None:
    wanted = people.customer("林静姝")
    people.customer("李白")
    found = enter(browser, live_server)
    page = found.go("/console/components")
    asked: list[str] = []

    def slow_at_first(route: Route) -> None:
        asked.append(route.request.url.partition("q=")[2])
        if asked[-1] == "l":
            time.sleep(0.8)  # the answer to the first letter comes after all others
        route.continue_()

    page.route("**/console/palette*", slow_at_first)
    page.keyboard.press("Control+k")
    box = page.locator("#palette input")
    box.press("l")
    page.wait_for_timeout(150)  # long enough for the letter alone to be asked
    page.keyboard.type("js", delay=15)
    page.keyboard.press("Enter")  # before the answer is there
    page.wait_for_url(f"**/customers/{wanted.pk}/")
    assert "js" not in [one.removeprefix("l") for one in asked[:1]]
    assert "lj" not in asked, "a letter followed at once by another is not asked"
    found.context.close()


def test_the_list_is_walked_by_keys_and_told_to_who_cannot_see(
    browser: Browser, live_server: LiveServer
) -> None:
    for name in ("林静姝", "林静书"):
        people.customer(name)
    found = enter(browser, live_server, language="en")
    page = found.go("/console/components")
    page.keyboard.press("Control+k")
    box = page.locator("#palette input")
    expect(box).to_be_focused()
    page.keyboard.type("ljs")
    expect(page.locator("#palette [role=status]")).to_have_text("2 results")
    options = page.locator("#palette [role=option]")
    expect(options).to_have_count(2)
    for key, at in (("ArrowDown", 1), ("ArrowDown", 0), ("ArrowUp", 1)):
        page.keyboard.press(key)
        expect(options.nth(at)).to_have_attribute("aria-selected", "true")
        expect(box).to_have_attribute("aria-activedescendant", options.nth(at).get_attribute("id"))
    assert box.get_attribute("aria-expanded") == "true"
    assert found.axe() == []
    page.keyboard.type("zzz")
    expect(page.locator("#palette [role=status]")).to_have_text("Nothing found")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".zy-palette-none")).to_contain_text("its pinyin or initials")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert found.complaints == []
    found.context.close()
