"""A plan is made of what was learnt, edited, brought as a file and taken back, in versions."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests import factories
from tests.collect import sdk
from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Learnt, PlanVersion, Source
from zhiyin.collect.plan import services
from zhiyin.collect.plan.schema import (
    CannotBe,
    Kind,
    Mode,
    Place,
    Plan,
    Planned,
    Property,
    differences,
)
from zhiyin.collect.plan.services import Gone, Outdated

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(db: None) -> Source:
    return sdk.source().source


@pytest.fixture
def boss(db: None) -> User:
    return factories.user(Role.ADMINISTRATOR)


def came(source: Source, event: str, name: str = "", events: int = 30, **kinds: int) -> None:
    now = timezone.now()
    Learnt.objects.create(source=source, event=event, property=name, events=events, first_at=now,
                          last_at=now, personal=name == "email",
                          **{f"as_{kind}": n for kind, n in kinds.items()})  # fmt: skip


@pytest.fixture
def learnt(source: Source) -> None:
    came(source, "Product Viewed")
    came(source, "Product Viewed", "price", whole=20, number=10)
    came(source, "Product Viewed", "email", events=4, text=4)
    came(source, "Cart Viewed")


@pytest.mark.usefixtures("learnt")
def test_what_was_learnt_becomes_a_plan(source: Source, boss: User) -> None:
    assert services.accept(source, by=boss, base=0)
    plan = services.plan_of(source)
    assert source.plan_version == 1 and set(plan.events) == {"Product Viewed", "Cart Viewed"}
    assert plan.events["Product Viewed"].properties == {
        "price": Property(Kind.NUMBER, required=True),
        "email": Property(Kind.TEXT, personal=True),
    }
    assert not services.accept(source, by=boss, base=1)
    assert PlanVersion.objects.get().note == "accepted"
    assert AuditPending.objects.filter(verb="plan.changed").count() == 1


@pytest.mark.usefixtures("learnt")
def test_one_event_is_taken_and_one_property_is_made_wider(source: Source, boss: User) -> None:
    services.accept(source, by=boss, base=0, only=[Place("Product Viewed")])
    assert set(services.plan_of(source).events) == {"Product Viewed"}
    rule = Property(Kind.WHOLE, required=True, allowed=(1,), description="CNY")
    place = Place("Product Viewed", "price")
    services.put_property(source, place, rule, by=boss, base=1)
    services.accept(source, by=boss, base=2, only=[Place("Product Viewed")])
    assert services.plan_of(source).events["Product Viewed"].properties["price"] == rule
    services.accept(source, by=boss, base=2, only=[place])
    assert services.plan_of(source).events["Product Viewed"].properties["price"] == Property(
        Kind.NUMBER, required=True, description="CNY"
    )


def test_each_change_is_a_version_and_an_earlier_one_can_hold_again(
    source: Source, boss: User
) -> None:
    services.put_event(source, "Bought", "Money came", by=boss, base=0)
    services.put_property(source, Place("Bought", "total"), Property(Kind.NUMBER), by=boss, base=1)
    services.set_modes(source, by=boss, base=2, mode=Mode.REJECT, unknown_events=Mode.FLAG,
                       unknown_properties=Mode.OBSERVE)  # fmt: skip
    services.remove(source, Place("Bought", "total"), by=boss, base=3)
    told = [one.place for one in differences(services.version_of(source, 2),
                                             services.version_of(source, 4))]  # fmt: skip
    assert told == [Place("", "mode"), Place("", "unknown_events"), Place("Bought", "total")]
    services.restore(source, 2, by=boss, base=4)
    assert services.plan_of(source) == services.version_of(source, 2)
    assert source.plan_version == 5
    services.remove(source, Place("Bought"), by=boss, base=5)
    assert services.plan_of(source).events == {}


def test_a_change_to_what_was_changed_meanwhile_is_refused(source: Source, boss: User) -> None:
    services.put_event(source, "Bought", "", by=boss, base=0)
    with pytest.raises(Outdated):
        services.put_event(source, "Sold", "", by=boss, base=0)
    with pytest.raises(Gone):
        services.remove(source, Place("Sold"), by=boss, base=1)
    with pytest.raises(Gone):
        services.remove(source, Place("Bought", "x"), by=boss, base=1)
    with pytest.raises(Gone):
        services.restore(source, 9, by=boss, base=1)
    assert source.plan_version == 1


def test_a_plan_that_cannot_be_is_not_kept(source: Source, boss: User) -> None:
    for plan in (
        Plan(events={"x": Planned("y" * 401)}),
        Plan(events={"x": Planned("", {"a": Property(Kind.YES_NO, allowed=(1,))})}),
        Plan(events={f"e{n}": Planned() for n in range(1_001)}),
    ):
        with pytest.raises(CannotBe):
            services.save(source, plan, by=boss, base=0)
    assert source.plan_version == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_keepers_of_sources_change_plans(source: Source, role: Role) -> None:
    with pytest.raises(Denied):
        services.put_event(source, "Bought", "", by=factories.user(role), base=0)
