"""From a change to the other system: nothing lost, nothing invented, and nobody told more than the
endpoint's owner may know at that moment."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests import factories
from tests.connect.receiver import Receiver
from tests.connect.world import made, open_way
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.connect import outbox, sending, services, signing, tasks, vault
from zhiyin.connect.models import Attempt, Delivery, Endpoint, HostRule, Occurrence
from zhiyin.connect.reasons import Reason
from zhiyin.customers.models import Customer
from zhiyin.customers.services import profile, tags

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture(autouse=True)
def _way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    open_way(receiver, monkeypatch)


def _lin(owner: User | None = None) -> Customer:
    return Customer.objects.create(
        name="林静姝", phone="+8613800136207", email="lin@example.com", city="深圳", owner=owner,
        department=owner.department if owner else None,
    )  # fmt: skip


def _bodies(receiver: Receiver) -> list[dict[str, object]]:
    return [json.loads(one.body) for one in receiver.received]


def _later(**hours: float) -> object:
    return lambda: timezone.now() + timedelta(**hours)


def test_a_change_arrives_signed_with_ids_and_names_of_fields(receiver: Receiver) -> None:
    hook = made(receiver)
    lin = _lin()
    profile.change_field(lin, "city", "苏州", by=hook.endpoint.owner, version=1)
    assert sending.deliver(hook.endpoint.pk).sent == 1
    (arrived,) = receiver.received
    body = json.loads(arrived.body)
    assert body["type"] == "customer.updated"
    assert body["data"] == {"id": str(lin.pk), "fields": ["city"]}
    assert datetime.fromisoformat(body["timestamp"]).tzinfo is not None
    found = signing.verify(hook.secret, arrived.headers, arrived.body, now=timezone.now())
    assert found == Occurrence.objects.get().message_id
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 1)
    assert Attempt.objects.get().status == 200
    assert Endpoint.objects.get().delivered_at is not None


def test_what_is_rolled_back_was_never_told(receiver: Receiver) -> None:
    made(receiver)
    with transaction.atomic():
        outbox.tell("customer.updated", _lin().pk, fields=["city"])
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Occurrence.objects.exists()
    assert not Delivery.objects.exists()


def test_only_who_asked_for_it_hears_it(receiver: Receiver) -> None:
    by = factories.user(Role.ADMINISTRATOR)
    hears = made(receiver, by=by, types=["customer.tagged"]).endpoint
    made(receiver, by=by, types=["customer.created"])
    services.switch(made(receiver, by=by).endpoint, on=False, by=by)
    tags.set_tag(_lin(), "VIP", by=by, on=True)
    assert [one.endpoint_id for one in Delivery.objects.all()] == [hears.pk]


def test_without_listeners_nothing_is_kept_and_one_query_is_asked(
    django_assert_num_queries: object,
) -> None:
    with django_assert_num_queries(3):  # type: ignore[operator]  (two of them the savepoint's)
        outbox.tell("customer.updated", "x", fields=["city"])
    with django_assert_num_queries(0):  # type: ignore[operator]
        outbox.tell_many("customer.updated", {})
    outbox.tell_many("customer.updated", {_lin().pk: ["city"]})
    assert not Occurrence.objects.exists()


def test_rows_of_an_import_are_told_to_those_only_who_want_each(receiver: Receiver) -> None:
    each = made(receiver, with_imports=True).endpoint
    made(receiver)
    outbox.tell_many("customer.updated", {_lin().pk: ["city", "name"]}, importing=True)
    assert [one.endpoint_id for one in Delivery.objects.all()] == [each.pk]
    assert Occurrence.objects.get().fields == ["city", "name"]


def test_values_come_as_the_owner_sees_them(receiver: Receiver) -> None:
    north = factories.department("North")
    manager = factories.user(Role.MANAGER, department=north)
    hook = made(receiver, by=manager, with_values=True)
    lin = Customer.objects.create(
        name="林静姝", phone="+8613800136207", birth_date="1990-05-01", tags=["VIP"],
        department=north,
    )  # fmt: skip
    fields = ["name", "phone", "birth_date", "tags", "department_id", "department", "revenue"]
    outbox.tell("customer.updated", lin.pk, fields=[*fields, "version"])
    sending.deliver(hook.endpoint.pk)
    (body,) = _bodies(receiver)
    data = body["data"]
    assert isinstance(data, dict)
    assert "version" not in data["fields"]
    assert data["values"]["name"] == "林静姝"
    assert data["values"]["tags"] == ["VIP"]
    assert data["values"]["department"] == str(north.pk)
    text = receiver.received[0].body.decode()
    assert "13800136207" not in text
    assert "1990-05-01" not in text


def test_who_is_out_of_the_owners_sight_is_withheld(receiver: Receiver) -> None:
    manager = factories.user(Role.MANAGER, department=factories.department("North"))
    stranger = factories.user(Role.SALES, department=factories.department("South"))
    hook = made(receiver, by=manager)
    lin = _lin(stranger)
    outbox.tell("customer.updated", lin.pk, fields=["city"])
    outbox.tell("consent.changed", lin.pk, fields=["email:marketing"])
    outbox.tell("customer.updated", "no id", fields=["city"])
    sending.deliver(hook.endpoint.pk)
    assert receiver.received == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.WITHHELD}


def test_rights_count_when_it_is_sent_and_not_when_it_happened(receiver: Receiver) -> None:
    owner = factories.user(Role.ADMINISTRATOR)
    hook = made(receiver, by=owner)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    User.objects.filter(pk=owner.pk).update(roles=[Role.SALES.value])
    sending.deliver(hook.endpoint.pk)
    assert receiver.received == []
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    User.objects.filter(pk=owner.pk).update(roles=[Role.ADMINISTRATOR.value], is_active=False)
    sending.deliver(hook.endpoint.pk)
    assert receiver.received == []


def test_an_event_of_a_room_that_is_gone_is_withheld(receiver: Receiver) -> None:
    hook = made(receiver)
    said = Occurrence.objects.create(type="gone.room", at=timezone.now())
    now = timezone.now()
    Delivery.objects.create(endpoint=hook.endpoint, occurrence=said, due_at=now, created_at=now)
    sending.deliver(hook.endpoint.pk)
    assert Delivery.objects.get().state == State.WITHHELD


def test_a_failure_is_tried_again_under_the_same_id(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    receiver.status = 500
    assert sending.deliver(hook.endpoint.pk).sent == 1
    assert sending.deliver(hook.endpoint.pk).sent == 0  # the host is left alone for a while
    assert sending.sweep(timezone.now()) == []
    failing = Endpoint.objects.get()
    assert failing.is_failing
    assert failing.failures == 1
    receiver.status = 204
    assert sending.sweep(timezone.now() + timedelta(minutes=2)) == [hook.endpoint.pk]
    assert sending.deliver(hook.endpoint.pk, clock=_later(minutes=2)).sent == 1  # type: ignore[arg-type]
    first, second = (one.headers["webhook-id"] for one in receiver.received)
    assert first == second
    tries = list(Attempt.objects.order_by("id").values_list("status", "reason"))
    assert tries == [(500, Reason.FAULT), (204, "")]
    assert not Endpoint.objects.get().is_failing


def test_one_refused_message_does_not_hold_up_the_next(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    outbox.tell("customer.updated", _lin().pk, fields=["name"])
    receiver.status = 422
    assert sending.deliver(hook.endpoint.pk).sent == 2
    assert not Endpoint.objects.get().is_failing


def test_messages_leave_in_the_order_of_what_happened(receiver: Receiver) -> None:
    hook = made(receiver)
    people = [_lin() for _ in range(5)]
    for one in people:
        outbox.tell("customer.updated", one.pk, fields=["city"])
    sending.deliver(hook.endpoint.pk)
    ids = [body["data"]["id"] for body in _bodies(receiver)]  # type: ignore[index]
    assert ids == [str(one.pk) for one in people]


def test_after_ten_attempts_it_is_given_up(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    Delivery.objects.update(attempts=9)
    receiver.status = 500
    sending.deliver(hook.endpoint.pk)
    assert Delivery.objects.get().state == State.FAILED


def test_410_switches_the_endpoint_off_and_nothing_more_is_sent(receiver: Receiver) -> None:
    hook = made(receiver)
    for _ in range(2):
        outbox.tell("customer.updated", _lin().pk, fields=["city"])
    receiver.status = 410
    sending.deliver(hook.endpoint.pk)
    gone = Endpoint.objects.get()
    assert (gone.active, gone.stopped_because) == (False, Endpoint.Stop.GONE)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == [
        State.CANCELLED, State.FAILED
    ]  # fmt: skip
    assert len(receiver.received) == 1


def test_after_days_of_failures_the_endpoint_is_switched_off_and_waits(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    Endpoint.objects.update(failing_since=timezone.now() - timedelta(days=5, minutes=1))
    receiver.status = 500
    sending.deliver(hook.endpoint.pk)
    lost = Endpoint.objects.get()
    assert (lost.active, lost.stopped_because) == (False, Endpoint.Stop.FAILING)
    assert Delivery.objects.get().state == State.WAITING
    receiver.status = 200
    services.switch(lost, on=True, by=lost.owner)
    assert sending.deliver(lost.pk, clock=_later(minutes=2)).sent == 1  # type: ignore[arg-type]


def test_switched_off_twice_is_off_once(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    sending.stop(hook, Endpoint.Stop.FAILING, by=None, now=timezone.now())
    sending.stop(hook, Endpoint.Stop.GONE, by=None, now=timezone.now())
    assert Endpoint.objects.get().stopped_because == Endpoint.Stop.FAILING


def test_the_address_is_judged_again_when_it_is_sent(receiver: Receiver) -> None:
    """DNS changed between saving and sending: now it leads inside."""
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    Endpoint.objects.update(url="https://inside.example/hook")
    sending.deliver(hook.endpoint.pk)
    assert receiver.received == []
    assert Attempt.objects.get().reason == Reason.NOT_PUBLIC


def test_a_host_that_the_house_denies_is_not_sent_to(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    services.add_host_rule(HostRule.Kind.DENY, "*.example.com", by=hook.endpoint.owner)
    sending.deliver(hook.endpoint.pk)
    assert receiver.received == []
    assert Attempt.objects.get().reason == Reason.DENIED


def test_a_redirect_is_a_failure_and_leads_nowhere(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    receiver.status, receiver.headers = 307, {"Location": receiver.url("/inside")}
    sending.deliver(hook.endpoint.pk)
    assert [one.path for one in receiver.received] == ["/hook"]
    assert Attempt.objects.get().reason == Reason.REDIRECT


def test_a_sender_that_died_is_followed_by_another_after_a_while(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    assert sending._claim(hook.endpoint.pk, now=timezone.now()) is not None  # ... and dies
    assert sending.deliver(hook.endpoint.pk).sent == 0
    assert sending.deliver(hook.endpoint.pk, clock=_later(minutes=3)).sent == 1  # type: ignore[arg-type]


def test_a_turn_ends_when_its_time_is_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    monkeypatch.setattr(sending, "BUDGET", 0)
    assert sending.deliver(hook.endpoint.pk) == sending.Run(0, more=True)
    tasks.deliver(str(hook.endpoint.pk))
    assert ProcrastinateJob.objects.filter(task_name="zhiyin.connect.tasks.deliver").count() == 1


def test_a_secret_that_cannot_be_read_switches_off_and_says_so(receiver: Receiver) -> None:
    hook = made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    Endpoint.objects.update(secret=b"\x01" + bytes(40))
    sending.deliver(hook.endpoint.pk)
    stopped = Endpoint.objects.get()
    assert stopped.stopped_because == Endpoint.Stop.SECRET
    with pytest.raises(services.CannotBe):
        services.send_test(stopped, by=stopped.owner)
    services.rotate(stopped, by=stopped.owner)
    stopped.refresh_from_db()
    assert stopped.old_secret is None
    services.switch(stopped, on=True, by=stopped.owner)
    assert sending.deliver(stopped.pk, clock=_later(minutes=3)).sent == 1  # type: ignore[arg-type]
    with pytest.raises(vault.UnreadableError):
        vault.unseal(b"\x01" + bytes(40), purpose=sending.PURPOSE)


def test_while_a_secret_is_rotated_both_sign(receiver: Receiver) -> None:
    old = made(receiver)
    new = services.rotate(old.endpoint, by=old.endpoint.owner)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    claimed = sending._claim(old.endpoint.pk, now=timezone.now())
    assert claimed is not None
    sending.attempt(claimed)
    (arrived,) = receiver.received
    for secret in (old.secret, new.secret):
        signing.verify(secret, arrived.headers, arrived.body, now=timezone.now())
    Endpoint.objects.update(old_secret_until=timezone.now() - timedelta(seconds=1))
    sending.deliver(old.endpoint.pk)
    with pytest.raises(signing.NotGenuineError):
        signing.verify(old.secret, receiver.received[1].headers, receiver.received[1].body,
                       now=timezone.now())  # fmt: skip


def test_after_the_commit_the_sender_is_woken_once_for_an_endpoint(
    receiver: Receiver, django_capture_on_commit_callbacks: object
) -> None:
    hook = made(receiver)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        outbox.tell("customer.updated", _lin().pk, fields=["city"])
        outbox.tell("customer.updated", _lin().pk, fields=["name"])
    jobs = ProcrastinateJob.objects.filter(task_name="zhiyin.connect.tasks.deliver")
    assert [job.args for job in jobs] == [{"endpoint_id": str(hook.endpoint.pk)}]
    tasks.deliver(str(hook.endpoint.pk))
    assert len(receiver.received) == 2


def test_what_nobody_was_woken_for_is_found_within_a_minute(receiver: Receiver) -> None:
    made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    tasks.deliver_due(0)
    assert ProcrastinateJob.objects.filter(task_name="zhiyin.connect.tasks.deliver").count() == 1


def test_the_log_is_forgotten_after_its_days(receiver: Receiver) -> None:
    made(receiver)
    outbox.tell("customer.updated", _lin().pk, fields=["city"])
    tasks.forget(0)
    assert Delivery.objects.count() == 1
    Occurrence.objects.update(at=timezone.now() - timedelta(days=31))
    tasks.forget(0)
    assert Delivery.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_do_not_wait_for_each_other(receiver: Receiver) -> None:
    made(receiver)
    first, second = threading.Event(), threading.Event()

    def change() -> None:
        try:
            outbox.tell("customer.updated", "x", fields=["city"])
            second.set()
        finally:
            connection.close()

    with transaction.atomic():
        outbox.tell("customer.updated", "y", fields=["city"])
        other = threading.Thread(target=change)
        other.start()
        assert second.wait(5)
    other.join()
    first.set()
    assert Occurrence.objects.count() == 2
