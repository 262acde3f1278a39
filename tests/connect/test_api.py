"""/webhooks for programs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.connect.receiver import Receiver
from tests.connect.world import made, open_way
from zhiyin.accounts.roles import Role
from zhiyin.connect import outbox, sending
from zhiyin.connect.models import Endpoint

pytestmark = pytest.mark.django_db
API = "/api/v1"


@pytest.fixture(autouse=True)
def _way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    open_way(receiver, monkeypatch)


def _ask(client: Client, method: str, path: str, body: object = None) -> Any:
    return client.generic(method, f"{API}{path}", json.dumps(body), "application/json")


def test_an_endpoint_lives_and_dies_by_the_api(receiver: Receiver) -> None:
    client = Client()
    client.force_login(factories.user(Role.ADMINISTRATOR))
    events = client.get(f"{API}/webhook-events").json()
    assert {"customer.updated", "import.finished", "campaign.finished"} <= {
        one["name"] for one in events
    }
    assert events[0]["zh"] != events[0]["en"]
    wanted = {"url": receiver.url(), "types": ["customer.updated"], "description": "ERP"}
    answer = _ask(client, "POST", "/webhooks", wanted)
    assert answer.status_code == 201
    assert answer.json()["secret"].startswith("whsec_")
    hook = answer.json()["endpoint"]
    path = f"/webhooks/{hook['id']}"
    assert client.get(f"{API}{path}").json() == hook
    assert client.get(f"{API}/webhooks").json()["items"] == [hook]
    changed = _ask(client, "PATCH", path, {"with_values": True, "active": False}).json()
    assert (changed["with_values"], changed["active"], changed["description"]) == (
        True, False, "ERP"
    )  # fmt: skip
    assert changed["stopped_because"] == "by_hand"
    assert _ask(client, "PATCH", path, {"active": True}).json()["active"]
    assert _ask(client, "POST", f"{path}/secret").json()["secret"].startswith("whsec_")
    tested = _ask(client, "POST", f"{path}/test").json()
    assert (tested["state"], tested["attempts"][0]["status"]) == ("delivered", 200)
    assert _ask(client, "DELETE", path).status_code == 200
    assert client.get(f"{API}{path}").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.5/"}, "url"), ({"types": ["no.such"]}, "types"),
        ({"owner": "x"}, "given.owner"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_422_that_names_the_field(
    body: dict[str, object], field: str, receiver: Receiver
) -> None:
    client = Client()
    client.force_login(factories.user(Role.ADMINISTRATOR))
    wanted = {"url": receiver.url(), "types": ["customer.updated"], **body}
    answer = _ask(client, "POST", "/webhooks", wanted)
    if field.startswith("given"):  # unknown fields are ignored or refused, never obeyed
        assert Endpoint.objects.filter(owner__email="x").count() == 0
        return
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert error["zh"] != error["en"]


def test_the_log_is_read_and_sent_again(receiver: Receiver) -> None:
    hook = made(receiver).endpoint
    client = Client()
    client.force_login(hook.owner)
    outbox.tell("customer.updated", "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11", fields=["city"])
    outbox.tell("campaign.launched", "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11")
    sending.deliver(hook.pk)
    path = f"/webhooks/{hook.pk}"
    page = client.get(f"{API}{path}/deliveries?limit=1").json()
    assert page["items"][0]["state"] == "withheld"
    following = client.get(f"{API}{path}/deliveries?limit=1&cursor={page['next']}").json()
    assert following["items"][0]["type"] == "customer.updated"
    assert client.get(f"{API}{path}/deliveries?state=failed").json()["items"] == []
    again = _ask(client, "POST", f"/webhook-deliveries/{page['items'][0]['id']}/replay")
    assert again.status_code == 201
    assert again.json()["message_id"] == page["items"][0]["message_id"]
    now = timezone.now()
    period = {"since": (now - timedelta(hours=1)).isoformat(), "until": now.isoformat(),
              "only_failed": False}  # fmt: skip
    assert _ask(client, "POST", f"{path}/replay", period).json() == {"count": 2}
    naive = {"since": "2026-01-01T00:00:00", "until": "2026-01-02T00:00:00"}
    assert _ask(client, "POST", f"{path}/replay", naive).status_code == 422


def test_nobody_asks_for_events_beyond_their_rights(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that may only make webhooks must not hear of customers through one."""
    from zhiyin.accounts import access

    admin = factories.user(Role.ADMINISTRATOR)
    whole = access.allowed
    monkeypatch.setattr(
        access, "allowed",
        lambda user, permission: permission.startswith("webhook.") and whole(user, permission),
    )  # fmt: skip
    client = Client()
    client.force_login(admin)
    assert client.get(f"{API}/webhook-events").json() == []
    wanted = {"url": receiver.url(), "types": ["customer.updated"]}
    assert _ask(client, "POST", "/webhooks", wanted).status_code == 422
