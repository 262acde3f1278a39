"""/comments and /notifications over HTTP: by the record's rights, and one's own alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.files.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.customers.notices import TRAINED
from zhiyin.talk.emitting import notify


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def _send(desk: Desk, by: User, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    text = json.dumps(body) if body is not None else ""
    if by.pk not in desk.clients:
        desk.clients[by.pk] = desk.client(by)  # one browser each
    client = desk.clients[by.pk]
    return client.generic(method, f"/api/v1/{path}", text, "application/json")


def _comment(desk: Desk, by: User, text: str) -> Any:
    body = {"record_type": "customer", "record_id": str(desk.customer.pk), "text": text}
    return _send(desk, by, "POST", "comments", body)


def test_a_comment_is_written_listed_changed_and_taken_back(desk: Desk) -> None:
    made = _comment(desk, desk.owner, "@Colleague and @Stranger").json()
    assert made["mentions"] == [str(desk.colleague.pk)] and made["unable"] == ["Stranger"]
    asked = f"comments?record_type=customer&record_id={desk.customer.pk}"
    assert [one["text"] for one in _send(desk, desk.reader, "GET", asked).json()["items"]] == [
        "@Colleague and @Stranger"
    ]
    one = f"comments/{made['id']}"
    changed = _send(desk, desk.owner, "PATCH", one, {"text": "nobody"}).json()
    assert changed["text"] == "nobody" and changed["edited_at"]
    assert _send(desk, desk.colleague, "PATCH", one, {"text": "x"}).status_code == 403
    assert _send(desk, desk.stranger, "DELETE", one).status_code == 404
    assert _send(desk, desk.owner, "PATCH", one, {"text": " "}).status_code == 422
    assert _send(desk, desk.owner, "DELETE", one).json()["deleted_at"]
    assert _send(desk, desk.reader, "GET", asked).json()["items"] == []


def test_comments_need_the_record_and_a_role_that_writes(desk: Desk) -> None:
    assert _comment(desk, desk.stranger, "x").status_code == 404
    assert _comment(desk, desk.reader, "x").status_code == 403
    asked = f"comments?record_type=customer&record_id={desk.customer.pk}"
    assert _send(desk, desk.stranger, "GET", asked).status_code == 404


def test_notifications_are_ones_own_and_can_be_read(desk: Desk) -> None:
    for _ in range(3):
        notify([desk.owner], TRAINED, customers=5)
    told = _send(desk, desk.owner, "GET", "notifications").json()
    (line,) = told["items"]
    assert told["unread"] == 3 and line["count"] == 3 and "trained" in line["text"]
    assert _send(desk, desk.colleague, "GET", "notifications").json()["items"] == []
    theirs = {"ids": line["ids"]}
    assert _send(desk, desk.colleague, "POST", "notifications/read", theirs).json() == {"read": 0}
    one = {"ids": line["ids"][:1]}
    assert _send(desk, desk.owner, "POST", "notifications/read", one).json() == {"read": 1}
    assert _send(desk, desk.owner, "POST", "notifications/read", {}).json() == {"read": 2}
