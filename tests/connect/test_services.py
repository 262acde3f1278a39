"""What people do with webhooks, and what is refused: addresses that lead inside above all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.connect.receiver import Receiver
from tests.connect.world import made, open_way
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.connect import outbox, sending, services
from zhiyin.connect.models import Delivery, Endpoint, HostRule, Occurrence
from zhiyin.connect.services import CannotBe, Wanted

pytestmark = pytest.mark.django_db
State = Delivery.State
TYPES = ("customer.updated",)


@pytest.fixture(autouse=True)
def _way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    open_way(receiver, monkeypatch)


def test_the_secret_is_told_once_and_kept_sealed(receiver: Receiver) -> None:
    hook = made(receiver)
    kept = Endpoint.objects.get()
    assert hook.secret.startswith("whsec_")
    assert hook.secret.encode() not in bytes(kept.secret)
    assert sending.secrets_of(kept, timezone.now()) == [hook.secret]
    trail = AuditPending.objects.get(verb="webhook.created")
    assert trail.detail["host"] == kept.host
    assert "/hook" not in str(trail.detail)


@pytest.mark.parametrize(
    "url",
    [
        "https://inside.example/", "https://127.0.0.1/", "https://169.254.169.254/latest/",
        "https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://public.example@127.0.0.1/",
        "https://public.example./", "http://public.example/", "https://public.example:22/",
        "https://nowhere.example/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_not_kept(url: str, receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    with pytest.raises(CannotBe) as refusal:
        services.create(Wanted(url, TYPES), by=admin)
    assert refusal.value.field == "url"
    hook = made(receiver, by=admin)
    with pytest.raises(CannotBe):
        services.change(hook.endpoint, Wanted(url, TYPES), by=admin)
    assert Endpoint.objects.get().url == receiver.url()


@pytest.mark.parametrize("types", [(), ("customer.updated", "no.such"), ("webhook.test",)])
def test_events_are_chosen_from_the_list(types: tuple[str, ...]) -> None:
    with pytest.raises(CannotBe) as refusal:
        services.create(
            Wanted("https://public.example/", types), by=factories.user(Role.ADMINISTRATOR)
        )
    assert refusal.value.field == "types"


def test_there_is_an_end_to_endpoints(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ENDPOINTS", 1)
    made(receiver)
    with pytest.raises(CannotBe):
        made(receiver)


def test_a_manager_has_their_own_and_the_officer_only_looks(receiver: Receiver) -> None:
    manager, other = factories.user(Role.MANAGER), factories.user(Role.MANAGER)
    hook = made(receiver, by=manager).endpoint
    wanted = Wanted(receiver.url("/else"), TYPES)
    with pytest.raises(OutOfSight):
        services.change(hook, wanted, by=other)
    officer = factories.user(Role.DPO)
    for deed in (
        lambda: services.change(hook, wanted, by=officer),
        lambda: services.rotate(hook, by=officer),
        lambda: services.delete(hook, by=officer),
        lambda: services.send_test(hook, by=officer),
        lambda: services.switch(hook, on=False, by=officer),
        lambda: services.create(wanted, by=factories.user(Role.SALES)),
        lambda: services.add_host_rule("deny", "x.example", by=manager),
    ):
        with pytest.raises(Denied):
            deed()
    services.change(hook, wanted, by=manager)
    assert Endpoint.objects.get().url == receiver.url("/else")


def test_a_new_address_begins_with_a_clean_slate(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    Endpoint.objects.update(failures=5, failing_since=timezone.now())
    services.change(hook, Wanted(receiver.url(), TYPES, "x"), by=hook.owner)
    assert Endpoint.objects.get().failures == 5
    changed = services.change(hook, Wanted(receiver.url("/new"), TYPES, "x"), by=hook.owner)
    assert (changed.failures, changed.failing_since) == (0, None)


def test_a_test_says_at_once_how_it_went(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    assert services.send_test(hook, by=hook.owner).state == State.DELIVERED
    receiver.status = 500
    failed = services.send_test(hook, by=hook.owner)
    assert failed.state == State.FAILED
    assert failed.tries.get().status == 500
    assert not Endpoint.objects.get().is_failing
    assert [one.headers["webhook-id"][:4] for one in receiver.received] == ["msg_"] * 2
    Endpoint.objects.update(url="https://inside.example/")
    hook.refresh_from_db()
    assert services.send_test(hook, by=hook.owner).tries.get().reason == "not_public"


def test_switching_does_what_it_says_and_nothing_twice(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    assert services.switch(hook, on=True, by=hook.owner).active
    off = services.switch(hook, on=False, by=hook.owner)
    assert off.stopped_because == Endpoint.Stop.BY_HAND
    Endpoint.objects.update(url="https://inside.example/")
    with pytest.raises(CannotBe):
        services.switch(off, on=True, by=hook.owner)
    Endpoint.objects.update(url=receiver.url())
    assert services.switch(off, on=True, by=hook.owner).active


def test_deleting_takes_the_log_along(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    services.send_test(hook, by=hook.owner)
    services.delete(hook, by=hook.owner)
    assert not Delivery.objects.exists()
    assert AuditPending.objects.filter(verb="webhook.deleted").exists()


def _told(count: int) -> None:
    for _ in range(count):
        outbox.tell("customer.updated", "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11", fields=["city"])


def test_one_delivery_is_sent_again_under_its_id(
    receiver: Receiver, django_capture_on_commit_callbacks: object
) -> None:
    hook = made(receiver, types=["campaign.finished", *TYPES]).endpoint
    said = Occurrence.objects.create(type="webhook.test", object_id="x", at=timezone.now())
    now = timezone.now()
    first = Delivery.objects.create(endpoint=hook, occurrence=said, due_at=now, created_at=now)
    sending.deliver(hook.pk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        again = services.replay(first, by=hook.owner)
    assert again.again
    sending.deliver(hook.pk)
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert len(receiver.received) == 2
    services.switch(hook, on=False, by=hook.owner)
    first.refresh_from_db()
    first.endpoint.refresh_from_db()
    with pytest.raises(CannotBe):
        services.replay(first, by=hook.owner)


def test_a_period_is_sent_again_in_its_order(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = made(receiver).endpoint
    _told(3)
    services.send_test(hook, by=hook.owner)
    first = Occurrence.objects.order_by("id").first()
    assert first is not None
    Delivery.objects.filter(occurrence=first).update(state=State.FAILED)
    Delivery.objects.exclude(occurrence=first).update(state=State.DELIVERED)
    now = timezone.now()
    hour = timedelta(hours=1)

    def replay(**changed: object) -> int:
        usual: dict[str, object] = {"by": hook.owner, "only_failed": False}
        return services.replay_period(hook, now - hour, now + hour, **{**usual, **changed})  # type: ignore[arg-type]

    assert replay(only_failed=True) == 1
    assert replay() == 3
    made_again = Delivery.objects.filter(again=True).order_by("id")[1:]
    assert [one.occurrence_id for one in made_again] == sorted(
        one.occurrence_id for one in made_again
    )
    assert services.replay_period(hook, now + hour, now + 2 * hour, by=hook.owner) == 0
    with pytest.raises(CannotBe):
        services.replay_period(hook, now, now, by=hook.owner)
    monkeypatch.setattr(services, "MOST_REPLAYED", 2)
    with pytest.raises(CannotBe):
        replay()


def test_the_house_narrows_where_it_sends_to(receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    rule = services.add_host_rule(HostRule.Kind.ONLY, " Hooks.example.COM ", by=admin)
    assert services.add_host_rule(HostRule.Kind.ONLY, "hooks.example.com", by=admin) == rule
    with pytest.raises(CannotBe):
        services.create(Wanted("https://public.example/", TYPES), by=admin)
    assert made(receiver, by=admin).endpoint.active
    for pattern in ("", "10.0.0.0/33", "a b"):
        with pytest.raises(CannotBe) as refusal:
            services.add_host_rule(HostRule.Kind.DENY, pattern, by=admin)
        assert refusal.value.field == "pattern"
    services.drop_host_rule(rule, by=admin)
    assert services.create(Wanted("https://public.example/", TYPES), by=admin).endpoint.active
