"""Files, comments and the bell in a real browser, under the strict policy, read by axe."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import enter, needs_browser
from tests.files.desk import Desk
from zhiyin.customers.notices import TRAINED
from zhiyin.files.models import File
from zhiyin.talk.emitting import notify
from zhiyin.talk.models import Comment

pytestmark = needs_browser


@pytest.mark.parametrize(("width", "theme"), [(1440, "dark"), (390, "light")])
def test_a_colleague_attaches_calls_and_is_told(
    browser: Browser, live_server: LiveServer, settings: LazySettings, tmp_path: Path,
    width: int, theme: str,
) -> None:  # fmt: skip
    settings.FILES_STORE = str(tmp_path)
    settings.MAX_FILE_BYTES = 1000
    desk = Desk()
    desk.colleague.name = "何嘉怡"
    desk.colleague.save()
    notify([desk.owner], TRAINED, customers=3)
    visit = enter(browser, live_server, width=width, theme=theme, language="en", user=desk.owner)
    page = visit.go(f"/customers/{desk.customer.pk}/?tab=files")
    page.set_input_files(
        "#file-input",
        [{"name": "a.txt", "mimeType": "text/html", "buffer": b"<b>hello</b>"},
         {"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * 2000}],
    )  # fmt: skip
    expect(page.locator(".zy-filelist > li")).to_have_count(1)
    expect(page.locator("[data-uploads] .failed")).to_contain_text("not uploaded")
    page.click("text=a.txt")
    expect(page.locator("dialog[open] .zy-note, dialog[open] .acts").first).to_be_visible()
    page.locator("dialog[open] button", has_text="Close").click()
    assert visit.axe() == []
    assert File.objects.get().content.kind == "text"

    visit.go(f"/customers/{desk.customer.pk}/?tab=comments")
    page.locator("#comment-new").press_sequentially("call @hjy")
    expect(page.locator("#whom-new [role=option]")).to_have_count(1)
    assert visit.axe() == []
    page.keyboard.press("Enter")
    expect(page.locator("#comment-new")).to_have_value("call @何嘉怡 ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".zy-comments .called")).to_have_text("@何嘉怡")
    assert Comment.objects.get().mentions == [desk.colleague.pk]

    expect(page.locator(".zy-bellcount b")).to_have_text("1")
    page.click(".zy-bell summary")
    expect(page.locator(".zy-notices .new")).to_have_count(1)
    assert visit.axe() == []
    page.click("text=Mark all as read")
    expect(page.locator(".zy-bellcount b")).to_have_count(0)
    visit.go("/account/notifications/")
    expect(page.locator("[data-on]")).to_be_visible()
    scope = "navigator.serviceWorker.register('/worker.js', {scope: '/'}).then(r => r.scope)"
    assert page.evaluate(scope) == f"{live_server.url}/"
    assert visit.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert visit.complaints == []
    visit.context.close()
