"""Our own browser library in a real Chromium, on a page of another origin than ours."""

from __future__ import annotations

import gzip
import http.server
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.collect import sdk
from tests.collect.sdk import Sender
from zhiyin.collect.models import Event, Received
from zhiyin.collect.pump.turning import turn
from zhiyin.customers.models import Customer

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
pytestmark = pytest.mark.django_db(transaction=True)
in_a_browser = pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
Do = Callable[[BrowserContext, str], Any]
_PAGE = """<!doctype html><title>A shop</title>
<script>
window.zhiyin = window.zhiyin || function () {{ (zhiyin.q = zhiyin.q || []).push(arguments) }}
</script><script async src="http://127.0.0.1:{port}/v1/zhiyin.js" data-key="{key}" {more}></script>
<script>zhiyin("track", "Came", {{ n: 1 }})</script>"""


@pytest.fixture
def sender(transactional_db: None) -> Iterator[Sender]:
    key = sdk.source()
    with sdk.listening() as port:
        yield Sender(port, key.key)


@contextmanager
def shop(sender: Sender, more: str) -> Iterator[str]:
    """A page with our library on it."""
    shown = _PAGE.format(port=sender.port, key=sender.key, more=more).encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(shown)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def visited(sender: Sender, do: Do, more: str = "") -> Any:
    """Do something in a browser, in a thread of its own, where Playwright's loop stays."""

    def visit() -> Any:
        with shop(sender, more) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            try:
                return do(browser.new_context(), address)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as alone:
        return alone.submit(visit).result()


def _opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => typeof zhiyin.flush === 'function'")
    return page


def _sent(page: Page) -> None:
    page.evaluate("zhiyin.flush()")
    page.wait_for_timeout(300)


def told() -> list[dict[str, Any]]:
    """Every message in the inbox, in its order."""
    found = []
    for body in Received.objects.order_by("id").values_list("body", flat=True):
        found += json.loads(bytes(body))["batch"]
    return found


def test_it_weighs_less_than_3_kb(sender: Sender) -> None:
    answer = sender.send("/v1/zhiyin.js", b"", method="GET", key="", Accept_Encoding="gzip")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(answer.body) < 3_000
    plain = sender.send("/v1/zhiyin.js", b"", method="GET", key="")
    assert gzip.decompress(answer.body) == plain.body


@in_a_browser
def test_pages_calls_and_the_person_arrive_from_a_page(sender: Sender) -> None:
    def do(context: BrowserContext, address: str) -> None:
        page = _opened(context, f"{address}tea?utm_source=mail&utm_campaign=spring")
        page.evaluate("history.pushState({}, '', '/cup')")
        page.evaluate("zhiyin('identify', 1001, { name: '王小明' })")
        page.wait_for_timeout(100)
        _sent(page)

    visited(sender, do)
    turn(range(16))
    assert sorted(Event.objects.values_list("name", flat=True)) == [
        "Came", "Page Viewed", "Page Viewed", "Profile Updated",
    ]  # fmt: skip
    assert Customer.objects.get().name == "王小明"
    assert {one.customer_id for one in Event.objects.all()} == {Customer.objects.get().pk}
    came = Event.objects.get(name="Came")
    assert came.context is not None
    assert came.context["campaign"] == {"source": "mail", "name": "spring"}
    assert came.context["page"]["path"] == "/tea"


@in_a_browser
def test_what_was_done_without_a_network_arrives_later_and_once(sender: Sender) -> None:
    def do(context: BrowserContext, address: str) -> None:
        page = _opened(context, address)
        _sent(page)
        context.set_offline(True)
        for n in range(120):
            page.evaluate(f"zhiyin('track', 'Offline', {{ n: {n} }})")
        _sent(page)
        page.close()  # the queue outlives its page
        context.set_offline(False)
        page = _opened(context, address)
        for _ in range(4):
            _sent(page)

    visited(sender, do)
    turn(range(16))
    found = Event.objects.filter(name="Offline").values_list("properties__n", flat=True)
    assert sorted(found) == list(range(120))


@in_a_browser
def test_nothing_is_stored_or_sent_before_consent_and_forgotten_after_a_no(sender: Sender) -> None:
    def do(context: BrowserContext, address: str) -> list[Any]:
        page = _opened(context, address)
        _sent(page)
        stored = [page.evaluate("localStorage.length")]
        page.evaluate("zhiyin('consent', { analytics: true })")
        _sent(page)
        stored.append(page.evaluate("localStorage.getItem('zhiyin.who') !== null"))
        page.evaluate("zhiyin('consent', { analytics: false })")
        page.evaluate("zhiyin('track', 'Never')")
        _sent(page)
        stored.append(page.evaluate("localStorage.getItem('zhiyin.who')"))
        return stored

    assert visited(sender, do, 'data-consent="required" data-pages="manual"') == [0, True, None]
    assert [(one["event"], one["context"].get("consent")) for one in told()] == [("Came", None)]


@in_a_browser
def test_a_browser_that_asks_for_privacy_is_left_alone(sender: Sender) -> None:
    def do(context: BrowserContext, address: str) -> None:
        context.add_init_script(
            "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })"
        )
        _sent(_opened(context, address))

    visited(sender, do)
    assert told() == []


@in_a_browser
def test_a_key_that_is_not_taken_is_not_tried_for_ever(sender: Sender) -> None:
    def do(context: BrowserContext, address: str) -> int:
        page = _opened(context, address)
        _sent(page)
        return page.evaluate(
            "Object.keys(localStorage).filter(n => n.startsWith('zhiyin.queue')).length"
        )

    assert visited(Sender(sender.port, "wrong"), do) == 0
