"""analytics.js in a real browser, on a page of another origin than ours: every call is here once,
also when the tracking API was killed meanwhile, and the page may ask and be told to wait.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.collect import processes, sdk
from tests.collect.processes import Api, until
from tests.collect.sdks import packages
from tests.collect.sdks.calls import NAMES, waiting
from zhiyin.collect.models import Event, SetAside, WriteKey
from zhiyin.customers.models import Customer, Identifier

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium"),
]  # fmt: skip
VISITORS = 4
BATCHING = {
    "integrations": {
        "Segment.io": {
            "deliveryStrategy": {"strategy": "batching", "config": {"size": 10, "timeout": 300}}
        }
    }
}
Do = Callable[[Page], Any]


class _Files(http.server.SimpleHTTPRequestHandler):
    """The shop's web server: our page and the library's bundle."""

    def translate_path(self, path: str) -> str:
        umd = packages.HERE / "node_modules/@segment/analytics-next/dist/umd"
        return str(umd / path[5:] if path.startswith("/umd/") else packages.HERE / path[1:])

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


@contextmanager
def shop() -> Iterator[str]:
    """The address of the shop's page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/scripts/page.html"
        server.shutdown()


def in_chromium(do: Do) -> Any:
    """Do something on the shop's page.

    In a thread of its own: where Playwright's event loop is, Django refuses the database.
    """
    packages.modules()

    def visit() -> Any:
        with shop() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            try:
                page = browser.new_page()
                page.goto(address)
                return do(page)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as alone:
        return alone.submit(visit).result()


@pytest.fixture
def key(transactional_db: None) -> WriteKey:
    return sdk.source(kind=sdk.Source.Kind.SHOP)


@pytest.fixture
def api(key: WriteKey, tmp_path: Path) -> Iterator[Api]:
    with Api(tmp_path / "api.log") as api, processes.pump(tmp_path / "pump.log"):
        yield api


def _calls(page: Page, api: Api, key: str, calls: int, kills: int) -> None:
    """Four people after one another at one computer, each of whom signs out."""
    page.evaluate("([key, host]) => begin(key, host)", [key, f"http://127.0.0.1:{api.port}"])
    each = calls // VISITORS
    killing = threading.Thread(target=_kill, args=(api, kills))
    for visitor in range(VISITORS):
        page.evaluate("given => visit(...given)",
                      [visitor * each, (visitor + 1) * each, f"user-{visitor}", 3])  # fmt: skip
        if visitor == 0:
            killing.start()
        page.evaluate("analytics.reset()")
    killing.join()


def _kill(api: Api, times: int) -> None:
    for _ in range(times):
        time.sleep(0.6)
        api.kill()
        time.sleep(0.1)
        api.start()


@pytest.mark.parametrize(
    ("calls", "kills"),
    [pytest.param(400, 1, id="killed once"),
     pytest.param(1000, 5, id="killed often", marks=pytest.mark.soak)])  # fmt: skip
def test_calls_of_every_type_arrive_once(api: Api, key: WriteKey, calls: int, kills: int) -> None:
    in_chromium(functools.partial(_arrive, api=api, key=key, calls=calls, kills=kills))
    assert not SetAside.objects.exists()
    kinds = Counter(Event.objects.values_list("name", flat=True))
    assert set(kinds) == set(NAMES.values())
    numbers = [
        found for said in Event.objects.values_list("properties", flat=True)
        if (found := said.get("n", said.get("traits", {}).get("n"))) is not None
    ]  # fmt: skip
    olds = set(Identifier.objects.filter(value__startswith="old-").values_list("value", flat=True))
    assert kinds["Alias Created"] == len(olds)
    assert sorted([*numbers, *(int(old[4:]) for old in olds)]) == list(range(calls))
    people = dict(Customer.objects.values_list("number", "pk"))
    assert set(people) == {f"user-{n}" for n in range(VISITORS)}
    owners = Event.objects.values_list("customer_id", flat=True)
    assert Counter(owners) == dict.fromkeys(people.values(), calls // VISITORS)


def _arrive(page: Page, *, api: Api, key: WriteKey, calls: int, kills: int) -> None:
    _calls(page, api, key.key, calls, kills)
    until(lambda: _elsewhere(lambda: Event.objects.count() == calls), "not every call came", 90)


def _elsewhere(ask: Callable[[], Any]) -> Any:
    """Ask the database from a thread that has no event loop."""
    from django.db import connection

    def asked() -> Any:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as alone:
        return alone.submit(asked).result()


def test_the_alias_that_the_library_turns_on_itself_harms_nobody(api: Api, key: WriteKey) -> None:
    """`alias("u2", "u1")` after `identify("u1")` leaves the library as u1 → u1."""

    kinds: set[str] = set()

    def do(page: Page) -> list[str]:
        sent: list[str] = []

        def note(one: Request) -> None:
            if one.url.endswith("/v1/a") and one.method == "POST":
                sent.append(one.post_data or "")
                kinds.add(one.headers["content-type"])

        page.on("request", note)
        page.evaluate("([key, host]) => begin(key, host)",
                      [key.key, f"http://127.0.0.1:{api.port}"])  # fmt: skip
        page.evaluate("analytics.identify('u1')")
        with page.expect_response("**/v1/a"):
            page.evaluate("() => { analytics.alias('u2', 'u1') }")
        return sent

    (sent,) = in_chromium(do)
    assert kinds == {"text/plain"}
    assert '"userId":"u1"' in sent
    assert '"previousId":"u1"' in sent
    until(lambda: SetAside.objects.exists(), "the alias was not set aside")
    until(lambda: not waiting(key.source), "the pump does not come to its end")
    assert SetAside.objects.get().reason == "self_alias"
    assert list(Customer.objects.values_list("number", flat=True)) == ["u1"]


def test_calls_in_batches_arrive_too(api: Api, key: WriteKey) -> None:
    def do(page: Page) -> set[str]:
        paths: set[str] = set()
        page.on("request", lambda one: paths.add(one.url.rpartition("/v1/")[2]))
        page.evaluate("([key, host, more]) => begin(key, host, more)",
                      [key.key, f"http://127.0.0.1:{api.port}", BATCHING])  # fmt: skip
        page.evaluate("visit(0, 40, 'user-0', 1)")
        until(lambda: _elsewhere(lambda: Event.objects.count() == 40), "not every call came")
        return paths

    assert "b" in in_chromium(do)
    assert not SetAside.objects.exists()
    assert Customer.objects.get().number == "user-0"


def test_a_page_may_ask_first_with_a_count_of_its_tries_and_is_told_how_long_to_wait(
    key: WriteKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_TRACKING_MESSAGES_A_SECOND", "1")
    ask = """async ([url, key]) => {
        const told = [];
        for (let n = 0; n < 6; n++) {
          const answer = await fetch(url, {method: "post", body: JSON.stringify({
            type: "track", event: "x", userId: "u", messageId: `m${n}`, writeKey: key}),
            headers: {"Content-Type": "text/plain", "X-Retry-Count": "1",
                      "Authorization": "Basic " + btoa(key + ":")}});
          told.push([answer.status, answer.headers.get("Retry-After")]);
        }
        return told;
    }"""
    with Api(tmp_path / "api.log") as api:
        told = in_chromium(
            lambda page: page.evaluate(ask, [f"http://127.0.0.1:{api.port}/v1/t", key.key])
        )
    assert [200, None] in told
    assert [429, "1"] in told
