"""The API's description: current, complete, and only for those who are signed in."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
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


def test_every_body_and_answer_has_an_example_that_its_schema_accepts() -> None:
    description = json.loads(root.document())
    components = {"components": description["components"]}
    for address, operations in description["paths"].items():
        for method, operation in operations.items():
            contents = dict(operation.get("requestBody", {}).get("content", {}))
            for status, answer in operation["responses"].items():
                contents |= {f"{status} {kind}": one for kind, one in answer["content"].items()}
            assert len(contents) > 4, f"{method} {address}"
            for place, content in contents.items():
                validator = jsonschema_rs.validator_for({**content["schema"], **components})
                example = (
                    content["example"] if "example" in content else _example(content, description)
                )
                faults = [str(one) for one in validator.iter_errors(example)]
                assert faults == [], f"{method} {address} {place}"


def test_the_example_of_a_problem_is_that_problem_in_both_languages() -> None:
    description = root.api.get_openapi_schema()
    for operations in description["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    (content,) = answer["content"].values()
                    example = _example(content, description)
                    assert example["status"] == int(status)
                    assert set(example["texts"]) == {"zh", "en"}


def _example(content: Any, description: Any) -> Any:
    name = content["examples"]["problem"]["$ref"].rpartition("/")[2]
    return description["components"]["examples"][name]["value"]


def test_every_write_tells_all_that_may_come_of_it() -> None:
    """400 for what is no JSON, 409 for a key on its way; 412 where it takes If-Match."""
    for address, operations in root.api.get_openapi_schema()["paths"].items():
        for method in set(operations) - {"get"}:
            operation = operations[method]
            known = {int(status) for status in operation["responses"]}
            headers = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
            assert (412 in known) == ("If-Match" in headers), f"{method} {address}"
            assert (method not in ("post", "patch")) or {400, 409} <= known, f"{method} {address}"


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
