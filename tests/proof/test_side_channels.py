"""Two worlds that differ only in what the asker must not know give the same answers.

The world is asked a list of questions (every order and condition of every list on every close
field, the palette, searches, suggestions, counts, totals, segments, exports, typed identifiers).
Then only facts out of the asker's sight change, and all is asked again: each answer is the same
byte by byte, with its status, its headers and its ETag. That no rule names a channel is the point.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.proof.crawler import text_of
from tests.proof.world import Company
from zhiyin.accounts.roles import Role
from zhiyin.customers import companies, search
from zhiyin.customers.models import Company as Firm
from zhiyin.customers.models import Customer, Identifier, Note
from zhiyin.objects.conditions import Is, write
from zhiyin.objects.definitions import OPERATORS, fields_of, object_type

# Close to a person; one plain field shows that what is open is really answered about.
CLOSE = ("phone", "email", "birth_date", "c_personal", "c_sensitive", "c_told")
SECRET = {"phone": "+8613877770000", "email": "findme@example.com", "birth_date": "1931-02-03",
          "name": "Rumpelstiltskin", "number": "GOLD-7", "city": "Atlantis",
          "c_personal": "needle-p", "c_sensitive": "needle-s"}  # fmt: skip
_PASSING = (
    (r'(csrfmiddlewaretoken" value=|data-csrf=|nonce=)"[^"]*"', r"\1"),
    (r'("[\w-]*csrf[\w-]*":\s*)"\w+"', r"\1"),
    (r"\d\d:\d\d(:\d\d(\.\d+)?)?|queried in [\d.,]+ m?s|\d+ (s|min|h) ago|just now", "TIME"),
)
_PASSING_HEADERS = {"X-Request-ID", "Date", "Set-Cookie", "RateLimit", "X-RateLimit-Remaining",
                    "X-RateLimit-Reset", "RateLimit-Remaining", "RateLimit-Reset", "Server-Timing",
                    "Expires"}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """Something that is asked; whatever it changes is taken back."""

    method: str
    address: str
    data: Any = None
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.address} {str(self.data or '')[:160]}"


def questions() -> Iterator[Question]:
    """All that somebody would try who wants to know."""
    for name, close in (("customer", CLOSE), ("company", ("c_personal", "c_sensitive"))):
        of = object_type(name)
        page = reverse(of.plural_name)
        yield Question("GET", page)
        for key in (*close, "city"):
            for sort in (key, f"-{key}"):
                yield Question("GET", f"{page}?{urlencode({'set': 1, 'sort': sort, 'col': key})}")
            field = fields_of(of)[key]
            for operator in OPERATORS.get(field.kind, OPERATORS[fields_of(of)["city"].kind]):
                value = SECRET.get(key, "needle-s")
                where = write(Is(key, operator, (value,)))
                yield Question("GET", f"{page}?{urlencode({'set': 1, 'where': where})}")
            yield Question("GET", f"{page}?{urlencode({key: SECRET.get(key, 'x'), 'set': 1})}")
        for value in _typed():
            yield Question("GET", f"{page}?{urlencode({'q': value, 'set': 1})}")
    yield from _elsewhere()
    yield from _typed_in()


def _typed() -> Iterator[str]:
    for value in SECRET.values():
        yield from (value, value[-6:])
    yield "13877770000"


def _elsewhere() -> Iterator[Question]:
    """Palette, suggestions, the API, segments."""
    for value in _typed():
        yield Question("GET", f"{reverse('palette')}?{urlencode({'q': value})}")
        yield Question("GET", f"{reverse('suggest_companies')}?{urlencode({'q': value})}")
        yield Question("GET", f"/api/v1/customers?{urlencode({'q': value, 'total': 'true'})}")
    for sort in (*CLOSE, "-birth_date", "name", "-created_at"):
        yield Question("GET", f"/api/v1/customers?{urlencode({'sort': sort, 'total': 'true'})}")
    for key in CLOSE:
        asked = urlencode({key: SECRET.get(key, "needle-s"), "fields": f"id,{key}"})
        yield Question("GET", f"/api/v1/customers?{asked}")
        for op in ("is", "contains", "starts", "filled", "empty", "before", "after", "at_least"):
            leaf = {"type": "field", "field": key, "op": op, "value": SECRET.get(key, "needle-s")}
            rule = {"root": {"type": "group", "match": "all", "items": [leaf]}, "version": 1}
            sent = json.dumps({"rule": rule})
            yield Question("POST", "/api/v1/segments/count", sent, "application/json")
    for name in ("today", "dashboard", "notices", "segments", "models", "campaigns"):
        yield Question("GET", reverse(name))


def _typed_in() -> Iterator[Question]:
    """Identifiers of others, typed into forms."""
    for key in ("phone", "email", "number"):
        yield Question("POST", reverse("new_customer"), {"name": "Ann", key: SECRET[key]})
    yield Question("POST", reverse("new_company"), {"name": "Acme", "number": SECRET["number"]})


def asked(client: Client, question: Question) -> tuple[int, str, dict[str, str]]:
    """The answer without what passes: tokens, times, what counts requests."""
    cache.clear()
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        more = {"content_type": question.kind} if question.kind else {}
        send = client.get if question.method == "GET" else client.post
        answer = send(question.address, question.data or {}, **more)
        text = text_of(answer)
        headers = dict(answer.headers.items())
        transaction.set_rollback(True)
    client.cookies = cookies
    if "html" in headers.get("Content-Type", ""):
        headers.pop("ETag", None)
        headers.pop("Content-Length", None)
    for pattern, put in _PASSING:
        text = re.sub(pattern, put, text)
    if "Location" in headers:
        headers["Location"] = re.sub(r"[0-9a-f-]{36}", "ID", headers["Location"])
    kept = {key: value for key, value in headers.items() if key not in _PASSING_HEADERS}
    return answer.status_code, text, kept


def change_what_is_hidden(company: Company, role: Role) -> None:
    """Facts that this role must not know get the values that the questions look for."""
    far = company.rows["elsewhere"].customer
    Customer.objects.filter(pk=far.pk).update(
        name=SECRET["name"], number=SECRET["number"], city=SECRET["city"], phone=SECRET["phone"],
        email=SECRET["email"], birth_date=date(1931, 2, 3), revenue=1, orders=9,
        custom={"c_personal": "needle-p", "c_sensitive": "needle-s"},
    )  # fmt: skip
    for kind in ("phone", "email", "number"):
        Identifier.objects.filter(customer=far, kind=kind).update(value=SECRET[kind], namespace="")
    Firm.objects.filter(pk=company.firms["elsewhere"].pk).update(
        name=SECRET["name"], number=SECRET["number"], city=SECRET["city"]
    )
    Note.objects.create(customer=far, text="one more", by=company.others["above"],
                        at=far.last_order_at)  # fmt: skip
    near = company.rows[f"reader:{_another(role)}"].customer
    phone = f"{near.phone[:6]}7777{near.phone[-4:]}"  # the mask shows what it showed
    Customer.objects.filter(pk=near.pk).update(
        birth_date=date(1931, 2, 3), phone=phone, custom={**near.custom, "c_sensitive": "needle-s"}
    )
    search.index([far.pk, near.pk])
    companies.index([company.firms["elsewhere"].pk])


def _another(role: Role) -> Role:
    return Role.MANAGER if role is not Role.MANAGER else Role.SALES


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    logging.disable(logging.CRITICAL)
    made = Company()
    for row in made.rows.values():  # one mask for all, so that only hidden digits differ
        middle = row.customer.phone[-4:]
        Customer.objects.filter(pk=row.customer.pk).update(phone=f"+861380000{middle}")
        row.customer.refresh_from_db()
    search.index([row.customer.pk for row in made.rows.values()])
    yield made
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.SALES, Role.READ_ONLY])
def test_no_answer_depends_on_what_the_asker_must_not_know(company: Company, role: Role) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[role])
    before = {question: asked(client, question) for question in map(_frozen, questions())}
    change_what_is_hidden(company, role)
    told = [
        f"{question}: {_difference(answer, now)}"
        for question, answer in before.items()
        if (now := asked(client, question)) != answer
    ]
    assert not told, "\n".join(told)
    statuses = {answer[0] for answer in before.values()}
    assert statuses >= {200, 422}
    assert 500 not in statuses


def _frozen(question: Question) -> Question:
    data = question.data
    return Question(question.method, question.address,
                    _Sent(data) if isinstance(data, dict) else data, question.kind)  # fmt: skip


class _Sent(dict[str, str]):
    """A body that can be looked up by."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


def _difference(
    one: tuple[int, str, dict[str, str]], other: tuple[int, str, dict[str, str]]
) -> str:
    if one[0] != other[0]:
        return f"{one[0]} → {other[0]}"
    if one[2] != other[2]:
        return str([(k, v, other[2].get(k)) for k, v in one[2].items() if other[2].get(k) != v])
    for before, after in zip(one[1].splitlines(), other[1].splitlines(), strict=False):
        if before != after:
            at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
            return f"…{before[max(0, at - 60) : at + 60]}… → …{after[max(0, at - 60) : at + 60]}…"
    return "longer"


def test_the_comparison_would_notice(company: Company) -> None:
    """To somebody who sees everything the second world looks different."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(company.readers[Role.ADMINISTRATOR])
    looked = [Question("GET", reverse("customers")),
              Question("GET", f"{reverse('palette')}?q=Rumpelstiltskin"),
              Question("GET", "/api/v1/customers?q=findme%40example.com&total=true")]  # fmt: skip
    before = [asked(client, question) for question in looked]
    change_what_is_hidden(company, Role.ADMINISTRATOR)
    after = [asked(client, question) for question in looked]
    assert not [
        question for question, was, now in zip(looked, before, after, strict=True) if was == now
    ]
