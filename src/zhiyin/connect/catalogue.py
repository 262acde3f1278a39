"""Which events there are. Rooms register theirs in their own webhooks.py, with the function that
says how much of one an endpoint's owner may know at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.connect.models import Occurrence

Data = dict[str, object]
# The data of the message for this owner, with or without values; None: this owner may not know.
Teller = Callable[[User, Occurrence, bool], Data | None]

TEST = "webhook.test"


@dataclass(frozen=True)
class EventType:
    """One kind of event: its name for programs, its name and group for people, an example.

    `needs` is the permission without which it cannot even be asked for.
    """

    name: str
    label: Promise
    group: Promise
    needs: str
    tell: Teller
    example: Mapping[str, object]


_types: dict[str, EventType] = {}


def register(*types: EventType) -> None:
    """Add a room's events; the names are for ever, since receivers know them."""
    for one in types:
        if _types.setdefault(one.name, one) != one:
            raise RuntimeError(f"the event {one.name!r} is registered twice")


def offered(user: User) -> list[EventType]:
    """What this user can ask for, in the order of the rooms."""
    known = [one for one in _types.values() if one.name != TEST]
    return [one for one in known if access.allowed(user, one.needs)]


def known(name: str) -> EventType | None:
    """The event of that name; None where its room is gone."""
    return _types.get(name)


def _tell_test(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    return {"id": occurrence.object_id}


register(
    EventType(TEST, _("A test"), _("Webhooks"), "webhook.change", _tell_test,
              {"id": "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"})
)  # fmt: skip
