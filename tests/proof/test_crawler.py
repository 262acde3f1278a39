"""Signed in as each role, everything that can be read is read: nothing is in it that the role must
not know, and everything is that it may.

The judge is tests/proof/oracle.py, which asks nothing of the policy's code.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.proof import oracle
from tests.proof.canaries import Canary
from tests.proof.crawler import MUCH, Answer, Budget, Crawler, asked_by_description
from tests.proof.outside import sent_to
from tests.proof.world import Company
from zhiyin.accounts import access, seat
from zhiyin.accounts.roles import Role
from zhiyin.accounts.routes import routes
from zhiyin.console.api.root import document

# The roles that see the least; `make soak` goes as all of them. A role takes half a minute.
NARROW = {Role.MANAGER, Role.SALES, Role.SERVICE, Role.ANALYST}


def crawled(company: Company, role: Role, *, every: bool = False) -> Crawler:
    """All that a reader of this role comes by; what they did on the way is taken back."""
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    ids = company.ids_for(company.tried_by(role, every=every))
    crawler = Crawler(client, company.traps, ids, MUCH if every else Budget())
    views = (f"{reverse('customers')}?view={view}" for view in ids["view_id"])
    with transaction.atomic():
        client.force_login(company.readers[role])
        for how, about, told in sent_to(company, role):
            crawler.hear(how, about, told)
        crawler.crawl([*asked_by_description(json.loads(document()), ids), *views])
        transaction.set_rollback(True)
    return crawler


def leaks(company: Company, role: Role, answers: list[Answer]) -> list[str]:
    """What reached the reader and must not have, each with the places where it stood."""
    found: dict[Canary, set[str]] = defaultdict(set)
    for answer in answers:
        for one in answer.caught:
            row = company.stands(one.row, role)
            if not oracle.may_know(role, one.thing, one.field, row, door=answer.door):
                found[one].add(f"{answer.method} {answer.address} → {answer.status}")
    return [f"{one}: {sorted(places)[:3]} of {len(places)}" for one, places in found.items()]


def unseen(company: Company, role: Role, answers: list[Answer]) -> list[str]:
    """Kinds of values that the reader may know and of which none was seen: a crawler that sees
    nothing proves nothing."""
    found = {one for answer in answers for one in answer.caught}
    seen = {(one.thing, one.field, company.stands(one.row, role)) for one in found}
    return sorted(
        {
            f"{one.thing}.{one.field} of {row or 'nobody'}"
            for one in company.traps.by_needle.values()
            if one.row in company.tried_by(role)
            and (one.thing, one.field, row := company.stands(one.row, role)) not in seen
            and oracle.may_know(role, one.thing, one.field, row)
        }
    )


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """The company, with doors that do not count how often somebody knocks."""
    monkeypatch.setattr(settings, "API_REQUESTS_A_MINUTE", 10**9)
    logging.disable(logging.CRITICAL)  # hundreds of refusals, each with its trace
    yield Company()
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.parametrize(
    "role",
    [pytest.param(role, marks=[] if role in NARROW else [pytest.mark.soak]) for role in Role],
)
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_nothing_that_a_role_must_not_know_reaches_it(
    company: Company, role: Role, every: bool
) -> None:
    crawler = crawled(company, role, every=every)
    assert [f"{one.method} {one.address}" for one in crawler.broken] == []
    found, missed = leaks(company, role, crawler.answers), unseen(company, role, crawler.answers)
    assert not found, "\n".join(["these must not be known:", *found])
    assert not missed, "\n".join(["these were not seen:", *missed])


def test_the_crawler_would_notice(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """With masks that hide nothing and a list that asks nobody, it finds what it looks for."""
    monkeypatch.setattr(
        "zhiyin.customers.objects.people.masked", lambda name, value: str(value or "")
    )
    monkeypatch.setattr("zhiyin.objects.listing.access.scoped", lambda user, rows, _: rows)
    found = " ".join(leaks(company, Role.SALES, list_of_a_seller(company)))
    assert "customer.phone of reader:manager" in found
    assert "elsewhere" not in found  # the database held back what the list forgot to ask for
    monkeypatch.setattr("zhiyin.accounts.row_security.seat_of", lambda user: seat.EVERYTHING)
    found = " ".join(leaks(company, Role.SALES, list_of_a_seller(company)))
    assert "customer.name of elsewhere" in found
    assert "customer.city of sister" in found


WHERE_THINGS_STAND = {
    "customer", "customer_access", "customer_timeline", "customer_orders", "company",
    "record_files", "download_file", "record_comments", "webhook", "delegations",
    "territories", "work", "import", "import_rejects", "message", "consents",
}  # fmt: skip


def test_in_every_room_the_crawler_would_notice(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a gate that lets everybody through, it finds what each room keeps of strangers."""
    monkeypatch.setattr(access, "can_reach", lambda *_: True)
    monkeypatch.setattr(access, "allowed", lambda *_: True)
    monkeypatch.setattr(access, "scoped", lambda user, rows, _: rows)
    everything = dict.fromkeys(access.resources()["customer"].fields, access.Level.WRITE)
    monkeypatch.setattr(access, "levels_at", lambda *_: everything)
    monkeypatch.setattr("zhiyin.accounts.row_security.seat_of", lambda user: seat.EVERYTHING)
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[Role.SALES])
    ids = company.ids_for({"elsewhere", "shared", ""})
    crawler = Crawler(client, company.traps, ids, Budget(a_page=0))
    for how, about, told in sent_to(company, Role.SALES):
        crawler.hear(how, about, told)
    for route in routes():
        if route.method == "GET" and route.name.rpartition(":")[2] in WHERE_THINGS_STAND:
            for address in crawler.with_ids(route):
                crawler.get(address)
    for tab in ("orders", "scores", "tasks"):
        crawler.get(f"{reverse('customer', args=[ids['customer_id'][0]])}?tab={tab}")
    found = {line.partition(".")[0] for line in leaks(company, Role.SALES, crawler.answers)}
    assert found >= {
        "customer", "company", "order", "note", "task", "event", "link", "consent", "file",
        "company file", "comment", "company comment", "webhook", "delegation", "work",
        "import", "message", "territory",
    }  # fmt: skip
    hooked = [one for one in crawler.answers if one.method == "HOOK"]
    assert any("elsewhere" in one.address and one.caught for one in hooked)


def list_of_a_seller(company: Company) -> list[Answer]:
    client = Client()
    client.force_login(company.readers[Role.SALES])
    crawler = Crawler(client, company.traps, {})
    crawler.get(f"{reverse('customers')}?set=1&col=phone&col=city")
    return crawler.answers
