"""Merging and un-merging is lossless: down to every row of every table, in any order."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.customers import people
from tests.customers.identities.pumped import (
    START,
    differences,
    dump,
    ledger_agrees,
    links,
    pump,
    seen,
    whose,
)
from zhiyin.accounts.models import Share, User
from zhiyin.accounts.roles import Role
from zhiyin.customers import figures, search
from zhiyin.customers.identities import deciding, homes, own
from zhiyin.customers.models import (
    Customer,
    Displaced,
    Identifier,
    Note,
    OwnProfile,
    ProfileChange,
    Score,
    Segment,
    SegmentMember,
    Task,
)
from zhiyin.customers.services import golden, profile
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.files.models import Content, File
from zhiyin.govern import erasing
from zhiyin.govern.models import Consent, ConsentChange
from zhiyin.identity.guarded import Held
from zhiyin.objects.models import Opened
from zhiyin.talk.models import Comment, Notice

pytestmark = pytest.mark.django_db


@dataclass
class House:
    """A few customers with something of everything that hangs on a customer."""

    user: User
    people: list[UUID]


@pytest.fixture
def house() -> House:
    return furnished()


def furnished(size: int = 4) -> House:
    user = factories.user(Role.ADMINISTRATOR)
    golden.by_hand()
    pump(*(seen(f"n{n}", f"e{n}", f"d{n}", name=f"顾客{n}", day=n) for n in range(1, size + 1)))
    pump(*(seen(f"d{n}", day=10 + n) for n in range(1, size + 1)))
    ids = []
    segment = Segment.objects.create(name="All", tree={}, owner=user)
    campaign = Campaign.objects.create(name="Autumn", segment=segment, owner=user)
    content = Content.objects.create(sha256="0" * 64, size=3, place="p", kind="text")
    for n in range(1, size + 1):
        person = Customer.objects.get(number=f"n{n}")
        ids.append(person.pk)
        Customer.objects.filter(pk=person.pk).update(
            tags=["all", f"t{n}"], custom={f"c_{n}": "x", "c_all": str(n)},
            city="杭州" if n == 2 else "", value_12m="12.50" if n % 2 else None,
            churn_risk=0.1 * n if n % 2 else None,
            scored_at=START if n % 2 else None,
        )  # fmt: skip
        _hang(person, n, user, segment, campaign, content)
    figures.refresh(ids, at=START)
    search.index(ids)
    return House(user, ids)


def _hang(
    person: Customer, n: int, user: User, segment: Segment, campaign: Campaign, content: Content
) -> None:
    at = START + timedelta(hours=n)
    Note.objects.create(customer=person, text=f"note {n}", by=user, at=at)
    Task.objects.create(customer=person, title="call", owner=user, created_by=user)
    ProfileChange.objects.create(customer=person, field="city", before="", after="杭州", at=at)
    for model in ("value", "churn") if n % 2 else ("value",):
        Score.objects.create(customer=person, model=model, version=1, as_of=at, value=0.1 * n)
    if n != 3:
        SegmentMember.objects.create(segment=segment, customer=person, since=at)
    CampaignMember.objects.create(campaign=campaign, customer=person, arm="treated")
    for which in (campaign, None):
        Message.objects.create(
            campaign=which, customer=person, address="a@b.cn", language="zh", subject="s",
            body="b", created_at=at,
        )  # fmt: skip
    Consent.objects.create(customer=person, channel="email", purpose="marketing",
                           granted=n % 2 == 0, at=at)  # fmt: skip
    ConsentChange.objects.create(customer=person, channel="email", purpose="marketing",
                                 granted=True, at=at)  # fmt: skip
    Comment.objects.create(record_type="customer", record_id=person.pk, by=user, text="hm")
    Notice.objects.create(user=user, kind="k", record_type="customer", record_id=person.pk)
    File.objects.create(record_type="customer", record_id=person.pk, content=content, name="a",
                        by=user)  # fmt: skip
    Share.objects.create(resource="customer", row_id=person.pk, user=user, actions=["see"],
                         reason="r", by=user)  # fmt: skip
    Opened.objects.create(user=user, kind="customer", record=person.pk, at=at)
    people.order(person, days_ago=n)
    people.event(person, "Email Sent")


def test_every_table_with_a_customer_in_it_says_how_its_rows_go_with_them() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct c.conrelid::regclass::text from pg_constraint c"
            " where c.contype = 'f' and c.confrelid = 'customers_customer'::regclass"
            " union select table_name from information_schema.columns"
            " where table_schema = current_schema() and column_name in"
            " ('customer_id', 'record_id', 'row_id', 'record', 'row')"
            " and data_type = 'uuid'"
        )
        found = {row[0] for row in cursor.fetchall()}
    assert found - homes.declared() == set()


def test_unmerged_everything_is_as_it_was_in_every_table(house: House) -> None:
    before = dump()
    merged = deciding.merge(house.people[:3], by=house.user)
    assert differences(before, dump())
    assert Customer.objects.count() == 2
    deciding.take_back(merged.id, by=house.user)
    assert differences(before, dump()) == {}
    assert not OwnProfile.objects.exists()
    assert not Displaced.objects.exists()


def test_one_person_has_what_both_had(house: House) -> None:
    one, two, *_ = house.people
    deciding.merge([one, two], by=house.user)
    person = Customer.objects.get(pk=one)
    assert not Customer.objects.filter(pk=two).exists()
    assert (person.name, person.city) == ("顾客2", "杭州")  # the newest name
    assert person.tags == ["all", "t1", "t2"]
    assert person.custom == {"c_1": "x", "c_2": "x", "c_all": "1"}
    assert person.notes.count() == person.tasks.count() == 2
    assert person.orders == 2
    assert person.messages.count() == 3  # of one campaign one
    consent = person.consents.get()
    assert (consent.granted, consent.at) == (True, START + timedelta(hours=2))
    assert Comment.objects.filter(record_id=one).count() == 2
    assert File.objects.filter(record_id=one).count() == 2
    assert "n2" in person.search.text
    assert own.place_of(two) == one
    ledger_agrees()


def test_what_is_done_meanwhile_stays_with_who_stays(house: House) -> None:
    one, two, *_ = house.people
    merged = deciding.merge([one, two], by=house.user)
    person = Customer.objects.get(pk=one)
    profile.change_field(person, "name", "王小明", by=house.user, version=person.version)
    person.refresh_from_db()
    profile.change_field(person, "city", "", by=house.user, version=person.version)
    Customer.objects.filter(pk=one).update(tags=["all", "t1", "new"])
    Note.objects.create(customer_id=one, text="later", by=house.user, at=START)
    Consent.objects.filter(customer_id=one).update(
        granted=False, at=START + timedelta(days=400), evidence="said so"
    )
    deciding.take_back(merged.id, by=house.user)
    stays, back = (Customer.objects.get(pk=id_) for id_ in (one, two))
    assert (stays.name, stays.city, stays.tags) == ("王小明", "", ["all", "t1", "new"])
    assert (back.name, back.city, back.tags) == ("顾客2", "", ["all"])
    assert set(stays.notes.values_list("text", flat=True)) == {"note 1", "later"}
    # A refusal of one person was of both.
    assert not Consent.objects.filter(customer_id__in=[one, two], granted=True).exists()


def test_erasing_one_person_is_about_everybody_who_is_one_with_them(house: House) -> None:
    one, two, *_ = house.people
    alone = erasing.preview([one], beside=False)
    deciding.merge([one, two], by=house.user)
    for asked in (one, two):  # also by an address from before the merge
        told = erasing.preview([asked], beside=False)
        assert told.identifiers == 2 * alone.identifiers
        assert told.rows["customers_ownprofile"] == 2
        assert told.rows["customers_note"] == 2
    made = erasing.prepare([two], by=house.user, reason="asked")
    assert made.waiting == {"customers": [str(one)]}


def test_split_off_identifiers_are_a_person_of_their_own(house: House) -> None:
    one = house.people[0]
    email = Identifier.objects.get(kind="email", customer=one)
    before = dump()
    done = deciding.split(one, [email.pk], by=house.user)
    email.refresh_from_db()
    assert email.customer_id == email.own_customer != one
    pump(seen("n1", "e1"))  # seen together again: kept apart all the same
    assert whose("n1", "e1") == ["n1", "e1"]
    ledger_agrees()
    deciding.take_back(done.id, by=house.user)
    assert whose("n1", "e1") == ["n1", "n1"]
    left = differences(before, dump())
    # The address of who was parted leads to who stays.
    assert left.keys() == {"collect_event", "customers_ownprofile"}


def test_a_link_taken_back_parts_who_stood_on_it(house: House) -> None:
    pump(seen("e1", "e2"))
    assert whose("n1", "n2") == ["n1", "n1"]
    (link,) = links("e1", "e2")
    deciding.retract([link.pk], by=house.user)
    assert whose("n1", "n2") == ["n1", "n2"]
    assert Customer.objects.count() == 4


def test_who_is_kept_apart_is_not_merged_by_what_is_seen_but_by_a_person(house: House) -> None:
    one, two, *_ = house.people
    deciding.keep_apart(one, two, by=house.user)
    pump(seen("e1", "e2"))
    assert whose("n1", "n2") == ["n1", "n2"]
    deciding.merge([one, two], by=house.user)
    assert whose("n1", "n2") == ["n1", "n1"]
    ledger_agrees()


def test_who_has_no_identifier_can_be_merged_too(house: House) -> None:
    written = people.customer("手工客户")
    before = dump(but=["customers_identifier"])
    merged = deciding.merge([written.pk, house.people[0]], by=house.user)
    assert Customer.objects.filter(pk=written.pk).exists() is False
    deciding.take_back(merged.id, by=house.user)
    left = differences(before, dump(but=["customers_identifier"]))
    assert left.pop("customers_customersearch", None)  # it is found by its record, too
    assert left == {}


def test_more_than_a_person_has_is_refused_with_the_reason(house: House) -> None:
    pump(*(seen("n1", f"e{n}") for n in range(20, 27)))
    pump(*(seen("n2", f"e{n}") for n in range(30, 37)))
    before = dump()
    with pytest.raises(deciding.Refused) as told, transaction.atomic():
        deciding.merge(house.people[:2], by=house.user)
    assert told.value.why is Held.TOO_MANY
    assert differences(before, dump()) == {}


@given(st.lists(st.integers(0, 9), min_size=2, max_size=7), st.randoms(use_true_random=False))
@settings(
    max_examples=6, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
def test_merged_and_unmerged_in_any_order_nothing_is_lost(
    steps: list[int], chance: random.Random
) -> None:
    with transaction.atomic():
        house = furnished(4)
        before = dump()
        open_: list[UUID] = []
        for step in steps:
            if step < 6 or not open_:
                two = chance.sample(house.people, 2)
                here = list({own.place_of(one) or one for one in two})
                if len(here) == 2:
                    open_.append(deciding.merge(here, by=house.user).id)
            else:
                deciding.take_back(open_.pop(chance.randrange(len(open_))), by=house.user)
            ledger_agrees()
        chance.shuffle(open_)
        for one in open_:
            deciding.take_back(one, by=house.user)
        assert differences(before, dump()) == {}
        transaction.set_rollback(True)
