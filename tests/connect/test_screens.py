"""The screens of webhooks: the secret once, refusals beside their field, nothing of others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.connect.receiver import Receiver
from tests.connect.world import made, open_way
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.connect import outbox, queries, sending
from zhiyin.connect.models import Delivery, Endpoint, HostRule
from zhiyin.customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    open_way(receiver, monkeypatch)


def _client(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def _page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_the_first_endpoint_to_a_delivery_in_the_log(receiver: Receiver) -> None:
    client = _client(factories.user(Role.ADMINISTRATOR))
    assert "Nothing is told to other systems yet" in _page(client, "webhooks")
    assert "customer.updated" in _page(client, "new_webhook")
    sent = {"url": receiver.url(), "description": "ERP", "types": ["customer.updated"],
            "with_values": "on"}  # fmt: skip
    answer = client.post(reverse("new_webhook"), sent)
    page = answer.content.decode()
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    hook = Endpoint.objects.get()
    (secret,) = sending.secrets_of(hook, timezone.now())
    assert secret in page
    assert hook.with_values
    assert secret not in _page(client, "webhook", hook.pk)
    assert "ERP" in _page(client, "webhooks")
    answer = client.post(reverse("test_webhook", args=[hook.pk]), follow=True)
    assert "The test was delivered." in answer.content.decode()
    receiver.status = 500
    answer = client.post(reverse("test_webhook", args=[hook.pk]), follow=True)
    assert "The host has a fault of its own" in answer.content.decode()
    assert "webhook.test" in _page(client, "webhook", hook.pk)


def test_a_refused_address_says_why_and_loses_nothing_typed() -> None:
    client = _client(factories.user(Role.ADMINISTRATOR))
    sent = {"url": "https://127.0.0.1/", "description": "My ERP", "types": ["customer.tagged"]}
    page = client.post(reverse("new_webhook"), sent).content.decode()
    assert "leads into a private or reserved network" in page
    assert "My ERP" in page
    assert 'value="customer.tagged" checked' in page
    page = client.post(reverse("new_webhook"), {"url": "https://public.example/"}).content.decode()
    assert "This field is required" in page
    assert not Endpoint.objects.exists()


def test_an_endpoint_is_changed_switched_rotated_and_deleted(receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    hook, client = made(receiver, by=admin).endpoint, _client(admin)
    assert receiver.url() in _page(client, "change_webhook", hook.pk)
    address = reverse("change_webhook", args=[hook.pk])
    assert "Only https" in client.post(
        address, {"url": "http://public.example/", "types": ["customer.created"]}
    ).content.decode()  # fmt: skip
    client.post(address, {"url": receiver.url("/new"), "types": ["customer.created"]})
    hook.refresh_from_db()
    assert (hook.url, hook.types) == (receiver.url("/new"), ["customer.created"])
    client.post(reverse("switch_webhook", args=[hook.pk]), {"on": "0"})
    assert "Switch on" in _page(client, "webhook", hook.pk)
    Endpoint.objects.update(url="https://inside.example/")
    answer = client.post(reverse("switch_webhook", args=[hook.pk]), {"on": "1"}, follow=True)
    assert "private or reserved network" in answer.content.decode()
    Endpoint.objects.update(url=receiver.url())
    client.post(reverse("switch_webhook", args=[hook.pk]), {"on": "1"})
    page = client.post(reverse("rotate_webhook", args=[hook.pk])).content.decode()
    hook.refresh_from_db()
    assert sending.secrets_of(hook, timezone.now())[0] in page
    assert "two, the older one until" in _page(client, "webhook", hook.pk)
    client.post(reverse("delete_webhook", args=[hook.pk]))
    assert not Endpoint.objects.exists()


def test_the_log_pages_filters_and_sends_again(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    admin = factories.user(Role.ADMINISTRATOR)
    hook, client = made(receiver, by=admin).endpoint, _client(admin)
    lin = Customer.objects.create(name="林静姝")
    for _ in range(3):
        outbox.tell("customer.updated", lin.pk, fields=["city"])
    page = _page(client, "webhook", hook.pk)
    second = Delivery.objects.order_by("-id")[1]
    assert f"&amp;before={second.pk}" in page
    assert "&amp;before=" not in _page(client, "webhook", hook.pk, before=str(second.pk))
    assert "in this state" in _page(client, "webhook", hook.pk, state="failed", before="x")
    assert str(lin.pk) in _page(client, "webhook_delivery", second.pk)
    answer = client.post(reverse("replay_delivery", args=[second.pk]), follow=True)
    assert "under the same id" in answer.content.decode()
    now = timezone.localtime()
    moment = "%Y-%m-%dT%H:%M"
    period = {"since": (now - timedelta(hours=1)).strftime(moment),
              "until": (now + timedelta(hours=1)).strftime(moment)}  # fmt: skip
    Delivery.objects.filter(again=False).update(state=Delivery.State.DELIVERED)
    answer = client.post(reverse("replay_webhook", args=[hook.pk]), period, follow=True)
    assert "3 messages go out again." in answer.content.decode()
    backwards = {"since": period["until"], "until": period["since"]}
    answer = client.post(reverse("replay_webhook", args=[hook.pk]), backwards)
    assert "The end must be after the beginning" in answer.content.decode()
    answer = client.post(reverse("replay_webhook", args=[hook.pk]), {"since": "x"})
    assert answer.status_code == 200
    Endpoint.objects.update(active=False, stopped_because="gone", stopped_at=timezone.now())
    answer = client.post(reverse("replay_delivery", args=[second.pk]), follow=True)
    assert "Switch the endpoint on first" in answer.content.decode()
    assert "is gone" in _page(client, "webhook", hook.pk)
    assert queries.switched_off(admin) == 1


def test_a_log_shows_no_more_than_its_reader_may_see(receiver: Receiver) -> None:
    """The officer sees every log, but no address book through it."""
    hook = made(receiver, with_values=True).endpoint
    lin = Customer.objects.create(name="林静姝", phone="+8613800136207")
    outbox.tell("customer.updated", lin.pk, fields=["phone"])
    sent = Delivery.objects.get()
    manager = factories.user(Role.MANAGER)
    assert _client(manager).get(reverse("webhook_delivery", args=[sent.pk])).status_code == 404
    assert _client(manager).get(reverse("webhook", args=[hook.pk])).status_code == 404
    officer = _client(factories.user(Role.DPO))
    page = _page(officer, "webhook_delivery", sent.pk)
    assert "Made with your rights" in page
    assert "Send again" not in page
    assert "Switch off" not in _page(officer, "webhook", hook.pk)


def test_the_log_says_what_was_withheld(receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    hook = made(receiver, by=admin).endpoint
    outbox.tell("customer.updated", "no id", fields=["city"])
    sending.deliver(hook.pk)
    page = _page(_client(admin), "webhook_delivery", Delivery.objects.get().pk)
    assert "not allowed to know of it" in page
    assert "nothing would be sent on your behalf" in page


def test_a_secret_that_cannot_be_read_is_told_on_the_page(receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    hook = made(receiver, by=admin).endpoint
    Endpoint.objects.update(secret=b"x")
    answer = _client(admin).post(reverse("test_webhook", args=[hook.pk]), follow=True)
    assert "make a new one" in answer.content.decode()


def test_hosts_are_narrowed_by_who_may(receiver: Receiver) -> None:
    admin, manager = factories.user(Role.ADMINISTRATOR), factories.user(Role.MANAGER)
    client = _client(admin)
    address = reverse("webhook_hosts")
    client.post(address, {"kind": "deny", "pattern": "*.evil.example"})
    assert "*.evil.example" in _page(_client(manager), "webhook_hosts")
    page = client.post(address, {"kind": "deny", "pattern": "a b"}).content.decode()
    assert "198.51.100.0/24" in page
    client.post(reverse("drop_webhook_host", args=[HostRule.objects.get().pk]))
    assert not HostRule.objects.exists()


def test_the_list_asks_the_same_number_of_queries_however_long(
    receiver: Receiver, django_assert_max_num_queries: object
) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    client = _client(admin)
    for _ in range(5):
        made(receiver, by=admin)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        _page(client, "webhooks")
