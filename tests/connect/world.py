"""An endpoint that leads to the receiver of the test, through an opening of the operator's."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.conf import settings

from tests import factories
from tests.connect.receiver import HOST, Receiver
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.connect import egress, services
from zhiyin.connect.services import Made, Wanted

EVERYTHING = ("customer.created", "customer.updated", "customer.tagged", "import.finished",
              "import.undone", "consent.changed", "customer.erased", "campaign.launched",
              "campaign.cancelled", "campaign.finished")  # fmt: skip


def open_way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator lets us reach the receiver, and its name leads to this machine."""
    monkeypatch.setattr(settings, "EGRESS_ALLOW", f"127.0.0.1:{receiver.port}")
    monkeypatch.setattr(settings, "EGRESS_CA", str(receiver.authority))
    names = {HOST: ["127.0.0.1"], "public.example": ["1.1.1.1"], "inside.example": ["10.0.0.5"]}
    monkeypatch.setattr(egress, "look_up", lambda host, port: names.get(host, []))


def made(
    receiver: Receiver, *, by: User | None = None, types: Iterable[str] = EVERYTHING,
    with_values: bool = False, with_imports: bool = False,
) -> Made:  # fmt: skip
    """An endpoint of an administrator's, unless somebody else is named."""
    owner = by or factories.user(Role.ADMINISTRATOR)
    wanted = Wanted(receiver.url(), tuple(types), "A test", with_values, with_imports)
    return services.create(wanted, by=owner)
