"""How the API says no: always problem+json, in both languages, without a trace of the code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.api.desk import API, BUYERS, Desk
from zhiyin.accounts.roles import Role
from zhiyin.customers.queries import record
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db


def check(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:zhiyin:problem:")
    assert problem["texts"]["zh"]["title"] != problem["texts"]["en"]["title"]
    assert "Traceback" not in answer.content.decode()
    return problem


def test_a_stranger_is_told_to_sign_in() -> None:
    check(Client().get(f"{API}/customers"), 401)


def test_a_role_without_the_right_is_told_so() -> None:
    check(Desk().client(Role.SALES).get(f"{API}/imports"), 403)


def test_what_is_not_there_is_told_so_also_where_no_endpoint_is() -> None:
    client = Desk().client(Role.SALES)
    check(client.get(f"{API}/customers/{uuid7()}"), 404)
    check(client.get(f"{API}/nothing"), 404)
    check(client.get("/api/v2/customers"), 404)


def test_an_id_that_is_none_is_named() -> None:
    client = Desk().client(Role.SALES)
    for id_ in ("1", "x" * 2000, "%00", "..%2f..", "'%20or%201=1"):
        answer = client.get(f"{API}/customers/{id_}")
        assert answer.status_code in (404, 422)
        check(answer, answer.status_code)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b"[]", 422),
        (b"null", 422), (b'"x"', 422), (b'{"tree": NaN}', 400), (b"{}", 422),
        (b'{"tree": {"a\\u0000": 1}}', 422), (b'{"tree": "\\ud800"}', 422),
        (b'{"tree": ' + b"[" * 60 + b"]" * 60 + b"}", 400),
        (b'{"tree": ' + b"9" * 5000 + b"}", 400),
        (b'{"tree": "' + b"x" * 1_100_000 + b'"}', 400),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_body_that_is_none_is_refused(body: bytes, status: int) -> None:
    client = Desk().client(Role.ADMINISTRATOR)
    answer = client.post(f"{API}/segments/count", body, content_type="application/json")
    check(answer, status)


def test_the_readers_language_comes_first_and_both_are_there() -> None:
    desk = Desk()
    client = desk.client(Role.SALES)
    english = check(client.get(f"{API}/customers?limit=999"), 422)
    chinese = check(
        client.get(f"{API}/customers?limit=999", headers={"accept-language": "zh-hans"}), 422
    )
    assert english["detail"] == "limit: Must be at most 200"
    assert chinese["detail"] == "limit：不能大于 200"
    assert english["texts"] == chinese["texts"]
    assert english["errors"] == [
        {"field": "limit", "zh": "不能大于 200", "en": "Must be at most 200"}
    ]


def test_what_was_sent_is_not_repeated() -> None:
    answer = Desk().client(Role.SALES).get(f"{API}/customers?tier=%3Cscript%3E")
    assert "script" not in answer.content.decode()


def test_our_own_mistake_tells_nothing_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    desk = Desk()
    monkeypatch.setattr(record, "person", broken)
    client = desk.client(Role.SALES)
    client.raise_request_exception = False
    answer = client.get(f"{API}/customers/{uuid7()}")
    check(answer, 500)
    assert "secret" not in answer.content.decode()


def test_a_foreign_page_cannot_write_with_my_session() -> None:
    desk = Desk()
    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.admin)
    answer = client.post(
        f"{API}/segments", json.dumps({"name": "x", "tree": BUYERS}), "application/json"
    )
    assert "CSRF" in check(answer, 403)["texts"]["en"]["detail"]
