"""Segments over HTTP: counted and listed within one's own sight, kept only when they make sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.desk import API, BUYERS, Desk, ids
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Segment
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db


def rule(*items: dict[str, Any]) -> dict[str, Any]:
    return {"tree": {"root": {"type": "group", "match": "all", "items": list(items)}, "version": 1}}


def test_a_count_holds_only_whom_one_may_see() -> None:
    desk = Desk()
    desk.customer()
    desk.customer(desk.colleague)
    desk.customer(desk.stranger)
    counts = {}
    for role in (Role.ADMINISTRATOR, Role.SALES):
        answer = desk.client(role).post(
            f"{API}/segments/count", {"tree": BUYERS}, content_type="application/json"
        )
        counts[role] = answer.json()["count"]
        assert set(answer.json()["sentence"]) == {"zh", "en"}
    assert counts == {Role.ADMINISTRATOR: 3, Role.SALES: 2}


def test_sizes_and_members_hold_only_whom_one_may_see() -> None:
    desk = Desk()
    mine = desk.customer()
    desk.customer(desk.stranger)
    segment = desk.segment()
    sales = desk.client(Role.SALES)
    assert sales.get(f"{API}/segments").json()["items"][0]["size"] == 1
    assert sales.get(f"{API}/segments/{segment.pk}").json()["size"] == 1
    assert ids(sales.get(f"{API}/segments/{segment.pk}/customers")) == {str(mine.pk)}
    administrator = desk.client(Role.ADMINISTRATOR)
    assert administrator.get(f"{API}/segments/{segment.pk}").json()["size"] == 2
    assert len(ids(administrator.get(f"{API}/segments/{segment.pk}/customers"))) == 2


def test_a_rule_is_kept_with_its_sentence_and_members() -> None:
    desk = Desk()
    desk.customer()
    answer = desk.client(Role.MARKETER).post(
        f"{API}/segments", {"name": "买过的人", "tree": BUYERS}, content_type="application/json"
    )
    assert answer.status_code == 201
    made = Segment.objects.get(pk=answer.json()["id"])
    assert (made.size, made.owner) == (1, desk.people[Role.MARKETER])
    assert answer.json()["tree"] == BUYERS


def test_who_may_not_change_segments_keeps_none() -> None:
    desk = Desk()
    answer = desk.client(Role.SALES).post(
        f"{API}/segments", {"name": "x", "tree": BUYERS}, content_type="application/json"
    )
    assert answer.status_code == 403
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        rule(),
        rule({"type": "field", "field": "password", "op": "is", "value": 1}),
        rule({"type": "field", "field": "orders", "op": "is", "value": "'; drop table x"}),
        rule({"type": "field", "field": "city", "op": "is", "value": "\x00"}),
        rule({"type": "field", "field": "city", "op": "is", "value": "\ud800"}),
        rule({"type": "segment", "segment": str(uuid7())}),
        rule({"type": "sql", "sql": "select 1"}),
        {"tree": {"root": None}},
        {"tree": "x"},
        {"tree": BUYERS, "owner": str(uuid7())},
        {},
    ],
    ids=range(11),
)
def test_a_rule_without_sense_is_refused_with_the_place(asked: dict[str, Any]) -> None:
    desk = Desk()
    answer = desk.client(Role.ADMINISTRATOR).post(
        f"{API}/segments/count", json.dumps(asked), content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"]


def test_a_field_that_one_may_not_read_cannot_be_asked() -> None:
    desk = Desk()
    desk.customer()
    young = rule({"type": "field", "field": "birth_date", "op": "after", "value": "1990-01-01"})
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.SALES, 422), (Role.ANALYST, 422)):
        answer = desk.client(role).post(
            f"{API}/segments/count", young, content_type="application/json"
        )
        assert answer.status_code == status


def test_a_hundred_segments_cost_as_many_questions_as_one(
    django_assert_max_num_queries: object,
) -> None:
    desk = Desk()
    for _ in range(10):
        desk.segment()
    client = desk.client(Role.SALES)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert len(client.get(f"{API}/segments?limit=200").json()["items"]) == 10
