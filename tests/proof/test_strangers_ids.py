"""Ids of strangers in every parameter, rights in every body: nothing of a stranger's is touched,
nothing hangs on it afterwards, and nobody is more than they were.

Forms are found on the pages, bodies of the API in its description; each is sent once as it stands
and once with every id exchanged for one out of the sender's sight.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import resolve, reverse

from tests.proof.test_clumsy import RIGHTS
from tests.proof.test_payloads import forms, written
from tests.proof.world import Company
from zhiyin.accounts.roles import Role
from zhiyin.console.api.root import document

COMMONEST = {"customer_id", "company_id"}  # whose ids are put into every field in every run
FORM = "application/x-www-form-urlencoded"
Touched = dict[str, tuple[int, str]]
# What notes who tried what, and may name anything.
TRAILS = {"accounts_auditpending", "accounts_keptanswer", "django_session", "accounts_session"}


@pytest.fixture
def company(db: None) -> Iterator[Company]:
    logging.disable(logging.CRITICAL)
    yield Company()
    logging.disable(logging.NOTSET)


def hanging_on(ids: set[UUID], tables: set[str] | None = None) -> dict[str, tuple[int, str]]:
    """How many rows name one of these ids in any column, and what these rows hold."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            columns = [one.column for one in model._meta.concrete_fields if _holds_ids(one)]
            table = model._meta.db_table
            if not columns or table in TRAILS or (tables is not None and table not in tables):
                continue
            where = " or ".join(f'"{column}" = any(%s)' for column in columns)
            cursor.execute(
                f"select count(*), coalesce(md5(string_agg(t::text, '|' order by t::text)), '')"
                f" from {model._meta.db_table} t where {where}",
                [list(ids)] * len(columns),
            )
            found[model._meta.db_table] = cursor.fetchone()
    return found


def _holds_ids(field: Any) -> bool:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return isinstance(target, models.UUIDField)


def touched_by(client: Client, theirs: set[UUID], was: Touched, method: str, address: str,
               data: Any, **how: Any) -> tuple[int, list[str]]:  # fmt: skip
    """The status of a request, and what it did to strangers; all is taken back."""
    with transaction.atomic():
        before = written()
        status = client.generic(method, address, data, **how).status_code
        changed = {table for table, rows in written().items() if rows != before.get(table, 0)}
        now = hanging_on(theirs, changed)
        transaction.set_rollback(True)
    return status, [table for table, held in now.items() if held != was[table]]


def strangers(company: Company) -> dict[str, list[Any]]:
    """Ids out of the sight of a salesperson, by the names of arguments; people's own are known."""
    return company.ids_for({"elsewhere"})


def out_of_sight(company: Company) -> set[UUID]:
    """The rows of strangers: their customer, company, task, file, comment, view …"""
    return {
        id_ if isinstance(id_, UUID) else UUID(str(id_))
        for name, ids in strangers(company).items()
        for id_ in ids
        if name not in {"user_id", "record_type"} and _is_id(id_)
    }


def _is_id(value: Any) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def _exchanged(
    company: Company, to: str, values: list[tuple[str, str]], *, every: bool
) -> Iterator[tuple[str, Any]]:
    """The form with a stranger's id in its address, and with one in each field that takes ids."""
    taken = strangers(company)
    match = resolve(urlsplit(to).path)
    theirs = {name: taken[name][0] for name in match.kwargs if taken.get(name)}
    if theirs:
        yield reverse(match.view_name, kwargs={**match.kwargs, **theirs}), dict(values)
    names = {"customer", "company", "task", "segment", "file", "comment", "row", "id", "record",
             "people", "who", "rows"}  # fmt: skip
    for argument, ids in taken.items():
        if ids and _is_id(ids[0]) and (every or argument in COMMONEST):
            more = dict.fromkeys(names, str(ids[0])) | {argument: str(ids[0])}
            exchanged = {name: str(ids[0]) if _is_id(value) else value for name, value in values}
            yield to, {**exchanged, **more}
            if every:
                yield to, {**more, **exchanged}


@pytest.mark.slow
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_no_form_reaches_a_stranger(company: Company, every: bool) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[Role.SALES])
    theirs = out_of_sight(company)
    before, touched, tried = hanging_on(theirs), [], Counter[str]()
    for to, form in forms(company, client, "reader:sales"):
        values = [(name, value or "x") for name, value in form.values]
        for address, data in _exchanged(company, to, values, every=every):
            status, found = touched_by(
                client, theirs, before, "POST", address, urlencode(data), content_type=FORM
            )
            tried[resolve(urlsplit(address).path).url_name or ""] += 1
            touched += [f"{address} {table} → {status}" for table in found]
    assert touched == []
    assert sum(tried.values()) > 40
    assert {"new_customer", "note_customer"} <= tried.keys()


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of the API that takes JSON: method, path and a body that it could take."""
    told = json.loads(document())
    for path, operations in told["paths"].items():
        for method, one in operations.items():
            content = one.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                name = content["schema"]["$ref"].rpartition("/")[2]
                yield method, path, _body(told["components"]["schemas"][name])


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    """A body made of the examples of a schema, or the plainest values of its types."""
    if schema.get("examples"):
        return dict(schema["examples"][0])
    plain = {"string": "x", "integer": 1, "boolean": True, "array": [], "object": {}}
    return {
        name: one.get("examples", [one.get("default", plain.get(one.get("type", ""), "x"))])[0]
        for name, one in schema.get("properties", {}).items()
        if name in schema.get("required", [])
    }


def test_no_body_of_the_api_takes_a_right_or_a_stranger(company: Company) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[Role.SALES])
    own, theirs = company.ids_for({"reader:sales", ""}), out_of_sight(company)
    before, taken, tried = hanging_on(theirs), [], Counter[int]()
    for method, path, body in bodies():
        told = path[path.index("{") + 1 : path.index("}")] if "{" in path else ""
        for ids in (own, strangers(company)):
            address = path.replace(f"{{{told}}}", str((ids.get(told) or [UUID(int=0)])[0]))
            for claim in sorted(RIGHTS - body.keys()):
                value = str(company.readers[Role.ADMINISTRATOR].pk)
                status, found = touched_by(
                    client, theirs, before, method.upper(), address,
                    json.dumps({**body, claim: value}), content_type="application/json",
                )  # fmt: skip
                tried[status] += 1
                taken += [f"{method} {address} took {claim}"] if status < 400 else []
                taken += [f"{method} {address} with {claim}: {table}" for table in found]
    assert taken == []
    assert tried[422] > 100
    assert max(tried) < 500
