"""The matrix of fields: each field of a customer and of a company × level, on every way by which it
could leave or be written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.accounts.asking import signed_in, writes
from tests.customers import people
from zhiyin.accounts import policy
from zhiyin.accounts.access import Grant, Level, Scope
from zhiyin.accounts.roles import Role
from zhiyin.customers import companies
from zhiyin.customers.models import Company, Customer, ProfileChange
from zhiyin.objects.models import FieldChange
from zhiyin.objects.writing import text_of

pytestmark = pytest.mark.django_db
Row = Customer | Company


@dataclass(frozen=True)
class Planted:
    """What a field holds in the test's row, and how it reads where it must not."""

    value: Any
    needles: tuple[str, ...]


@dataclass(frozen=True)
class Thing:
    """An object: what its row holds, what is typed into its fields, and what no way tells or takes.

    `called` is how somebody finds the row who knows its name. `untold` are fields that a way does
    not have, `unwritten` those that a way of writing does not take.
    """

    name: str
    plural: str
    called: str
    planted: Mapping[str, Planted]
    edits: Mapping[str, Any]
    untold: Mapping[str, set[str]] = field(default_factory=dict)
    unwritten: frozenset[tuple[str, str]] = frozenset()

    def made(self) -> Row:
        held = {key: planted.value for key, planted in self.planted.items()}
        if self.name == "customer":
            buys_for = Company.objects.create(name="Acme")
            row: Row = people.customer(owner=None, company=buys_for, **held)
        else:
            row = Company.objects.create(owner=None, **held)
            companies.index([row.pk])
            FieldChange.objects.bulk_create(
                FieldChange(object_type="company", row=row.pk, field=key, before=text_of(value),
                            after="", at=timezone.now())
                for key, value in held.items() if key in self.edits
            )  # fmt: skip
        type(row)._default_manager.filter(pk=row.pk).update(version=3)
        row.refresh_from_db()
        return row

    def api(self, row: Row | None = None) -> str:
        return f"/api/v1/{self.plural}" + (f"/{row.pk}" if row else "")


def _shared(name: str) -> dict[str, Planted]:
    """What both objects have."""
    return {
        "number": Planted("ZQ4471", ("ZQ4471",)),
        "name": Planted(name, (name,)),
        "country": Planted("zqland", ("zqland",)),
        "province": Planted("zqshire", ("zqshire",)),
        "city": Planted("zqtown", ("zqtown",)),
        "tags": Planted(["zqtag"], ("zqtag",)),
        "orders": Planted(6052, ("6052", "6,052")),
        "revenue": Planted(Decimal("48213.77"), ("48213.77", "48,213.77", "48,214", "48214")),
    }


# Lists and files mask what is about a person; the API has no job title yet.
PERSONAL = ("email", "phone", "birth_date")
CUSTOMER = Thing(
    "customer", "customers", "司马倩影",
    planted={
        **_shared("司马倩影"),
        "job_title": Planted("zqchief", ("zqchief",)),
        "email": Planted("zqmail@example.com", ("zqmail@example.com",)),
        "phone": Planted("+8613877719384", ("13877719384", "138 7771 9384", "77719384")),
        "birth_date": Planted(date(1977, 3, 9), ("1977-03-09",)),
    },
    edits={
        "number": "ZQ1", "name": "Ann", "job_title": "x", "country": "x", "province": "x",
        "city": "x", "email": "new@example.com", "phone": "13900001111",
        "birth_date": "1980-01-01", "gender": "female", "language": "en",
    },
    untold={
        "API record": {"job_title"}, "export": set(PERSONAL), "record": {"province"},
    },
    # The API takes neither job title nor province; the province has no row of its own on the page.
    unwritten=frozenset({("API", "job_title"), ("API", "province"), ("fact", "province")}),
)  # fmt: skip
COMPANY = Thing(
    "company", "companies", "司马远帆物流",
    planted={
        **_shared("司马远帆物流"),
        "industry": Planted("hospitality", ("hospitality", "酒店餐饮")),
        "size": Planted("huge", ("huge", "1,000")),
        "website": Planted("https://zqweb.example.com", ("zqweb",)),
        "headcount": Planted(7741, ("7741", "7,741")),
        "last_order_at": Planted(datetime(1987, 5, 6, 9, tzinfo=UTC), ("1987-05-06",)),
    },
    untold={"record": {"last_order_at"}},  # which says how many days ago
    edits={
        "number": "ZQ1", "name": "Ann Ltd", "industry": "retail", "size": "micro", "country": "x",
        "province": "x", "city": "x", "website": "https://x.example.com", "tags": "x",
    },
)  # fmt: skip
THINGS = (CUSTOMER, COMPANY)
PLANTED = [pytest.param(one, key, id=f"{one.name}.{key}") for one in THINGS for key in one.planted]
HIDEABLE = [param for param in PLANTED if param.values[1] != "name"]  # nobody else is spoken of
EDITED = [pytest.param(one, key, id=f"{one.name}.{key}") for one in THINGS for key in one.edits]


@contextmanager
def granted(thing: Thing, key: str, level: Level) -> Iterator[Client]:
    """An analyst who may do everything with every row, this field at this level."""
    resource = policy.resource_named(thing.name)
    everything = Grant(
        Scope.ALL, resource.actions - {"reveal"}, plain=Level.WRITE, personal=Level.WRITE,
        sensitive=Level.WRITE, fields={key: level},
    )  # fmt: skip
    user = factories.user(Role.ANALYST, locale="zh-hans")
    with policy.supposing({thing.name: {**resource.grants, Role.ANALYST: everything}}):
        yield signed_in(user)


def _ways_out(client: Client, thing: Thing, row: Row) -> dict[str, Callable[[], Any]]:
    """Every page, endpoint and file that tells of this one row."""
    columns = list(policy.resource_named(thing.name).fields)
    record = reverse(thing.name, args=[row.pk])
    picked = {"all": "1", "query": urlencode({"col": columns}, doseq=True), "format": "csv"}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "list": (reverse(thing.plural), {"col": columns}),
        "record": (record, {}),
        "drawer": (reverse(f"{thing.name}_drawer", args=[row.pk]), {}),
        "edit form": (reverse(f"edit_{thing.name}", args=[row.pk]), {}),
        "API record": (thing.api(row), {}),
        "API list": (thing.api(), {"sort": "name"}),
        "found": (reverse("palette"), {"q": thing.called}),
        "opened last": (reverse("palette"), {"q": ""}),
    }
    for key in thing.edits:
        if key != "birth_date":
            asked[f"cell of {key}"] = (reverse(f"{thing.name}_cell", args=[row.pk, key]), {})
    if isinstance(row, Customer):
        asked["timeline"] = (f"{thing.api(row)}/timeline", {})
        company = reverse("company", args=[row.company_id])
        asked |= {f"company, {tab}": (company, {"tab": tab}) for tab in ("people", "orders")}
    else:
        asked |= {tab: (record, {"tab": tab}) for tab in ("people", "orders", "tasks")}
        asked["suggested"] = (reverse("suggest_companies"), {"q": thing.called})
        asked["API people"] = (f"{thing.api(row)}/customers", {})
    return {
        **{name: partial(client.get, *where) for name, where in asked.items()},
        "export": partial(client.post, reverse(f"export_{thing.plural}"), picked),
    }


def _told(ask: Callable[[], Any]) -> str:
    """The text of an answer; where it is JSON, as people would read it."""
    answer = ask()
    assert answer.status_code in {200, 403}, answer.status_code
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text: str = content.decode()
    is_json = answer.headers["Content-Type"].startswith("application/json")
    return json.dumps(json.loads(text), ensure_ascii=False) if is_json else text


@pytest.mark.parametrize("level", [Level.HIDDEN, Level.MASKED])
@pytest.mark.parametrize(("thing", "key"), HIDEABLE)
def test_a_field_that_may_not_be_read_leaves_by_no_way(
    thing: Thing, key: str, level: Level
) -> None:
    with granted(thing, key, level) as client:
        told = {way: _told(ask) for way, ask in _ways_out(client, thing, thing.made()).items()}
    needles = thing.planted[key].needles
    assert [way for way, text in told.items() if any(needle in text for needle in needles)] == []
    answer = json.loads(told["API record"])
    if level is Level.MASKED and key in PERSONAL:
        assert key in answer["masked"]
    else:
        assert key not in answer


@pytest.mark.parametrize(("thing", "key"), PLANTED)
def test_a_field_that_may_be_read_is_there(thing: Thing, key: str) -> None:
    """Else the test above would hold of a page that shows nothing."""
    with granted(thing, key, Level.READ) as client:
        ways = _ways_out(client, thing, thing.made())
        for way in ("API record", "export", "record"):
            told = _told(ways[way])
            if key not in thing.untold.get(way, ()):
                assert any(needle in told for needle in thing.planted[key].needles), way
        for way in ("found", "opened last"):
            assert thing.called in _told(ways[way])


@pytest.mark.parametrize("thing", THINGS, ids=lambda one: one.name)
@pytest.mark.parametrize("key", ["revenue", "orders", "last_order_at", "created_at"])
def test_nobody_sorts_or_filters_by_what_they_may_not_read(thing: Thing, key: str) -> None:
    """An order or a count would tell it: the API says no, the list forgets that it was asked."""
    thing.made()
    people.customer("Other", revenue=Decimal(1), orders=1)
    Company.objects.create(name="Other", revenue=Decimal(1), orders=1)
    with granted(thing, key, Level.HIDDEN) as client:
        for sort in (key, f"-{key}"):
            assert client.get(thing.api(), {"sort": sort}).status_code == 422
        pages = [
            [one.row.pk for one in client.get(reverse(thing.plural), asked).context["lines"]]
            for asked in ({"sort": key}, {"sort": f"-{key}"}, {})
        ]
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize(("thing", "key"), EDITED)
def test_a_field_is_written_where_it_may_be_and_nowhere_else(
    thing: Thing, key: str, level: Level
) -> None:
    """By the API, its cell, the fact on the record, the form and the change of many rows."""
    row, may = thing.made(), level is Level.WRITE
    with granted(thing, key, level) as client:
        for name, write in WRITES.items():
            if name == "fact" and thing is COMPANY:
                continue  # its page changes fields in the form alone
            before, written, noted = _as_stored(row), writes(), _noted(key)
            with transaction.atomic():
                answer = write(client, thing, row, key)
                changed = _as_stored(row) != before
                told = _noted(key) > noted
                rows = writes() - written
                transaction.set_rollback(True)
            if may and (name, key) not in thing.unwritten and name in ("API", "fact", "cell"):
                assert changed, (name, answer.status_code, answer.content[:300])
            if not may:
                assert not changed, name
                assert not told, name
                assert rows == 0, (name, answer.status_code)


def _noted(key: str) -> int:
    """How often the history tells of this field."""
    noted = (model.objects.filter(field=key) for model in (ProfileChange, FieldChange))
    return sum(found.count() for found in noted)


def _as_stored(row: Row) -> dict[str, Any]:
    return type(row)._default_manager.filter(pk=row.pk).values().get()


def _patch(client: Client, thing: Thing, row: Row, key: str) -> Any:
    value = [thing.edits[key]] if key == "tags" else thing.edits[key]
    return client.patch(thing.api(row), {"version": row.version, key: value}, "application/json")


def _cell(client: Client, thing: Thing, row: Row, key: str) -> Any:
    address = reverse(f"{thing.name}_cell", args=[row.pk, key])
    return client.post(address, {"value": thing.edits[key], "version": row.version})


def _fact(client: Client, thing: Thing, row: Row, key: str) -> Any:
    address = reverse("customer_fact", args=[row.pk, key])
    return client.post(address, {"value": thing.edits[key], "version": row.version})


def _form(client: Client, thing: Thing, row: Row, key: str) -> Any:
    sent = {key: thing.edits[key], f"before-{key}": "", "version": row.version}
    return client.post(reverse(f"edit_{thing.name}", args=[row.pk]), sent)


def _many(client: Client, thing: Thing, row: Row, key: str) -> Any:
    sent = {"id": str(row.pk), "field": key, f"value-{key}": thing.edits[key]}
    return client.post(reverse(f"edit_{thing.plural}"), sent)


WRITES: dict[str, Callable[[Client, Thing, Row, str], Any]] = {
    "API": _patch, "cell": _cell, "fact": _fact, "form": _form, "many": _many,
}  # fmt: skip
