"""What Chromium sees of list, record and dashboard: when they are there, how soon they answer, how
still they stand, and how much they weigh.

    python -m benchmarks.vitals --data /some/folder

Runs against the server and the workspace of `benchmarks.screens`. LCP, CLS and INP are read from
PerformanceObserver as Chromium reports them; INP is the longest of the interactions that were
really made, by mouse and by key, from the input to the next frame. Each page is opened in a browser
without a cache, then again with one. Weights are bytes as they went over the network (gzip), of the
first page with everything that it needs, and of later ones. The server and the browser share the
machine.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.figures import figure
from benchmarks.serving import Server, filled, on_workspace, signed_in

TIMES = 5
TARGETS = {"lcp": 1500.0, "inp": 100.0, "cls": 0.05, "first": 350.0, "later": 60.0}
_OBSERVE = """
window.vitals = {lcp: 0, cls: 0, inp: 0};
const watch = (type, seen, more) => new PerformanceObserver((list) => list.getEntries()
  .forEach(seen)).observe({type, buffered: true, ...more});
watch('largest-contentful-paint', (one) => { vitals.lcp = one.startTime; });
watch('layout-shift', (one) => { if (!one.hadRecentInput) vitals.cls += one.value; });
watch('event', (one) => { if (one.interactionId) vitals.inp = Math.max(vitals.inp, one.duration); },
  {durationThreshold: 16});
"""


def _walk_list(page: Page) -> None:
    """Down the rows, tick one, look for something in the palette."""
    for key in ("j", "j", "x", "x"):
        page.keyboard.press(key)
    _find(page)


def _walk_record(page: Page) -> None:
    """Over the tabs of the record, then the palette."""
    tabs = page.locator("a[href*='tab=']")
    if tabs.count() > 1:
        tabs.nth(1).hover()
    _find(page)


def _find(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("ljs", delay=60)
    page.wait_for_timeout(400)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.mouse.click(700, 20)
    page.wait_for_timeout(200)


def _opened(browser: Browser, origin: str, cookie: str) -> BrowserContext:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    name, _, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": origin}])
    context.add_init_script(_OBSERVE)
    return context


def _visit(
    context: BrowserContext, address: str, act: Callable[[Page], None]
) -> tuple[dict[str, float], float]:
    """The vitals of one visit, and kB over the network until the page was quiet."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    weights: list[float] = []
    wire.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        raise SystemExit(f"{answer.status if answer else 'no'} answer from {address}")
    page.wait_for_timeout(800)
    weight = sum(weights) / 1000
    act(page)
    found: dict[str, float] = page.evaluate("vitals")
    page.close()
    return found, weight


def measure(data: Path, customers: int) -> None:
    """Visit each page anew and again; print a figure for each vital."""
    from zhiyin.cli.serve import free_port

    with filled(data, customers):
        from zhiyin.customers.models import Customer

        person = Customer.objects.order_by("-revenue", "id")[0].pk
        pages: dict[str, tuple[str, Callable[[Page], None]]] = {
            "list": ("/customers/", _walk_list),
            "record": (f"/customers/{person}/", _walk_record),
            "dashboard": ("/dashboard", _find),
        }
        cookie, port = signed_in(), free_port("127.0.0.1", 8760)
        origin = f"http://127.0.0.1:{port}"
        with Server(port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
                args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
            )
            for name, (path, act) in pages.items():
                _measure_page(browser, origin, cookie, name, path, act, customers)
            browser.close()


def _measure_page(
    browser: Browser, origin: str, cookie: str, name: str, path: str,
    act: Callable[[Page], None], customers: int,
) -> None:  # fmt: skip
    seen: dict[str, list[float]] = {key: [] for key in TARGETS}
    for _ in range(TIMES):
        context = _opened(browser, origin, cookie)
        vitals, weight = _visit(context, f"{origin}{path}", act)
        seen["first"].append(weight)
        seen["later"].append(_visit(context, f"{origin}{path}", act)[1])
        for key, value in vitals.items():
            seen[key].append(value)
        context.close()
    units = {"lcp": "ms", "inp": "ms", "cls": "", "first": "kB", "later": "kB"}
    for key, values in seen.items():
        note = f"median of {TIMES}, worst {max(values):.4g}, target below {TARGETS[key]:g}"
        figure(
            f"vitals.{name}.{key}", statistics.median(values), units[key], n=customers, note=note
        )


if __name__ == "__main__":
    on_workspace(measure, quick=100_000)
