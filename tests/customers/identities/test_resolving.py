"""Who is one person by what is seen together, batch by batch."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests import factories
from tests.customers.identities.pumped import dump, ledger_agrees, links, pump, seen, whose
from zhiyin.accounts.roles import Role
from zhiyin.collect.batch import Seen
from zhiyin.collect.models import Event
from zhiyin.customers import tasks
from zhiyin.customers.identities import book
from zhiyin.customers.models import Customer, Identifier, Joining, Link, Statement
from zhiyin.ids import uuid7
from zhiyin.talk.models import Notice

pytestmark = pytest.mark.django_db


def test_what_is_seen_together_is_one_person_also_when_it_is_learned_later() -> None:
    pump(seen("n1", "e1"), seen("p1", name="王小明"))
    assert whose("n1", "e1", "p1") == ["n1", "n1", "p1"]
    pump(seen("e1", "p1"))
    assert whose("n1", "e1", "p1") == ["n1", "n1", "n1"]
    assert Customer.objects.count() == 1
    assert Joining.objects.get().what == "merged"
    ledger_agrees()


def test_events_and_the_name_go_to_the_one_who_stays() -> None:
    pump(seen("n1", "e1"))
    pump(seen("p1", name="王小明"))
    pump(seen("n1", "p1"))
    person = Customer.objects.get()
    assert (person.number, person.name) == ("n1", "王小明")
    assert set(Event.objects.values_list("customer_id", flat=True)) == {person.pk}


def test_a_batch_that_brings_nothing_new_opens_no_page_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pump(seen("n1", "e1", "d1", day=1))
    before = dump(but=["collect_event"])
    monkeypatch.setattr(book, "append", None)
    monkeypatch.setattr(book, "_opened", None)
    pump(seen("n1", "e1", "d1", day=1))
    assert dump(but=["collect_event"]) == before


def test_a_phone_of_the_household_joins_nobody_with_another_name() -> None:
    pump(seen("n1", "p1", name="王小明"), seen("n2", "p1", name="李丽"))
    assert whose("n1", "p1", "n2") == ["n1", "n1", "n2"]
    pump(seen("p1", name="Xiaoming WANG"), seen("p1", name="李丽"), seen("p1", name="李丽"))
    events = list(Event.objects.order_by("at").values_list("customer_id", flat=True))
    assert events[0] == events[2]
    assert events[3] == events[4] != events[1]  # known by the phone and the name
    assert Customer.objects.count() == 3
    ledger_agrees()


def test_the_first_of_two_names_with_one_phone_keeps_it_whatever_comes_first() -> None:
    pump(seen("p1", name="王小明"), seen("p1", name="李丽"))
    pump(seen("p1", name="王小明"))
    one, two, three = Event.objects.order_by("at").values_list("customer_id", flat=True)
    assert one == three != two
    ledger_agrees()


def test_ten_thousand_people_with_the_number_that_everybody_types_stay_themselves() -> None:
    shared = Seen("phone", "", "+8613800138000")
    events = [seen(f"n{n}", name=f"顾客{n}") for n in range(300)]
    for event in events:
        event.seen.append(shared)
    batch = pump(*events)
    assert Customer.objects.count() == 300
    assert batch.counts["worthless"] == 300
    assert not Identifier.objects.filter(kind="phone").exists()


def test_whoever_gives_nothing_but_such_a_number_is_still_somebody() -> None:
    events = [seen(name="张伟"), seen(name="张伟")]
    for event in events:
        event.seen.append(Seen("phone", "", "13800138000"))
    pump(*events)
    assert Customer.objects.filter(name="张伟").count() == 2
    before = Customer.objects.count()
    pump(*events[:0], seen("n9"))
    assert Customer.objects.count() == before + 1


def test_a_number_that_a_whole_shop_gives_becomes_nobodys_and_people_are_themselves_again() -> None:
    for start in range(0, 20, 4):
        pump(*(seen(f"n{n}", "p7") for n in range(start, start + 4)))
    assert Identifier.objects.get(kind="phone").public
    assert Identifier.objects.get(kind="phone").customer_id is None
    assert Customer.objects.count() == 20
    assert sorted(Event.objects.values_list("customer_id", flat=True).distinct()) == sorted(
        Customer.objects.values_list("pk", flat=True)
    )
    pump(seen("n50", "p7"))
    assert Customer.objects.count() == 21
    ledger_agrees()


def test_a_tablet_goes_to_who_used_it_last_and_takes_nobodys_past_along() -> None:
    pump(seen("n1", "d1", day=1), seen("d1", day=2))
    pump(seen("n2", "d1", day=5))
    pump(seen("d1", day=6))
    assert whose("n1", "n2", "d1") == ["n1", "n2", "n2"]
    one, two = (Customer.objects.get(number=number).pk for number in ("n1", "n2"))
    told = list(Event.objects.order_by("at").values_list("customer_id", flat=True))
    assert told == [one, one, two, two]
    ledger_agrees()


def test_an_old_event_takes_no_device_from_whoever_has_it_now() -> None:
    pump(seen("n1", "d1", day=1))
    pump(seen("d1", day=9))
    pump(seen("n2", "d1", day=4), live=False)
    assert whose("n1", "n2", "d1") == ["n1", "n2", "n1"]
    ledger_agrees()


def test_a_device_gives_its_past_to_who_signs_in_first() -> None:
    pump(seen("d1", day=1), seen("d1", day=2))
    pump(seen("n1", "d1", day=3))
    person = Customer.objects.get()
    assert set(Event.objects.values_list("customer_id", flat=True)) == {person.pk}


def test_aliases_in_a_ring_are_one_person() -> None:
    pump(seen("e1", "e2"), seen("e2", "e3"))
    pump(seen("e3", "e1"))
    assert whose("e1", "e2", "e3") == ["e1"] * 3
    assert Customer.objects.count() == 1


def test_a_person_does_not_grow_over_what_a_person_has() -> None:
    for n in range(30):
        pump(seen(f"e{n}", f"e{n + 1}"))
    owners = list(Identifier.objects.values_list("customer_id", flat=True))
    assert max(owners.count(one) for one in set(owners)) <= 8
    ledger_agrees()


def test_a_big_merge_waits_in_its_lane_and_is_done_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(tasks, "merge_later", lambda cells: queued.extend(map(str, cells)))
    pump(*(seen("n1", f"e{n}") for n in range(7)))
    pump(*(seen("n2", f"p{n}") for n in range(7)), *(seen("n2", f"c{n}") for n in range(5)))
    before = Customer.objects.count()
    batch = pump(seen("n1", "n2"), seen("n5"))
    assert queued
    assert Customer.objects.count() == before + 1
    assert batch.incoming[0].customer_id is not None
    assert whose("n1", "n2") == ["n1", "n2"]
    for cell in queued:
        tasks.merge_big(cell)
    assert whose("n1", "n2", "p3", "c1") == ["n1"] * 4
    assert Customer.objects.count() == before
    ledger_agrees()


def test_what_identity_knew_on_a_day_can_be_read() -> None:
    pump(seen("n1"), seen("e1"))
    middle = pump(seen("n9"))
    pump(seen("n1", "e1"))
    (email,) = Identifier.objects.filter(kind="email")
    past = Link.objects.filter(identifier=email, since__lte=middle.received_at).exclude(
        until__lte=middle.received_at
    )
    assert past.get().customer_id == email.own_customer
    assert Link.objects.get(identifier=email, until=None).customer_id == email.customer_id


def test_links_are_only_ever_appended_and_each_is_said_once() -> None:
    for _ in range(3):
        pump(seen("n1", "e1", "d1"))
    assert Statement.objects.count() == 2
    assert len(links("n1", "e1")) == 1


def test_a_big_merge_is_queued_once_and_told_to_who_may_merge_everybody() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    factories.user(Role.ANALYST)
    cell = uuid7()
    tasks.merge_later([cell])
    tasks.merge_later([cell])
    assert (
        ProcrastinateJob.objects.filter(task_name="zhiyin.customers.tasks.merge_big").count() == 1
    )
    assert list(Notice.objects.values_list("user", "kind")) == [(admin.pk, "customer.big_merge")]
