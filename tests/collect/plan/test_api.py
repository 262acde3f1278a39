"""The plan through the API: read by all, written by keepers, never over somebody else's change."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Learnt, PlanDay, Source
from zhiyin.collect.plan import services

pytestmark = pytest.mark.django_db
PLACE = "/api/v1/sources/site/plan"
PLAN: dict[str, Any] = {
    "mode": "reject",
    "unknown_events": "flag",
    "unknown_properties": "observe",
    "events": {
        "Product Viewed": {
            "description": "Looked at",
            "properties": {
                "price": {"type": "number", "required": True},
                "size": {"type": "text", "allowed": ["S", "大号"], "personal": True},
            },
        }
    },
}


@pytest.fixture
def source(db: None) -> Source:
    return sdk.source().source


def client(role: Role) -> Client:
    made = Client()
    made.force_login(factories.user(role))
    return made


def put(who: Client, plan: object, **headers: str) -> Any:
    return who.put(PLACE, plan, "application/json", headers=headers)


def test_a_plan_is_written_and_reads_back(source: Source) -> None:
    boss = client(Role.ADMINISTRATOR)
    empty = boss.get(PLACE)
    assert (empty.status_code, empty.json()["version"], empty.json()["events"]) == (200, 0, {})
    done = put(boss, PLAN)
    assert done.status_code == 200, done.content
    told = client(Role.READ_ONLY).get(PLACE).json()
    assert told["version"] == 1 and told["mode"] == "reject"
    held = told["events"]["Product Viewed"]["properties"]
    assert held["price"] == {
        "type": "number", "required": True, "allowed": [], "personal": False, "description": "",
    }  # fmt: skip
    assert held["size"]["allowed"] == ["S", "大号"] and held["size"]["personal"]
    again = put(boss, {name: told[name] for name in PLAN})
    assert again.json()["version"] == 1


def test_somebody_elses_change_is_not_overwritten(source: Source) -> None:
    boss = client(Role.ADMINISTRATOR)
    tag = boss.get(PLACE).headers["ETag"]
    assert put(boss, PLAN, **{"if-match": tag}).status_code == 200
    assert put(boss, {}, **{"if-match": tag}).status_code == 412
    assert services.plan_of(Source.objects.get(pk=source.pk)).events


@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "maybe"}, {"events": {"x": {"properties": {"a": {"type": "colour"}}}}},
        {"events": {" x": {}}}, {"events": {"x": {"surprise": 1}}},
        {"events": {"x": {"properties": {"a": {"type": "yes_no", "allowed": ["x"]}}}}},
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_in_both_languages(source: Source, plan: object) -> None:
    answer = put(client(Role.ADMINISTRATOR), plan)
    assert answer.status_code == 422
    assert set(answer.json()["texts"]) == {"zh", "en"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_keepers_write(source: Source, role: Role) -> None:
    who = client(role)
    assert who.get(PLACE).status_code == 200
    assert put(who, PLAN).status_code == 403


def test_a_source_that_is_not_there_is_not_found(source: Source) -> None:
    assert client(Role.ADMINISTRATOR).get("/api/v1/sources/none/plan").status_code == 404


def test_what_was_learnt_and_how_it_drifts_are_told(source: Source) -> None:
    now = timezone.now()
    Learnt.objects.create(source=source, event="Viewed", property="price", events=9, as_number=7,
                          as_text=2, examples=["1.5"], first_at=now, last_at=now)  # fmt: skip
    day = {"source": source, "day": timezone.localdate(now), "event": "Viewed"}
    PlanDay.objects.create(**day, events=9)
    PlanDay.objects.create(**day, fault="any", events=2)
    PlanDay.objects.create(**day, fault="type", property="price", came="text", events=2)
    who = client(Role.READ_ONLY)
    item = who.get(f"{PLACE}/learnt").json()["items"][0]
    assert item["types"] == {"text": 2, "number": 7} and item["examples"] == ["1.5"]
    told = who.get(f"{PLACE}/drift?days=2").json()
    assert (told["came"], told["deviated"]) == ([0, 9], [0, 2])
    assert told["ways"] == [
        {"event": "Viewed", "property": "price", "fault": "type", "came": "text", "days": [0, 2],
         "of": 9}
    ]  # fmt: skip
    assert who.get(f"{PLACE}/drift?days=99").status_code == 422
