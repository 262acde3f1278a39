"""Hostile texts in everything that the company of the proofs holds, looked at in a real browser.

Every text that the world plants (names, notes, files, imports, comments, webhooks …) is a payload,
and every form found on a page is filled with one and sent. A hook notes whatever runs, every
dialog, every request to another host and every complaint of the browser's content policy, which an
injected handler causes even where the policy stops it. In `make test` one page of each kind of
the busiest rooms; in `make soak` all of them, and every form.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.console.browsing import Visit, enter, needs_browser
from tests.proof.canaries import Traps
from tests.proof.crawler import Crawler, door_of
from tests.proof.test_payloads import NEVER
from tests.proof.world import Company
from zhiyin.accounts.roles import Role

pytestmark = [*needs_browser, pytest.mark.slow]

PAYLOADS = [
    "<svg/onload=__pwned()>{}",
    '"><img src=x onerror=__pwned()>{}',
    "'onfocus=__pwned() autofocus='{}",
    "</script><script>__pwned()</script>{}",
    "</textarea></title><svg/onload=__pwned()>{}",
    "javascript:__pwned()//{}",
    "{{{{constructor.constructor('__pwned()')()}}}}{}",
    "<iframe src=//evil.example/>{}",
    "<a href=javascript:__pwned()>{}",
    "\u202e<b onclick=__pwned()>{}",
]
HOOK = """
window.__ran = [];
window.__pwned = () => window.__ran.push('ran: ' + location.pathname);
for (const name of ['alert', 'confirm', 'prompt']) {
  window[name] = text => { window.__ran.push(`${name}: ${location.pathname} ${text}`); };
}
addEventListener('securitypolicyviolation', event => window.__ran.push(
  `${event.violatedDirective}: ${location.pathname} ${event.blockedURI} ${event.sample}`));
"""
FILL = """
([at, text]) => {
  const form = document.forms[at];
  for (const one of form.elements) {
    const free = one.tagName === 'TEXTAREA' || ['text', 'search'].includes(one.type);
    if (free && !one.readOnly && !one.disabled) one.value = text;
  }
  HTMLFormElement.prototype.submit.call(form);
}
"""
FORMS = """
() => [...document.forms].map((form, at) => [at, form.getAttribute('action') || location.pathname,
  form.method === 'post' && [...form.elements].some(
    one => one.tagName === 'TEXTAREA' || one.type === 'text')])
"""
# What is looked at in every run; `make soak` looks at everything.
BUSIEST = {
    "customer", "customers", "company", "companies", "customer_access", "record_files",
    "record_comments", "import_columns", "message", "segment", "campaign", "webhook", "users",
    "custom_fields", "notices", "audit", "today", "import", "file", "new_customer", "new_company",
}  # fmt: skip
PRESSED_IN_EVERY_RUN = {"new_customer", "record_comments", "note_customer", "new_company"}
WHOLE = {"customer.name", "company.name", "note.text", "comment.text", "task.title",
         "campaign.name", "segment.name", "webhook.description", "share.reason"}  # fmt: skip
READ = """
() => document.body.textContent + '\\n'
  + [...document.querySelectorAll('input, textarea')].map(one => one.value).join('\\n')
"""


class Hostile(Traps):
    """Traps whose words are payloads around the canary."""

    def __init__(self) -> None:
        super().__init__()
        self.payloads: dict[str, str] = {}

    def word(self, thing: str, field: str, row: str = "") -> str:
        needle = super().word(thing, field, row)
        payload = PAYLOADS[len(self.by_needle) % len(PAYLOADS)].format(needle)
        self.payloads[needle] = payload
        return payload

    def email(self, thing: str, field: str, row: str) -> str:
        return f"{super().word(thing, field, row)}@example.com"


class Watched:
    """A browser that notes whatever runs, and which texts it showed whole."""

    def __init__(self, visit: Visit, traps: Hostile) -> None:
        self.visit, self.traps = visit, traps
        self.ran: list[str] = []
        self.seen: set[str] = set()
        self.whole: set[str] = set()
        visit.context.add_init_script(HOOK)
        visit.page.set_default_timeout(60_000)  # a soak runs at the lowest priority
        visit.page.on("dialog", lambda dialog: self.ran.append(f"dialog: {dialog.message}"))
        visit.page.on("request", self._foreign)

    def _foreign(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((self.visit.url, "data:", "blob:")):
            self.ran.append(f"asked {url}")

    def look(self, address: str) -> Page:
        page = self.visit.page
        page.goto(f"{self.visit.url}{address}", wait_until="load")
        self.note()
        return page

    def note(self) -> None:
        """Keep what ran, and which planted texts can be read here."""
        self.ran += self.visit.page.evaluate("() => (window.__ran || []).splice(0)")
        told: str = self.visit.page.evaluate(READ)
        here = {
            one.needle for one in self.traps.caught(told) if f"{one.thing}.{one.field}" in WHOLE
        }
        self.seen |= here
        self.whole |= {one for one in here if self.traps.payloads.get(one, one) in told}

    def lost(self) -> list[str]:
        """What was only ever seen cut or changed."""
        return [str(self.traps.by_needle[one]) for one in sorted(self.seen - self.whole)]

    def press(self, at: int, text: str) -> None:
        """Fill a form of this page with the text, and send it."""
        page = self.visit.page
        with page.expect_navigation(wait_until="load"):
            page.evaluate(FILL, [at, text])
        self.note()


@pytest.fixture
def hostile(db: None) -> Iterator[Company]:
    """The company with payloads in everything."""
    logging.disable(logging.CRITICAL)
    yield Company(Hostile())
    logging.disable(logging.NOTSET)


def addresses(company: Company, *, every: bool) -> Iterator[str]:
    """One page of each kind that can be read."""
    ids = company.ids_for({"elsewhere", "reader:administrator", ""})
    from django.test import Client

    crawler = Crawler(Client(), company.traps, {name: kept[:1] for name, kept in ids.items()})
    for address in dict.fromkeys(crawler._known_addresses()):
        door = door_of(urlsplit(address).path)
        if door not in NEVER and (every or door in BUSIEST):
            yield address


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_nothing_runs_that_somebody_typed(
    browser: Browser, live_server: LiveServer, hostile: Company, every: bool
) -> None:
    visit = enter(browser, live_server, language="en", user=hostile.readers[Role.ADMINISTRATOR])
    traps = hostile.traps
    assert isinstance(traps, Hostile)
    watched, pressed, looked = Watched(visit, traps), set[str](), 0
    for address in addresses(hostile, every=every):
        answer = visit.context.request.get(f"{visit.url}{address}")
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        page, looked = watched.look(address), looked + 1
        for at, action, takes_text in page.evaluate(FORMS):
            door = door_of(urlsplit(action).path)
            wanted = takes_text and door not in {*NEVER, *pressed}
            if wanted and (every or door in PRESSED_IN_EVERY_RUN):
                pressed.add(door)
                for payload in PAYLOADS if every else PAYLOADS[:1]:
                    watched.press(at, payload.format("typed"))
                    watched.look(address)
    assert looked > (60 if every else 12)
    assert len(pressed) > (15 if every else 2)
    assert watched.ran == []
    assert len(watched.seen) > 20
    assert watched.lost() == []
    visit.context.close()


def test_the_watch_would_notice(
    browser: Browser, live_server: LiveServer, hostile: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a name that a template takes for safe, the policy stops it and the hook tells."""
    from django.utils.safestring import mark_safe

    person = hostile.rows["elsewhere"].customer
    type(person).objects.filter(pk=person.pk).update(name="<img src=x onerror=__pwned()>")
    monkeypatch.setattr(
        "zhiyin.customers.models.Customer.name",
        property(lambda row: mark_safe(row.__dict__["name"]),
                 lambda row, value: row.__dict__.update(name=value)),
    )  # fmt: skip
    visit = enter(browser, live_server, language="en", user=hostile.readers[Role.ADMINISTRATOR])
    assert isinstance(hostile.traps, Hostile)
    watched = Watched(visit, hostile.traps)
    watched.look(f"/customers/{person.pk}/")
    visit.page.wait_for_timeout(300)
    watched.note()
    assert any("script-src" in one for one in watched.ran)
    visit.context.close()
