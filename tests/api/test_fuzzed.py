"""Thousands of requests made from the API's own description, right and wrong, by every role: no
server error, every answer is one that the description knows, and a refusal has written nothing.

The requests go through the whole WSGI application: session, gate, CSRF check, database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how_much
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.accounts.asking import writes as rows_written
from tests.api.desk import API, Desk
from zhiyin.accounts.roles import Role
from zhiyin.console.api.root import document

# Of right and of wrong requests each, an endpoint: 2,000 in `make test`, 20,000 in `make soak`.
EXAMPLES, MANY = 5, 50
KEPT = "accounts_keptanswer"  # under an Idempotency-Key a refusal is told again, too
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance, response_headers_conformance,
]  # fmt: skip


@contextmanager
def _connection_stays() -> Iterator[None]:
    """The end of a request does not close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.slow
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(MANY, marks=pytest.mark.soak)])
def test_no_request_breaks_the_server_or_its_promises(
    role: Role, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "API_REQUESTS_A_MINUTE", 10**9)
    desk = Desk()
    desk.furnish()
    description = schemathesis.openapi.from_dict(json.loads(document()))
    description.app = WSGIHandler()
    client = desk.client(role)
    known, statuses, written = _known(client), Counter[int](), list[str]()
    with _connection_stays():
        for result in description.get_all_operations():
            for mode in GenerationMode:
                _ask(result.ok(), mode, examples, _signed_in(client), known, statuses, written)
    assert sum(statuses.values()) > 15 * examples
    assert written == []
    assert set(statuses) >= {200, 404, 422}
    assert max(statuses) < 500


def _ask(
    operation: Any,
    mode: GenerationMode,
    examples: int,
    session: dict[str, dict[str, str]],
    known: dict[str, str],
    statuses: Counter[int],
    written: list[str],
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @how_much(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        for name, id_ in known.items():  # every other one asks about something that is there
            if name in (case.path_parameters or {}) and statuses.total() % 2:
                case.path_parameters[name] = id_
        before = rows_written(besides=KEPT)
        response = case.call(**session)
        statuses[response.status_code] += 1
        if response.status_code >= 400 and rows_written(besides=KEPT) != before:
            written.append(f"{case.method} {case.formatted_path}: {response.status_code}")
        case.validate_response(response, checks=CHECKS)

    ask()


def _signed_in(client: Client) -> dict[str, dict[str, str]]:
    name, token = settings.SESSION_COOKIE_NAME, "x" * 32
    return {
        "cookies": {name: client.cookies[name].value, settings.CSRF_COOKIE_NAME: token},
        "headers": {"X-CSRFToken": token, "Accept-Encoding": "identity"},
    }


def _known(client: Client) -> dict[str, str]:
    """Ids of things that this role can see."""
    known = {}
    for name, place in (
        ("customer", "customers"), ("company", "companies"), ("task", "tasks"),
        ("view", "views?object_type=customer"), ("segment", "segments"), ("import", "imports"),
        ("campaign", "campaigns"),
    ):  # fmt: skip
        items = client.get(f"{API}/{place}").json().get("items")
        if items:
            known[f"{name}_id"] = items[0]["id"]
    return known
