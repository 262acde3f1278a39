"""Each kind of connection, set up on its screens by somebody in a browser until its rows are in.

The servers are real ones on loopback. With ZHIYIN_LOOK set to a folder, each screen is photographed
there in both languages and themes, on a desk and on a phone.
"""

from __future__ import annotations

import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Product, running, sign_in
from tests.collect.connections import senders, servers
from tests.collect.connections.others import HEADER, put
from tests.collect.connections.test_feeds import item, rss
from tests.collect.connections.test_mailboxes import mail
from tests.console.looking import DRAWN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = 120_000  # ms
LOOK = os.environ.get("ZHIYIN_LOOK", "")
NOTED = HEADER + ",备注\n{0},2026-03-01 10:00,TEA-1,正山小种,2,88.00,C{0},x\n"
ROWS = HEADER + "\n{0},2026-03-01 10:00,TEA-1,正山小种,2,88.00,C{0}\n"


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One workspace for the file; every test makes a source of its own."""
    folder = tmp_path_factory.mktemp("product")
    opened = {
        "ZHIYIN_SOURCE_HOSTS": "127.0.0.1",
        "ZHIYIN_EGRESS_ALLOW": ",".join(f"http://127.0.0.1:{port}" for port in PORTS),
    }
    with running(folder, **opened) as made:
        yield made


PORTS = [servers.free_port() for _ in range(4)]  # for servers that are asked by HTTP


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """Somebody who looks after sources, signed in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, product)
    page.goto(product.url + "/")
    if page.locator("html").get_attribute("lang") != "en":
        page.locator("form[action='/console/language'] button").first.click()
        page.wait_for_load_state("networkidle")
    yield page
    context.close()
    assert complaints == []


class Screens:
    """The walk that is the same for every kind."""

    def __init__(self, page: Page, product: Product, name: str) -> None:
        self.page, self.product, self.name = page, product, name

    def choose(self, kind: str) -> None:
        """A new source, and the kind of connection on the screen where they stand."""
        page = self.page
        page.goto(self.product.url + "/data/sources/new/")
        page.fill("input[name=name_zh]", f"来源 {self.name}")
        page.fill("input[name=name_en]", f"Source {self.name}")
        page.fill("input[name=key]", self.name)
        page.get_by_role("button", name="Create the source").click()
        page.get_by_role("link", name="New connection").click()
        self.look("kinds")
        page.locator(f".co-kinds a[href$='/new/{kind}/']").click()
        page.fill("input[name=name]", f"{self.name} of the shop")

    def fill(self, **fields: str | int) -> None:
        """Fields of the form, by their names."""
        for name, value in fields.items():
            field = self.page.locator(f"[name={name}]")
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(str(value))
            else:
                field.fill(str(value))

    def test(self, sees: str) -> None:
        """The test button; nothing is kept yet."""
        self.page.get_by_role("button", name="Test", exact=True).click()
        expect(self.page.locator("main")).to_contain_text(sees)
        self.look("tested")

    def create(self) -> None:
        """Keep it; its page follows."""
        self.page.get_by_role("button", name="Create the connection").click()
        self.page.wait_for_url(re.compile(r"/data/sources/connections/[0-9a-f-]+/$"))

    def wait_for(self, text: str) -> None:
        """Read the page again until the worker has done it."""
        for _ in range(LONG // 500):
            if text in self.page.locator("main").inner_text():
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        pytest.fail(f"{text} never came: {self.page.locator('main').inner_text()[-800:]}")

    def map(self) -> None:
        """Map what waits as it was detected, after a test on the first rows, and load it."""
        page, here = self.page, self.page.url
        self.wait_for("Columns to be mapped")
        self.look("waits")
        page.get_by_role("link", name="Map its columns").first.click()
        page.get_by_role("button", name="Test on 100 rows").click()
        expect(page.locator("#trial")).to_contain_text("would come in")
        self.look("mapping")
        page.locator("button[form=mapping].btn-primary").click()
        page.wait_for_selector("form[action$='/load/'] button", timeout=LONG)
        page.locator("form[action$='/load/'] button").first.click()
        page.wait_for_selector("a[href$='/undo/'], [data-dialog][href*='undo']", timeout=LONG)
        page.goto(here)

    def read_now(self) -> None:
        """Ask for a reading beside the schedule."""
        self.page.get_by_role("button", name="Read now").click()
        self.page.wait_for_load_state("networkidle")

    def loaded_runs(self, count: int) -> None:
        """Wait until that many runs brought rows."""
        for _ in range(LONG // 500):
            if self.page.locator("main tbody .good, main tbody .zy-badge.good").count() >= count:
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        pytest.fail(f"no {count} runs: {self.page.locator('main').inner_text()[-800:]}")

    def look(self, name: str) -> None:
        """It fits a phone; where asked for, it is photographed."""
        page = self.page
        page.set_viewport_size({"width": 390, "height": 844})
        page.evaluate(DRAWN)
        width = page.evaluate("document.documentElement.scrollWidth")
        if LOOK:
            self._shoot(f"{name}.390.light")
        page.set_viewport_size({"width": 1440, "height": 900})
        assert width <= 390, f"{self.name} {name} is {width} px wide on a phone"
        if LOOK:
            for theme in ("dark", "light"):
                page.evaluate("t => document.documentElement.dataset.bsTheme = t", theme)
                page.wait_for_timeout(200)
                self._shoot(f"{name}.1440.{theme}")

    def _shoot(self, name: str) -> None:
        Path(LOOK).mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=Path(LOOK) / f"{self.name}.{name}.png", full_page=True)


def test_a_bucket(page: Page, product: Product) -> None:
    with servers.bucket() as bucket:
        bucket.put("shop/orders-1.csv", ROWS.format(1))
        walk = Screens(page, product, "bucket")
        walk.choose("bucket")
        walk.fill(endpoint=bucket.endpoint, bucket=bucket.name, folder="shop", access_key="id",
                  secret="key", pattern="*.csv")  # fmt: skip
        walk.page.wait_for_timeout(10_500)  # a file that is younger is still being written
        walk.test("1 file would be taken in.")
        walk.fill(secret="key")
        walk.create()
        walk.map()
        bucket.put("shop/orders-2.csv", ROWS.format(2))
        walk.page.wait_for_timeout(10_500)
        walk.read_now()
        walk.loaded_runs(2)
        walk.look("runs")


def test_an_sftp_server(page: Page, product: Product, tmp_path: Path) -> None:
    put(tmp_path, "orders-1.csv", NOTED.format(11), age_s=120)
    with servers.sftp(tmp_path) as server:
        walk = Screens(page, product, "sftp")
        walk.choose("sftp")
        walk.fill(host="127.0.0.1", port=server.port, user=servers.USER, pattern="*.csv")
        walk.test(server.fingerprint)  # the server's key, before anything is sent to it
        walk.fill(fingerprint=server.fingerprint, secret=servers.PASSWORD)
        walk.test("1 file would be taken in.")
        walk.fill(secret=servers.PASSWORD)
        walk.create()
        walk.map()
        put(tmp_path, "orders-2.csv", NOTED.format(12))
        walk.read_now()
        walk.loaded_runs(2)
        assert server.tried == [servers.PASSWORD] * len(server.tried)


def test_a_rest_api(page: Page, product: Product) -> None:
    orders = [senders.order(31, updated_at="2026-03-01T10:00:00Z", shop="api")]
    with servers.api(lambda path, headers: servers.Answered({"data": orders}), PORTS[0]) as api:
        walk = Screens(page, product, "api")
        walk.choose("api")
        walk.fill(url=f"{api.url}/orders", auth="header", auth_name="X-Key", secret="t0ken",
                  since_field="updated_at")  # fmt: skip
        walk.test("1 row on the first page.")
        walk.fill(secret="t0ken")
        walk.create()
        walk.map()
        orders.append(senders.order(32, updated_at="2026-03-02T10:00:00Z", shop="api"))
        walk.read_now()
        walk.loaded_runs(2)
        assert {headers["x-key"] for _, headers in api.asked} == {"t0ken"}


def test_beacons(page: Page, product: Product) -> None:
    with servers.broker() as broker:
        walk = Screens(page, product, "beacons")
        walk.choose("devices")
        walk.fill(host="127.0.0.1", port=broker.port, topics="shop/#")
        walk.test("Connected; 0 messages in 3 seconds.")
        walk.create()
        page.wait_for_timeout(6_000)  # until the worker listens
        broker.publish("shop/1", {"device": "tag-1", "zone": "tea", "rssi": -60})
        walk.wait_for("shop/1")
        walk.read_now()
        walk.loaded_runs(1)
        walk.look("page")


def test_a_mailbox(page: Page, product: Product) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="zhiyin-imap-") as root,
        servers.mails(Path(root)) as box,
    ):
        box.put(mail(1))
        walk = Screens(page, product, "mailbox")
        walk.choose("mailbox")
        walk.fill(host="127.0.0.1", port=box.port, user="service@shop.example",
                  secret=servers.PASSWORD)  # fmt: skip
        page.uncheck("input[name=tls]")
        walk.test("1 mail in the folder.")
        walk.fill(secret=servers.PASSWORD)
        walk.create()
        walk.loaded_runs(1)


def test_a_feed(page: Page, product: Product) -> None:
    with servers.api(lambda path, headers: servers.Answered(rss(item(1))), PORTS[1]) as forum:
        walk = Screens(page, product, "feed")
        walk.choose("feed")
        walk.fill(url=f"{forum.url}/feed")
        walk.test("1 entry would be taken in.")
        walk.create()
        walk.loaded_runs(1)


def test_a_webhook(page: Page, product: Product) -> None:
    walk = Screens(page, product, "webhook")
    walk.choose("webhook")
    walk.fill(signed="path")
    walk.look("form")
    page.get_by_role("button", name="Create the connection").click()
    address = page.locator("#hook-address").inner_text()
    walk.look("secret")
    page.get_by_role("link", name="I have copied it").click()
    assert _sent(address.rpartition("/")[0] + "/wrong", senders.order(21)) == 401
    assert _sent(address, senders.order(21)) == 200
    walk.read_now()
    walk.map()
    walk.look("page")
    _sent(address, senders.order(22))
    walk.read_now()
    walk.loaded_runs(1)
    page.get_by_role("link", name="version 1").click()
    expect(page.locator("main")).to_contain_text("in use")
    walk.look("versions")


def _sent(address: str, told: object) -> int:
    """Send something from outside; the status of the answer."""
    import json

    request = urllib.request.Request(
        address, json.dumps(told).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
