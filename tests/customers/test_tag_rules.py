"""Tags by rule and by model with expiry, households and colleagues on a person's page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import (
    Company,
    Customer,
    GivenTag,
    GroupMember,
    ProfileChange,
    Score,
    Segment,
    TagRule,
)
from zhiyin.customers.services import groups, tagging, tags
from zhiyin.customers.services.values import CannotBe
from zhiyin.segments import FieldIs, Group, Match, Op, Rule, dump

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR)


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def scored(person: Customer, value: float) -> None:
    Score.objects.update_or_create(
        customer=person, model="churn",
        defaults={"version": 1, "as_of": NOW, "value": value},
    )  # fmt: skip


def tags_of(person: Customer) -> list[str]:
    return list(Customer.objects.get(pk=person.pk).tags)


def test_a_model_gives_a_tag_and_takes_it_when_its_days_are_over(admin: User) -> None:
    risky, calm = people.customer("王小明", tags=["VIP"]), people.customer("李四")
    scored(risky, 0.8)
    scored(calm, 0.1)
    tagging.make_rule("要挽留", by=admin, model="churn", least=0.5, days=10)
    assert tagging.apply_all(NOW) == 1
    assert (tags_of(risky), tags_of(calm)) == (["VIP", "要挽留"], [])
    assert tagging.apply_all(NOW) == 0  # twice harms nothing
    scored(risky, 0.2)
    tagging.apply_all(NOW)
    tagging.apply_all(NOW + timedelta(days=9))
    assert "要挽留" in tags_of(risky)
    tagging.apply_all(NOW + timedelta(days=11))
    assert tags_of(risky) == ["VIP"]
    kept = ProfileChange.objects.filter(customer=risky, field="tags").order_by("pk")
    assert [one.after for one in kept] == ["VIP\x1f要挽留", "VIP"]


def test_a_segment_gives_a_tag_and_one_given_by_hand_stays(admin: User) -> None:
    here, there = people.customer("王小明", city="杭州"), people.customer("李四", city="杭州")
    tags.set_tag(there, "杭州人", by=admin, on=True)
    rule = Rule(root=Group(Match.ALL, (FieldIs("city", Op.IS, "杭州"),)))
    segment = Segment.objects.create(name="杭州", owner=admin, tree=json.loads(dump(rule)))
    one = tagging.make_rule("杭州人", by=admin, segment=segment)
    tagging.apply_all(NOW)
    assert tags_of(here) == tags_of(there) == ["杭州人"]
    assert GivenTag.objects.get().customer == here
    assert tagging.remove_rule(one, by=admin) == 1
    assert (tags_of(here), tags_of(there)) == ([], ["杭州人"])


def test_a_tag_by_hand_may_end_on_a_day(admin: User) -> None:
    person = people.customer("王小明")
    tagging.tag_until(person, "双十一", NOW + timedelta(days=3650), by=admin)
    text = client_of(admin).get(reverse("customer", args=[person.pk])).content.decode()
    assert "until" in text
    assert tagging.end(NOW + timedelta(days=3651)) == 1
    assert tags_of(person) == []
    with pytest.raises(CannotBe):
        tagging.tag_until(person, "x", NOW - timedelta(days=3650), by=admin)


def test_the_page_of_rules_makes_applies_and_removes(admin: User) -> None:
    people.customer("王小明")
    client = client_of(admin)
    client.post(reverse("tag_rules"), {"tag": "高风险", "model": "churn", "least": "0.5"})
    one = TagRule.objects.get()
    assert "高风险" in client.get(reverse("tag_rules")).content.decode()
    client.post(reverse("tag_rules"), {"tag": "x"})
    client.post(reverse("tag_rules"), {"tag": "x", "model": "churn", "least": "much"})
    assert TagRule.objects.count() == 1
    client.post(reverse("remove_tag_rule", args=[one.pk]))
    assert not TagRule.objects.exists()
    reader = client_of(factories.user(Role.ANALYST))
    assert reader.get(reverse("tag_rules")).status_code == 200
    assert reader.post(reverse("tag_rules"), {"tag": "x"}).status_code == 403


def test_a_household_has_roles_and_shows_on_both_pages(admin: User) -> None:
    father, child = people.customer("王大明"), people.customer("王小明")
    client = client_of(admin)
    client.post(
        reverse("relate_customer", args=[father.pk]),
        {"who": child.number, "kind": "household", "role": "child"},
    )
    assert GroupMember.objects.get(customer=child).role == "child"
    for one, other in ((father, child), (child, father)):
        text = client.get(reverse("customer", args=[one.pk])).content.decode()
        assert str(other.pk) in text
    member = GroupMember.objects.get(customer=child)
    client.post(reverse("unrelate_customer", args=[father.pk, member.pk]))
    assert not GroupMember.objects.exists()


def test_colleagues_are_those_whom_the_reader_may_see() -> None:
    mine, theirs = factories.department(), factories.department()
    company = Company.objects.create(name="甲公司")
    me = people.customer("我", company=company, department=mine)
    people.customer("同事", company=company, department=mine, job_title="采购")
    people.customer("看不见", company=company, department=theirs)
    manager = factories.user(Role.MANAGER, department=mine)
    text = client_of(manager).get(reverse("customer", args=[me.pk])).content.decode()
    assert "同事" in text
    assert "看不见" not in text


def test_nobody_is_related_to_themselves_or_to_whom_one_may_not_change(admin: User) -> None:
    one = people.customer("王小明")
    with pytest.raises(CannotBe):
        groups.join(one, one, by=admin)
    reader = client_of(factories.user(Role.ANALYST))
    answer = reader.post(reverse("relate_customer", args=[one.pk]), {"who": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Device Reading", "device"), ("Beacon Entered", "device"), ("Social Mention", "social"),
     ("Email Opened", "message"), ("Ticket Opened", "service"), ("Product Viewed", "visit"),
     ("Something Else", "event")],
)  # fmt: skip
def test_a_timeline_is_narrowed_to_a_kind(admin: User, name: str, kind: str) -> None:
    from zhiyin.customers import timeline

    person = people.customer("王小明")
    for other in ("Device Reading", "Social Mention", "Email Opened", "Ticket Opened",
                  "Product Viewed", "Something Else", name):  # fmt: skip
        people.event(person, other)
    shown = timeline.read(person, reader=admin, kind=kind).entries
    assert shown
    assert {one.kind for one in shown} == {kind}
