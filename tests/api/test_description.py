"""The API's description: current, complete, and only for those who are signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.api.desk import API, Desk
from zhiyin.accounts.roles import Role
from zhiyin.console.api import root


def test_the_description_in_the_documentation_is_current() -> None:
    written = root.FILE.read_text(encoding="utf-8") if root.FILE.exists() else ""
    assert written == root.document(), "run `python -m zhiyin.console.api` and commit the file"


def test_every_endpoint_says_what_it_is_and_which_refusals_it_knows() -> None:
    description = root.api.get_openapi_schema()
    for address, operations in description["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {address}"
            assert operation["summary"], place
            assert operation["description"], place
            assert operation["security"], place
            known = {int(status) for status in operation["responses"]}
            assert known >= {401, 403, 422, 429}, place
            assert ("{" not in address) or 404 in known, place
            assert (method == "get") or 400 in known, place
            for status, answer in operation["responses"].items():
                kind = "application/problem+json" if int(status) >= 400 else "application/json"
                assert list(answer["content"]) == [kind], place


def test_every_reference_leads_somewhere() -> None:
    text = root.document()
    description = root.api.get_openapi_schema()
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in description["components"]["schemas"]


@pytest.mark.django_db
def test_the_description_is_served_to_whoever_is_signed_in_and_there_is_no_docs_page() -> None:
    assert Client().get(f"{API}/openapi.json").status_code == 401
    client = Desk().client(Role.READ_ONLY)
    assert client.get(f"{API}/openapi.json").json()["openapi"].startswith("3.1")
    assert client.get(f"{API}/docs").status_code == 404
