"""Role × endpoint × method × ownership, made from the URL resolver: who is refused, is refused
before anything happened.

Pure part: every route has a gate whose permission exists. Request part: every refusal that the
policy demands (anonymous, by role, by whose row it is) is asked for over HTTP; afterwards the
database's own counters say that no row was inserted, updated or deleted, not even in passing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.accounts.asking import signed_in, writes
from tests.matrix_cases import CASES, PUBLIC, Case, World
from zhiyin.accounts import access, matrix
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.routes import Route, routes

REFUSALS = {401, 403, 404, 405}


@dataclass
class Company:
    """A department with one user for each role and a colleague; a stranger in another one."""

    def __post_init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.by_role = {role: factories.user(role, department=self.north) for role in Role}
        self.colleague = factories.user(department=self.north)
        self.stranger = factories.user(department=self.south)
        self.clients = {role: signed_in(user) for role, user in self.by_role.items()}
        self._cases: dict[tuple[str, object], Case] = {}

    def case(self, route: Route, owner: User) -> Case:
        """The row of this owner behind a route, made once."""
        if not route.arguments:
            return Case()
        key = route.name, owner.pk
        if key not in self._cases:
            self._cases[key] = CASES[route.name](World(self.north, self.south, owner))
        return self._cases[key]


def test_no_route_is_without_a_gate() -> None:
    bare = [f"{r.method} {r.address}" for r in routes() if r.gate is None and not r.closed]
    assert bare == [], "give these views @gate('resource.action') or @public"


def test_every_gate_asks_for_a_permission_that_exists() -> None:
    for route in routes():
        if route.permission is not None:
            access.parse(route.permission)


def test_only_the_listed_routes_are_open_to_all() -> None:
    opened = {route.name for route in routes() if route.is_public}
    assert opened - set(PUBLIC) == set(), "name these in tests/matrix_cases.py PUBLIC, and why"


def test_the_matrix_can_ask_every_route() -> None:
    missing = {
        route.name: sorted(route.arguments)
        for route in routes()
        if route.arguments and not route.closed and not route.is_public and route.name not in CASES
    }
    assert missing == {}, "add a line for each to CASES in tests/matrix_cases.py"


def test_the_page_in_the_documentation_is_current() -> None:
    written = matrix.PAGE.read_text(encoding="utf-8") if matrix.PAGE.exists() else ""
    assert written == matrix.page(), "run `python -m zhiyin.accounts.matrix` and commit the page"


@pytest.mark.django_db
def test_a_stranger_is_sent_to_the_sign_in_everywhere() -> None:
    company, client = Company(), Client(raise_request_exception=False)
    wrong = []
    for route in _asked():
        case = company.case(route, company.stranger)
        before = writes()
        response = _ask(client, route, case)
        asked_to_sign_in = response.status_code == 401 or (
            response.status_code == 302 and response.headers["Location"].startswith(_login())
        )
        if not asked_to_sign_in or writes() != before:
            wrong.append((route.method, route.address, response.status_code, writes() - before))
    assert wrong == []


@pytest.mark.django_db
def test_a_role_without_the_permission_is_refused_and_nothing_happened() -> None:
    company = Company()
    wrong = []
    asked = 0
    for route in _asked():
        for role, user in company.by_role.items():
            if access.allowed(user, str(route.permission)):
                continue
            case = company.case(route, user)
            before = writes()
            response = _ask(company.clients[role], route, case)
            asked += 1
            if response.status_code != 403 or writes() != before:
                wrong.append((role, route.method, route.address, response.status_code))
    assert wrong == []
    assert asked > 0
    assert mail.outbox == []


@pytest.mark.django_db
@pytest.mark.parametrize("ownership", ["own", "team", "other team"])
def test_a_row_out_of_reach_is_refused_and_nothing_happened(ownership: str) -> None:
    company = Company()
    wrong = []
    for route in _asked():
        for role, user in company.by_role.items():
            owner = {"own": user, "team": company.colleague, "other team": company.stranger}
            case = company.case(route, owner[ownership])
            permission = str(route.permission)
            if (
                case.row is None
                or not access.allowed(user, permission)
                or access.can_reach(user, permission, case.row)
            ):
                continue
            before = writes()
            response = _ask(company.clients[role], route, case)
            if response.status_code not in REFUSALS or writes() != before:
                wrong.append((role, route.method, route.address, response.status_code))
    assert wrong == []
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_row_within_reach_is_shown() -> None:
    company = Company()
    wrong = []
    for route in _asked():
        if route.method != "GET":
            continue
        for role, user in company.by_role.items():
            case = company.case(route, user)
            permission = str(route.permission)
            if case.row is None or not access.can_reach(user, permission, case.row):
                continue
            response = _ask(company.clients[role], route, case)
            if response.status_code in {401, 403, 404} or response.status_code >= 500:
                wrong.append((role, route.address, response.status_code))
    assert wrong == []


def _asked() -> list[Route]:
    return [
        route
        for route in routes()
        if route.permission is not None and (not route.arguments or route.name in CASES)
    ]


def _ask(client: Client, route: Route, case: Case):  # type: ignore[no-untyped-def]
    address = reverse(route.name, kwargs=case.kwargs)
    if case.body is None or route.method == "GET":
        return client.generic(route.method, address)
    return client.generic(route.method, address, json.dumps(case.body), "application/json")


def _login() -> str:
    return reverse("account_login")
