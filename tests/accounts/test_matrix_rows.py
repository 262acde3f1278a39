"""The matrix in full: every route of a customer or company × role × how its row is reached, and
every field × level on every way by which it could leave or be written.

What is expected is worked out here from the declared grants by a naive reading of the rules, not
by access.py. After each refusal the database's own counters say that nothing was written; jobs of
the background are rows too, so nothing is queued either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.customers import people
from tests.matrix_cases import CASES, Case, World
from zhiyin.accounts import policy
from zhiyin.accounts.access import Grant, Level, Resource, Scope
from zhiyin.accounts.models import Delegation, Share, Territory, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.routes import Route, routes
from zhiyin.customers.models import Company, Customer, ProfileChange

pytestmark = pytest.mark.django_db
REFUSALS = {401, 403, 404, 405}
PLACE = "玉门"  # a city that nothing else lies in


# ----- rows: how somebody reaches one, and what the rules say then


def _grants(resource: Resource, role: Role) -> list[Grant]:
    found = resource.grants.get(role, ())
    return [found] if isinstance(found, Grant) else list(found)


def _reaching(scope: Scope) -> Callable[[Resource, Role, str], bool]:
    """The row lies so far away that only grants of this scope and wider reach it."""

    def rule(resource: Resource, role: Role, action: str) -> bool:
        return any(action in g.actions and g.scope >= scope for g in _grants(resource, role))

    return rule


def _anyhow(*actions: str, besides: tuple[str, ...] = ()) -> Callable[[Resource, Role, str], bool]:
    """Opened beside the role: what the role may do with any row, and the opening carries."""

    def rule(resource: Resource, role: Role, action: str) -> bool:
        carried = (not actions or action in actions) and action not in besides
        return (carried and _reaching(Scope.OWN)(resource, role, action)) or _reaching(Scope.ALL)(
            resource, role, action
        )

    return rule


def _own(house: House, row: Any, user: User) -> None:
    _belongs(row, user, user.department_id)


def _team(house: House, row: Any, user: User) -> None:
    _belongs(row, house.colleague, user.department_id)


def _below(house: House, row: Any, user: User) -> None:
    _belongs(row, house.stranger, house.shop.pk)


def _elsewhere(house: House, row: Any, user: User) -> None:
    _belongs(row, house.stranger, house.south.pk)


def _nobodys(house: House, row: Any, user: User) -> None:
    _belongs(row, None, None)


def _in_territory(may_change: bool) -> Callable[[House, Any, User], None]:
    def put(house: House, row: Any, user: User) -> None:
        _belongs(row, house.stranger, house.south.pk)
        type(row).objects.filter(pk=row.pk).update(city=PLACE)
        territory = Territory.objects.get_or_create(name_zh="西", name_en="West")[0]
        territory.rules.get_or_create(city=PLACE)
        territory.members.all().delete()
        territory.members.create(user=user, may_change=may_change)

    return put


def _shared(*actions: str) -> Callable[[House, Any, User], None]:
    def put(house: House, row: Any, user: User) -> None:
        _belongs(row, house.stranger, house.south.pk)
        resource = row._meta.model_name
        levels = dict.fromkeys(policy.resource_named(resource).fields, int(Level.WRITE))
        Share.objects.all().delete()
        Share.objects.create(
            resource=resource, row_id=row.pk, user=user, actions=list(actions), levels=levels,
            may_change="change" in actions, reason="x", by=house.stranger,
        )  # fmt: skip

    return put


def _delegated(house: House, row: Any, user: User) -> None:
    _belongs(row, house.giver, house.south.pk)
    now = timezone.now()
    Delegation.objects.all().delete()
    Delegation.objects.create(
        giver=house.giver, receiver=user, starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1), reason="x", by=house.giver,
    )  # fmt: skip


def _belongs(row: Any, owner: User | None, department: object) -> None:
    type(row).objects.filter(pk=row.pk).update(owner=owner, department=department, city="")


@dataclass(frozen=True)
class Way:
    """How a row is brought within reach, and what may then be done by the rules."""

    put: Callable[[House, Any, User], None]
    allows: Callable[[Resource, Role, str], bool]


WAYS = {
    "own": Way(_own, _reaching(Scope.OWN)),
    "team": Way(_team, _reaching(Scope.TEAM)),
    "department below": Way(_below, _reaching(Scope.DEPARTMENT)),
    "elsewhere": Way(_elsewhere, _reaching(Scope.ALL)),
    "nobody's": Way(_nobodys, _reaching(Scope.ALL)),
    "territory, looking": Way(_in_territory(False), _anyhow("see")),
    "territory, as own": Way(_in_territory(True), _anyhow()),
    "shared to see": Way(_shared("see"), _anyhow("see")),
    "shared to change": Way(_shared("see", "change", "tag"), _anyhow("see", "change", "tag")),
    "delegated": Way(_delegated, _anyhow(besides=("share", "assign"))),
}


class House:
    """North with a shop below, and South; one user for each role, in North."""

    def __init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.shop = factories.department("Shop", parent=self.north)
        self.users = {role: factories.user(role, department=self.north) for role in Role}
        self.clients = {role: _signed_in(user) for role, user in self.users.items()}
        self.colleague = factories.user(department=self.north)
        self.stranger = factories.user(department=self.south)
        # Administrators may do everything, so what they delegate is limited by the receiver alone.
        self.giver = factories.user(Role.ADMINISTRATOR, department=self.south)

    def case(self, route: Route) -> Case:
        return CASES[route.name](World(self.north, self.south, self.stranger))


def _signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _of_rows(
    house: House, model: type[Customer] | type[Company]
) -> list[tuple[Route, Resource, str]]:
    """The routes whose case leads to a row of this model, each with what it asks for."""
    found = []
    for route in routes():
        if route.permission is None or route.name not in CASES:
            continue
        resource, action = policy.parse(route.permission)
        if resource.name == model._meta.model_name and isinstance(house.case(route).row, model):
            found.append((route, resource, action))
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", [Customer, Company])
def test_every_route_of_a_row_answers_as_the_rules_say(
    model: type[Customer] | type[Company], way: str
) -> None:
    house = House()
    asked = _of_rows(house, model)
    assert len(asked) > 8
    wrong, opened, refused = [], 0, 0
    for route, resource, action in asked:
        case = house.case(route)
        for role, user in house.users.items():
            if not _reaching(Scope.OWN)(resource, role, action):
                continue  # refused at the gate, whosever row: test_matrix.py
            WAYS[way].put(house, case.row, user)
            expected = WAYS[way].allows(resource, role, action)
            if expected and route.method != "GET":
                continue  # what it then does, the tests of its room say
            before = _writes()
            status = _ask(house.clients[role], route, case).status_code
            if expected:
                opened += 1
                fine = status not in {401, 403, 404} and status < 500
            else:
                refused += 1
                fine = status in REFUSALS and _writes() == before
            if not fine:
                wrong.append((role.value, route.method, route.address, status, expected))
    assert wrong == []
    assert mail.outbox == []
    assert opened > 0
    assert refused > 0 or way in ("own", "territory, as own")


def _ask(client: Client, route: Route, case: Case) -> HttpResponse:
    address = reverse(route.name, kwargs=case.kwargs)
    if case.body is None or route.method == "GET":
        return client.generic(route.method, address)  # type: ignore[return-value]
    return client.generic(  # type: ignore[return-value]
        route.method, address, json.dumps(case.body), "application/json"
    )


def _writes() -> int:
    """Rows written in this transaction, besides how many requests somebody has made."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
            " from pg_stat_xact_user_tables where relname <> 'accounts_requestcount'"
        )
        (count,) = cursor.fetchone() or (0,)
    return int(count)


# ----- fields: each at each level, on every way out and in


@dataclass(frozen=True)
class Planted:
    """What a field holds in the test's row, and how it reads where it must not."""

    value: Any
    needles: tuple[str, ...]
    column: str = ""


NAME = "司马倩影"
CUSTOMER = {
    "number": Planted("ZQ4471", ("ZQ4471",)),
    "name": Planted(NAME, (NAME,)),
    "job_title": Planted("zqchief", ("zqchief",)),
    "country": Planted("zqland", ("zqland",)),
    "province": Planted("zqshire", ("zqshire",)),
    "city": Planted("zqtown", ("zqtown",)),
    "tags": Planted(["zqtag"], ("zqtag",)),
    "orders": Planted(6052, ("6052", "6,052")),
    "revenue": Planted(Decimal("48213.77"), ("48213.77", "48,213.77", "48,214", "48214")),
    "email": Planted("zqmail@example.com", ("zqmail@example.com",)),
    "phone": Planted("+8613877719384", ("13877719384", "138 7771 9384", "77719384")),
    "birth_date": Planted(date(1977, 3, 9), ("1977-03-09",)),
}
EDITS = {
    "number": "ZQ1", "name": "Ann", "job_title": "x", "country": "x", "province": "x", "city": "x",
    "email": "new@example.com", "phone": "13900001111", "birth_date": "1980-01-01",
    "gender": "female", "language": "en",
}  # fmt: skip
# The API has no job title yet; lists and files mask what is about a person.
PERSONAL = ("email", "phone", "birth_date")
NOT_TOLD = {"job_title": {"API record"}, **{field: {"export"} for field in PERSONAL}}


@pytest.fixture
def person(db: None) -> Customer:
    made = people.customer(
        owner=None, **{field: planted.value for field, planted in CUSTOMER.items()}
    )
    Customer.objects.filter(pk=made.pk).update(version=3)
    return Customer.objects.get(pk=made.pk)


@contextmanager
def granted(field: str, level: Level) -> Iterator[Client]:
    """An analyst who may do everything with every customer, this field at this level."""
    resource = policy.resource_named("customer")
    everything = Grant(
        Scope.ALL, resource.actions - {"reveal"}, plain=Level.WRITE, personal=Level.WRITE,
        sensitive=Level.WRITE, fields={field: level},
    )  # fmt: skip
    user = factories.user(Role.ANALYST, locale="zh-hans")
    with policy.supposing({"customer": {**resource.grants, Role.ANALYST: everything}}):
        yield _signed_in(user)


def _ways_out(client: Client, row: Customer) -> dict[str, str]:
    """Every page, endpoint and file that tells of this one customer."""
    columns = list(policy.resource_named("customer").fields)
    cell = [reverse("customer_cell", args=[row.pk, key]) for key in EDITS if key != "birth_date"]
    shown = {
        "list": client.get(reverse("customers"), {"col": columns}),
        **{address: client.get(address) for address in cell},
        "record": client.get(reverse("customer", args=[row.pk])),
        "drawer": client.get(reverse("customer_drawer", args=[row.pk])),
        "edit form": client.get(reverse("edit_customer", args=[row.pk])),
        "API record": client.get(f"/api/v1/customers/{row.pk}"),
        "API list": client.get("/api/v1/customers?sort=name"),
        "timeline": client.get(f"/api/v1/customers/{row.pk}/timeline"),
        "export": client.post(
            reverse("export_customers"),
            {"all": "1", "query": urlencode({"col": columns}, doseq=True), "format": "csv"},
        ),
    }
    told = {}
    for name, answer in shown.items():
        assert answer.status_code in {200, 403}, (name, answer.status_code)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        text = content.decode()
        is_json = answer.headers["Content-Type"].startswith("application/json")
        told[name] = json.dumps(json.loads(text), ensure_ascii=False) if is_json else text
    return told


@pytest.mark.parametrize("level", [Level.HIDDEN, Level.MASKED])
@pytest.mark.parametrize("field", [one for one in CUSTOMER if one != "name"])
def test_a_field_that_may_not_be_read_leaves_by_no_way(
    person: Customer, field: str, level: Level
) -> None:
    with granted(field, level) as client:
        told = _ways_out(client, person)
    found = [way for way, text in told.items() if any(n in text for n in CUSTOMER[field].needles)]
    assert found == []
    answer = json.loads(told["API record"])
    if level is Level.MASKED and field in PERSONAL:
        assert field in answer["masked"]
    else:
        assert field not in answer


@pytest.mark.parametrize("field", CUSTOMER)
def test_a_field_that_may_be_read_is_there(person: Customer, field: str) -> None:
    """Else the test above would hold of a page that shows nothing."""
    with granted(field, Level.READ) as client:
        told = _ways_out(client, person)
    needles = CUSTOMER[field].needles
    ways = {"API record", "export"} - NOT_TOLD.get(field, set())
    for way in ways:
        assert any(needle in told[way] for needle in needles), way
    assert any(needle in told["record"] for needle in needles) or field == "province"


@pytest.mark.parametrize("field", ["revenue", "orders", "last_order_at", "created_at"])
def test_nobody_sorts_or_filters_by_what_they_may_not_read(person: Customer, field: str) -> None:
    """An order or a count would tell it: the API says no, the list forgets that it was asked."""
    people.customer("Other", revenue=Decimal(1), orders=1)
    with granted(field, Level.HIDDEN) as client:
        for sort in (field, f"-{field}"):
            assert client.get("/api/v1/customers", {"sort": sort}).status_code == 422
        pages = [
            [one.row.pk for one in client.get(reverse("customers"), asked).context["lines"]]
            for asked in ({"sort": field}, {"sort": f"-{field}"}, {})
        ]
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("field", EDITS)
def test_a_field_is_written_where_it_may_be_and_nowhere_else(
    person: Customer, field: str, level: Level
) -> None:
    """By the API, its cell, the fact on the record, the form and the change of many rows."""
    may = level is Level.WRITE
    with granted(field, level) as client:
        for name, write in WRITES.items():
            before, writes = _as_stored(person), _writes()
            with transaction.atomic():
                answer = write(client, person, field)
                changed = _as_stored(person) != before
                told = ProfileChange.objects.filter(field=field).exists()
                rows = _writes() - writes
                transaction.set_rollback(True)
            if may and (name, field) not in NOT_WRITTEN and name in ("API", "fact"):
                assert changed, (name, answer.status_code, answer.content[:300])
            if not may:
                assert not changed, name
                assert not told, name
                assert rows == 0, (name, answer.status_code)


def _as_stored(row: Customer) -> dict[str, Any]:
    return Customer.objects.filter(pk=row.pk).values().get()


def _patch(client: Client, row: Customer, field: str) -> Any:
    return client.patch(
        f"/api/v1/customers/{row.pk}", {"version": row.version, field: EDITS[field]},
        "application/json",
    )  # fmt: skip


def _cell(client: Client, row: Customer, field: str) -> Any:
    address = reverse("customer_cell", args=[row.pk, field])
    return client.post(address, {"value": EDITS[field], "version": row.version})


def _fact(client: Client, row: Customer, field: str) -> Any:
    address = reverse("customer_fact", args=[row.pk, field])
    return client.post(address, {"value": EDITS[field], "version": row.version})


def _form(client: Client, row: Customer, field: str) -> Any:
    sent = {field: EDITS[field], f"before-{field}": "", "version": row.version}
    return client.post(reverse("edit_customer", args=[row.pk]), sent)


def _many(client: Client, row: Customer, field: str) -> Any:
    sent = {"id": str(row.pk), "field": field, f"value-{field}": EDITS[field]}
    return client.post(reverse("edit_customers"), sent)


# The API takes neither job title nor province; the province has no row of its own on the page.
NOT_WRITTEN = {("API", "job_title"), ("API", "province"), ("fact", "province")}
WRITES: dict[str, Callable[[Client, Customer, str], Any]] = {
    "API": _patch, "cell": _cell, "fact": _fact, "form": _form, "many": _many,
}  # fmt: skip
