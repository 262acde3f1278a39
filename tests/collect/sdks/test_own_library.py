"""Our own browser library, tried as hard as the others: calls of every type it has, through a
tracking API that is killed with -9 and started again, and a page that is left and opened again.
Each call is here once, everybody is known.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.collect import processes, sdk
from tests.collect.processes import Api, until
from tests.collect.sdks.test_browser import CHROMIUM
from tests.collect.tracking.test_library import shop
from zhiyin.collect.models import Event, Received, SetAside, WriteKey
from zhiyin.customers.models import Customer

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium"),
]  # fmt: skip
VISITORS = 4
KINDS = {"track": "Product Viewed", "page": "Page Viewed", "group": "Group Identified",
         "identify": "Profile Updated"}  # fmt: skip
# Each visitor is a stranger for two calls, says who they are in the third, and goes on with every
# type in turn.
_VISIT = """async ([first, last, user]) => {
  const all = ["track", "page", "group", "identify"];
  const waiting = () => Object.keys(localStorage).filter((one) => one.startsWith("zhiyin.queue."))
    .reduce((sum, one) => sum + JSON.parse(localStorage[one]).length, 0);
  const rest = (ms) => new Promise((then) => setTimeout(then, ms));
  zhiyin.reset();
  for (let n = first; n < last; n++) {
    const step = n - first, kind = step < 2 ? all[step] : step === 2 ? "identify" : all[step % 4];
    if (kind === "track") zhiyin("track", "Product Viewed", { n });
    else if (kind === "page") zhiyin("page", "Home", { n });
    else if (kind === "group") zhiyin("group", `group-${n % 7}`, { n });
    else zhiyin("identify", user, { n });
    if (step % 10 === 9) { await zhiyin.flush(); await rest(40); }
    while (waiting() > 300) await rest(50); // the library keeps the newest 500
  }
}"""


@pytest.fixture
def key(transactional_db: None) -> WriteKey:
    return sdk.source(kind=sdk.Source.Kind.SHOP)


@pytest.fixture
def api(key: WriteKey, tmp_path: Path) -> Iterator[Api]:
    with Api(tmp_path / "api.log") as api, processes.pump(tmp_path / "pump.log"):
        yield api


def in_chromium(api: Api, key: WriteKey, do: Callable[[BrowserContext, str], Any]) -> None:
    """Do something on the shop's page, in a thread of its own: Playwright's loop stays there."""

    def visit() -> None:
        sender = sdk.Sender(api.port, key.key)
        more = 'data-pages="manual"'
        with shop(sender, more) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            try:
                do(browser.new_context(), address)
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as alone:
        alone.submit(visit).result()


def opened(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("window.zhiyin && window.zhiyin.flush")
    return page


def _calls(
    context: BrowserContext, address: str, *, api: Api, calls: int, kills: int, expected: int
) -> None:
    each = calls // VISITORS
    killing = threading.Thread(target=_kill, args=(api, kills))
    page = opened(context, address)
    for visitor in range(VISITORS):
        page.evaluate(_VISIT, [visitor * each, (visitor + 1) * each, f"user-{visitor}"])
        if visitor == 0:
            killing.start()
        if visitor == 1:  # left with what is not sent yet, and opened again
            page.close()
            _served(api)
            page = opened(context, address)
    killing.join()
    deadline = time.monotonic() + 90
    while _elsewhere(_arrived) < expected and time.monotonic() < deadline:
        page.evaluate("zhiyin.flush()")
        time.sleep(0.3)


def _served(api: Api) -> None:
    """The page's script comes from the tracking API, which may be away right now."""
    until(lambda: processes.reachable(api.port), "the tracking API does not listen")


def _kill(api: Api, times: int) -> None:
    for _ in range(times):
        time.sleep(0.6)
        api.kill()
        time.sleep(0.1)
        api.start()


def _arrived() -> int:
    return Event.objects.count() if not Received.objects.exists() else 0


def _elsewhere(ask: Callable[[], int]) -> int:
    """Ask the database from a thread that has no event loop."""
    from django.db import connection

    def asked() -> int:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as alone:
        return alone.submit(asked).result()


@pytest.mark.parametrize(
    ("calls", "kills"),
    [pytest.param(240, 1, id="killed once"),
     pytest.param(1000, 5, id="killed often", marks=pytest.mark.soak)])  # fmt: skip
def test_calls_of_every_type_arrive_once(api: Api, key: WriteKey, calls: int, kills: int) -> None:
    came = 2  # the page says that somebody came, each time it is opened
    in_chromium(api, key, functools.partial(
        _calls, api=api, calls=calls, kills=kills, expected=calls + came))  # fmt: skip
    assert not SetAside.objects.exists()
    kinds = Counter(Event.objects.values_list("name", flat=True))
    assert kinds.pop("Came") == came
    assert set(kinds) == set(KINDS.values())
    told = Event.objects.exclude(name="Came").values_list("properties", "customer_id")
    numbers = {said.get("n", said.get("traits", {}).get("n")): customer for said, customer in told}
    assert sorted(numbers) == list(range(calls))
    assert kinds.total() == calls  # none twice
    people = dict(Customer.objects.values_list("pk", "number"))
    assert set(people.values()) == {f"user-{n}" for n in range(VISITORS)}
    each = calls // VISITORS
    assert {n: people.get(one) for n, one in numbers.items()} == {
        n: f"user-{n // each}" for n in range(calls)
    }
