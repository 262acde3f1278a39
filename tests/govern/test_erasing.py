"""Erasing: who may, what is asked, cancelled before it begins, taken up after a kill."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client

from tests import factories
from zhiyin.accounts.database import rewriting
from zhiyin.accounts.models import AuditPending, User, Work
from zhiyin.accounts.roles import Role
from zhiyin.accounts.work import Cancelled
from zhiyin.collect.models import Source
from zhiyin.connect.models import Endpoint, Occurrence
from zhiyin.customers.models import Customer, Identifier, Note
from zhiyin.govern import erasing, tasks
from zhiyin.govern.models import Erasure, Tombstone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_lake")]
AT = datetime(2026, 11, 20, tzinfo=UTC)
State = Erasure.State


@pytest.fixture
def dpo() -> User:
    return factories.user(Role.DPO, department=factories.department())


@pytest.fixture
def lin(dpo: User) -> Customer:
    made = Customer.objects.create(name="林静姝", number="YL-20418", email="lin@example.com")
    source = Source.objects.create(key="shop", name_zh="店", name_en="Shop")
    Identifier.objects.create(
        kind="email", value="lin@example.com", customer=made, source=source,
        first_seen_at=AT, last_seen_at=AT,
    )  # fmt: skip
    Note.objects.create(customer=made, text="爱喝岩茶", by=dpo, at=AT)
    return made


def page(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_what_goes_and_asks_to_type_the_number(dpo: User, lin: Customer) -> None:
    client, address = page(dpo), f"/govern/customers/{lin.pk}/erase/"
    assert address in client.get(f"/customers/{lin.pk}/").text
    shown = client.get(address)
    assert "YL-20418" in shown.text
    wrong = client.post(address, {"reason": "asked", "typed": "YL-20419"})
    assert wrong.status_code == 422
    assert not Erasure.objects.exists()
    right = client.post(address, {"reason": "asked", "typed": "YL-20418"})
    one = Erasure.objects.get()
    assert right.url == f"/govern/erasures/{one.pk}/"
    assert (one.state, one.customers) == (State.PREPARED, 1)
    assert client.get(right.url).status_code == 200
    assert Customer.objects.filter(pk=lin.pk).exists()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_nobody_else_may(role: Role, lin: Customer) -> None:
    other = factories.user(role, department=factories.department())
    address = f"/govern/customers/{lin.pk}/erase/"
    answer = page(other).post(address, {"reason": "asked", "typed": "YL-20418"})
    assert answer.status_code in (403, 404)
    assert not Erasure.objects.exists()


def test_before_it_begins_it_can_be_cancelled_and_afterwards_not(dpo: User, lin: Customer) -> None:
    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    page(dpo).post(f"/govern/erasures/{one.pk}/cancel/")
    one.refresh_from_db()
    assert (one.state, one.waiting) == (State.CANCELLED, {})
    assert Customer.objects.filter(pk=lin.pk).exists()
    again = erasing.prepare([lin.pk], by=dpo, reason="asked")
    erasing.run(again, lambda *_: None, rewrite_now=False)
    page(dpo).post(f"/govern/erasures/{again.pk}/cancel/")
    again.refresh_from_db()
    assert again.state == State.FORGOTTEN


def test_work_that_is_stopped_before_the_beginning_erases_nothing(dpo: User, lin: Customer) -> None:
    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    work = tasks.begin(one, by=dpo)
    Work.objects.filter(pk=work.pk).update(cancel_asked=True)
    tasks.erase(str(one.pk))
    one.refresh_from_db()
    assert one.state == State.CANCELLED
    assert Customer.objects.filter(pk=lin.pk).exists()
    assert not Tombstone.objects.exists()


def test_work_that_is_stopped_later_goes_on_to_its_end(dpo: User, lin: Customer) -> None:
    def stop(stage: str, done: int, total: int | None) -> None:
        if stage != "prepare":
            raise Cancelled

    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    erasing.run(one, stop, rewrite_now=False)
    assert one.state == State.FORGOTTEN


@pytest.mark.parametrize("at", ["inbox", "forget", "lake"])
def test_killed_on_the_way_it_is_taken_up(
    at: str, dpo: User, lin: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def dies(stage: str, done: int, total: int | None) -> None:
        if stage == at:
            raise Killed

    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    with monkeypatch.context() as patch:
        if at == "lake":
            patch.setattr(erasing, "lake", lambda: dies("lake", 0, None))
        with pytest.raises(Killed):
            erasing.run(one, dies, rewrite_now=False)
    assert erasing.unfinished() == [one]
    erasing.run(erasing.unfinished()[0], lambda *_: None, rewrite_now=False)
    one.refresh_from_db()
    assert (one.state, one.receipt["left"]) == (State.FORGOTTEN, 0)
    assert one.receipt["rows"]["customers_customer"] == 1
    assert not Note.objects.exists()


def test_other_systems_hear_of_it_by_the_id_alone(dpo: User, lin: Customer) -> None:
    Endpoint.objects.create(url="https://hooks.example.com/", types=["customer.erased"],
                            owner=dpo, secret=b"x")  # fmt: skip
    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    erasing.run(one, lambda *_: None, rewrite_now=False)
    told = Occurrence.objects.get()
    assert (told.type, told.object_id, told.facts) == ("customer.erased", str(lin.pk), {})
    assert one.receipt["left"] == 0


def test_the_audit_trail_says_what_was_done_and_to_how_many(dpo: User, lin: Customer) -> None:
    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    erasing.run(one, lambda *_: None, rewrite_now=False)
    verbs = AuditPending.objects.filter(object_id=str(one.pk)).values_list("verb", "detail")
    assert [verb for verb, _ in verbs] == ["erasure.asked", "erasure.begun"]
    assert "lin@example.com" not in str(list(AuditPending.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_a_table_that_somebody_holds_is_written_anew_another_time(
    dpo: User, lin: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "LOCK_WAIT_S", 0.1)
    monkeypatch.setattr(rewriting, "TRIES", 1)
    one = erasing.prepare([lin.pk], by=dpo, reason="asked")
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("select count(*) from customers_note")
        with pytest.raises(rewriting.StillBusy, match="customers_note"):
            erasing.run(one, lambda *_: None, rewrite_now=True)
    other.rollback()
    other.close()
    one.refresh_from_db()
    assert one.state == State.FORGOTTEN
    assert erasing.rewrite_waiting(lambda *_: None) == 1
    one.refresh_from_db()
    assert one.state == State.DONE


def test_more_than_one_erasure_takes_and_nobody_at_all_are_refused(dpo: User) -> None:
    with pytest.raises(erasing.NobodyError):
        erasing.prepare([dpo.pk], by=dpo, reason="asked")
