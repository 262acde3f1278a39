"""The matrix in full: every route of a customer or company × role × how its row is reached.

What is expected is worked out here from the declared grants by a naive reading of the rules, not
by access.py. After each refusal the database's own counters say that nothing was written; jobs of
the background are rows too, so nothing is queued either.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.accounts.asking import signed_in, writes
from tests.matrix_cases import CASES, Case, World
from zhiyin.accounts import policy
from zhiyin.accounts.access import Grant, Level, Resource, Scope
from zhiyin.accounts.models import Delegation, Share, Territory, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.routes import Route, routes
from zhiyin.customers.models import Company, Customer

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
        self.clients = {role: signed_in(user) for role, user in self.users.items()}
        self.colleague = factories.user(department=self.north)
        self.stranger = factories.user(department=self.south)
        # Administrators may do everything, so what they delegate is limited by the receiver alone.
        self.giver = factories.user(Role.ADMINISTRATOR, department=self.south)

    def case(self, route: Route) -> Case:
        return CASES[route.name](World(self.north, self.south, self.stranger))


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
            before = writes()
            status = _ask(house.clients[role], route, case).status_code
            if expected:
                opened += 1
                fine = status not in {401, 403, 404} and status < 500
            else:
                refused += 1
                fine = status in REFUSALS and writes() == before
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
