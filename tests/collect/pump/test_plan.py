"""What the pump does with a plan: observes, flags, sets aside, learns, and keeps persons out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.utils.translation import override
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from tests import factories
from tests.collect.pump.conftest import NOW, Put
from tests.collect.pump.test_turning import message
from zhiyin.accounts.roles import Role
from zhiyin.collect import set_aside_services
from zhiyin.collect.archive import lake
from zhiyin.collect.models import (
    Event,
    Learnt,
    PlanDay,
    PlanVersion,
    SetAside,
    Source,
    Tally,
)
from zhiyin.collect.plan import noting, wording
from zhiyin.collect.plan.schema import Kind, Mode, Plan, Planned, Property, to_json
from zhiyin.collect.pump import archiving
from zhiyin.collect.pump.turning import turn
from zhiyin.collect.tracking.bodies import PARTITIONS

pytestmark = pytest.mark.django_db
ALL = range(PARTITIONS)
RULES = {
    "sku": Property(Kind.TEXT, required=True), "price": Property(Kind.NUMBER),
    "size": Property(Kind.TEXT, allowed=("S", "大号")),
}  # fmt: skip
Pumped = Callable[[], None]


@pytest.fixture
def pumped(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Pumped:
    """A turn, committed, and what was counted written down."""

    def pumped() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            turn(ALL)
        noting.flush()

    return pumped


def planned(source: Source, mode: Mode, **rules: Property) -> None:
    plan = Plan(mode, mode, mode, {"Product Viewed": Planned("", rules or RULES)})
    source.refresh_from_db()
    source.plan_version += 1
    source.save()
    PlanVersion.objects.create(
        source=source, version=source.plan_version, document=to_json(plan), by=factories.user()
    )


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"sku": "A", "price": "dear"}, "plan_type", "“price”: number was expected, text came."),
    ({"price": 2}, "plan_missing", "“sku” (text) is missing."),
    ({"sku": "A", "size": "XL"}, "plan_value", "“size” has none of the allowed values."),
    ({"sku": "A", "colour": 1}, "plan_unknown_property", "The plan does not know “colour”."),
]


@pytest.mark.parametrize(("properties", "reason", "said"), BAD)
def test_what_deviates_is_set_aside_with_what_was_expected_and_goes_in_when_mended(
    put: Put, site: Source, pumped: Pumped, properties: dict[str, Any], reason: str, said: str
) -> None:
    planned(site, Mode.REJECT)
    put(message(1, properties={"sku": "A", "price": 1.5}), message(2, properties=properties))
    pumped()
    assert Event.objects.get().properties == {"sku": "A", "price": 1.5}
    aside = SetAside.objects.get()
    assert (aside.name, aside.reason) == ("Product Viewed", reason)
    with override("en"):
        assert wording.explained(aside.reason, aside.detail) == said
    assert "XL" not in aside.detail and "dear" not in aside.detail
    tally = Tally.objects.get(outcome="set_aside")
    assert (tally.reason, tally.events) == (reason, 1)
    boss = factories.user(Role.ADMINISTRATOR)
    mended = aside.message.replace('"dear"', "7").replace("colour", "price")
    mended = mended.replace('"price": 2}', '"sku": "B"}').replace("XL", "大号")
    set_aside_services.mend(aside, mended, by=boss)
    pumped()
    assert Event.objects.count() == 2
    aside.refresh_from_db()
    assert aside.state == SetAside.State.REPLAYED


def test_an_event_that_the_plan_does_not_know_is_set_aside_where_it_says_so(
    put: Put, site: Source, pumped: Pumped
) -> None:
    planned(site, Mode.REJECT)
    put(message(1, event="Product Vewed"))
    pumped()
    assert SetAside.objects.get().reason == "plan_unknown_event"
    assert not Event.objects.exists()


@pytest.mark.parametrize(("properties", "reason", "said"), BAD)
def test_where_it_is_flagged_it_is_kept_with_what_deviates(
    put: Put, site: Source, pumped: Pumped, properties: dict[str, Any], reason: str, said: str
) -> None:
    planned(site, Mode.FLAG)
    put(message(1, properties=properties), message(2, properties={"sku": "A"}))
    pumped()
    flagged = Event.objects.get(context__has_key="plan")
    assert flagged.context is not None and flagged.properties == properties
    with override("en"):
        assert wording.sentences(flagged.context["plan"]) == said
    assert Event.objects.count() == 2


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.FLAG, Mode.REJECT])
def test_a_day_counts_what_deviates_in_every_mode(
    put: Put, site: Source, pumped: Pumped, mode: Mode
) -> None:
    planned(site, mode)
    put(*(message(n, properties=one[0]) for n, one in enumerate(BAD)),
        message(9, properties={"sku": "B", "price": 1, "size": "大号"}),
        message(9, properties={"sku": "B", "price": 1, "size": "大号"}))  # fmt: skip
    pumped()
    assert Event.objects.exclude(context__has_key="plan").count() == {
        Mode.OBSERVE: 5, Mode.FLAG: 1, Mode.REJECT: 1
    }[mode]  # fmt: skip
    days = PlanDay.objects.values_list("property", "fault", "came", "events")
    assert set(days) == {
        ("", "", "", 5), ("", "any", "", 4), ("price", "type", "text", 1),
        ("sku", "missing", "", 1), ("size", "value", "", 1),
        ("colour", "unknown_property", "whole", 1),
    }  # fmt: skip


def _away(batch: object) -> None:
    raise OperationalError


def test_a_turn_that_is_rolled_back_counts_nothing(
    put: Put, site: Source, pumped: Pumped, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(message(1, properties={"sku": "A"}))
    with monkeypatch.context() as broken:
        broken.setattr(archiving, "put_by", _away)
        with pytest.raises(OperationalError):
            pumped()
        noting.flush()
    assert not Learnt.objects.exists()
    pumped()
    assert Learnt.objects.get(property="sku").events == 1


def test_what_comes_is_learnt_without_a_word_about_persons(put: Put, pumped: Pumped) -> None:
    for number in range(25):
        put(message(number, properties={
            "price": 2 if number % 2 else 2.5, "when": "2026-11-29T10:00:00Z", "currency": "CNY",
            "who": "王小明", "write_to": "CANARY@example.com", "call": 13_800_138_000,
            "odd": None, "in_stock": True, "products": [{"who": "CANARY"}], "more": {"a": 1},
        }))  # fmt: skip
        pumped()
    rows = {row.property: row for row in Learnt.objects.filter(event="Product Viewed")}
    assert "odd" not in rows and rows[""].events == 25
    assert (rows["price"].as_whole, rows["price"].as_number) == (12, 13)
    assert rows["when"].as_moment == rows["in_stock"].as_yes_no == rows["more"].as_object == 25
    assert rows["currency"].examples == ['"CNY"'] and rows["price"].examples == ["2", "2.5"]
    assert rows["write_to"].personal and not rows["price"].personal
    told = " ".join(str(list(Learnt.objects.values()[n].values())) for n in range(len(rows)))
    assert not [word for word in ("王小明", "CANARY", "13800138000") if word in told]


def test_traits_of_identify_are_learnt_and_held_against_the_plan(
    put: Put, site: Source, pumped: Pumped
) -> None:
    def said(number: int, **traits: Any) -> dict[str, Any]:
        return {"type": "identify", "userId": "u1", "messageId": f"i{number}", "traits": traits}

    put(said(1, email="wang@example.com", plan="pro"))
    pumped()
    learnt = Learnt.objects.filter(event="Profile Updated").exclude(property="")
    assert set(learnt.values_list("property", "personal")) == {("email", True), ("plan", False)}
    source = Source.objects.get(pk=site.pk)
    source.plan_version = 1
    source.save()
    rules = {"email": Property(Kind.TEXT), "plan": Property(Kind.TEXT, required=True)}
    plan = Plan(Mode.REJECT, events={"Profile Updated": Planned("", rules)})
    PlanVersion.objects.create(source=source, version=1, document=to_json(plan),
                               by=factories.user())  # fmt: skip
    put(said(2, email="li@example.com"), said(3, plan="free"))
    pumped()
    assert SetAside.objects.get().reason == "plan_missing"
    assert Event.objects.count() == 2


def in_the_lake() -> str:
    while archiving.archive_some():
        pass
    rows = lake().read("events", columns=["name", "properties"]).to_pylist()
    return " ".join(f"{row['name']} {row['properties']}" for row in rows)


def bytes_of_the_lake(settings: Settings) -> bytes:
    """Every byte under the lake, and every page of its files unpacked."""
    from pathlib import Path

    import pyarrow.parquet as pq

    found = b""
    for path in Path(settings.LAKE).rglob("*"):
        if path.is_file():
            found += path.read_bytes()
            if path.suffix == ".parquet":
                found += str(pq.read_table(path).to_pylist()).encode()
    return found


def test_what_is_marked_personal_never_reaches_a_file_of_the_lake(
    put: Put, site: Source, pumped: Pumped, settings: Settings
) -> None:
    """A technical word, a number, a list and a listed value: all of them would be let through."""
    planned(
        site, Mode.FLAG, nick=Property(Kind.TEXT, personal=True),
        born=Property(Kind.WHOLE, personal=True), tags=Property(Kind.LIST, personal=True),
        town=Property(Kind.TEXT, personal=True, allowed=("CANARY4",)), sku=Property(Kind.TEXT),
    )  # fmt: skip
    put(message(1, properties={"nick": "CANARY1", "born": 77665544, "tags": ["CANARY3"],
                               "town": "CANARY4", "sku": "PLAIN1",
                               "CANARY5@example.com": "CANARY6"}))  # fmt: skip
    pumped()
    assert "PLAIN1" in in_the_lake()
    stored = bytes_of_the_lake(settings)
    assert b"PLAIN1" in stored
    assert not [word for word in (b"CANARY", b"77665544") if word in stored]
    kept = Event.objects.get()
    assert kept.properties["nick"] == "CANARY1"
    context = str(kept.context)
    assert "CANARY" not in context


def test_a_mark_that_is_taken_away_lets_it_through_from_then_on(
    put: Put, site: Source, pumped: Pumped
) -> None:
    planned(site, Mode.OBSERVE, nick=Property(Kind.TEXT, personal=True))
    put(message(1, properties={"nick": "WORD1"}))
    pumped()
    planned(site, Mode.OBSERVE, nick=Property(Kind.TEXT))
    put(message(2, properties={"nick": "WORD2"}))
    pumped()
    told = in_the_lake()
    assert "WORD2" in told and "WORD1" not in told


def test_a_value_that_the_plan_lists_reaches_the_lake_in_any_script(
    put: Put, site: Source, pumped: Pumped
) -> None:
    planned(site, Mode.OBSERVE)
    put(message(1, properties={"sku": "A", "size": "大号"}),
        message(2, properties={"sku": "A", "size": "王小明"}))  # fmt: skip
    pumped()
    told = in_the_lake()
    assert "大号" in told and "王小明" not in told


def test_names_beyond_the_cap_stay_with_the_event_and_are_counted(
    put: Put, pumped: Pumped, settings: Settings
) -> None:
    settings.PLAN_NAMES, settings.PLAN_EVENT_PROPERTIES = 8, 5
    for number in range(40):
        put(message(number, properties={f"p{number}_{n}": 7 for n in range(20)}))
    put(*(message(100 + n, event=f"Made Up {n}") for n in range(30)))
    pumped()
    rows = Learnt.objects.all()
    assert rows.exclude(property="").count() == 5
    assert rows.exclude(event="").count() == 8
    assert rows.get(event="Product Viewed", property="").beyond == 40 * 20 - 5
    assert rows.get(event="").events == 28
    assert Event.objects.count() == 70
    assert len(Event.objects.filter(name="Product Viewed")[3].properties) == 20
    assert in_the_lake().count('":7') == 5


def test_two_processes_keep_to_the_cap_together(
    put: Put, pumped: Pumped, settings: Settings, site: Source
) -> None:
    settings.PLAN_NAMES = 6
    put(message(1, properties={"a": 1, "b": 1, "c": 1}))
    pumped()
    ours = noting.watch(Source.objects.get(pk=site.pk))
    noting.forget()  # another process, which knows what is written down
    put(message(2, properties={"d": 1}))
    pumped()
    noting.forget()
    noting._watches[site.pk] = ours  # the first did not see that
    put(message(3, properties={"x": 1, "y": 1}))
    pumped()
    assert Learnt.objects.count() == 6
    assert Learnt.objects.get(property="").beyond >= 1


def test_an_event_asks_the_database_nothing_for_the_plan(
    put: Put, site: Source, pumped: Pumped, django_assert_max_num_queries: Any
) -> None:
    from zhiyin.collect.batch import Batch, Incoming
    from zhiyin.collect.plan.step import hold
    from zhiyin.ids import uuid7

    planned(site, Mode.REJECT)
    noting.watch(site)

    def batch(n: int) -> Batch:
        events = [Incoming(uuid7(), "Product Viewed", NOW, [], {"sku": "A"}) for _ in range(n)]
        return Batch(uuid7(), 0, site, NOW, events, live=True)

    with django_assert_max_num_queries(0):
        hold(batch(1_000))
