"""A thousand calls of every type by twenty people, and what must have become of them.

Each call has a number. Each person is a stranger at first (device `anon-3`), says who they are
(`user-3`) in the third call, and goes on with every type in turn. The scripts for Node and for the
browser make the same calls by the same rule; see scripts/calls.js.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from zhiyin.collect.models import Event, Received, SetAside, Source
from zhiyin.customers.models import Customer, Identifier

CALLS = 1_000
PEOPLE = 20
AFTER = ("track", "page", "screen", "group", "alias", "identify")
NAMES = {"track": "Product Viewed", "page": "Page Viewed", "screen": "Screen Viewed",
         "group": "Group Identified", "identify": "Profile Updated",
         "alias": "Alias Created"}  # fmt: skip


class Call(NamedTuple):
    """One call: its number, its type, and the ids that it says; empty for none."""

    number: int
    kind: str
    user: str
    device: str


def calls(of: int = CALLS) -> Iterator[Call]:
    """All calls in their order."""
    for number in range(of):
        person, step = number % PEOPLE, number // PEOPLE
        user, device = f"user-{person}", f"anon-{person}"
        if step < 2:
            yield Call(number, "track" if step == 0 else "page", "", device)
        elif step == 2:
            yield Call(number, "identify", user, device)
        else:
            yield Call(number, AFTER[(step - 3) % len(AFTER)], user, "")


def old_id(number: int) -> str:
    """What an alias says that the person was called before."""
    return f"old-{number}"


def waiting(source: Source) -> bool:
    """Whether the pump has work left."""
    return Received.objects.filter(source_id=source.pk).exists()


def check(source: Source, of: int = CALLS) -> None:
    """Every call is here exactly once, and everybody is who they are."""
    made = list(calls(of))
    events = list(Event.objects.filter(source=source))
    assert not SetAside.objects.exists(), list(SetAside.objects.values_list("reason", "detail"))
    assert Counter(event.name for event in events) == Counter(NAMES[c.kind] for c in made)
    numbers = [found for event in events if (found := _number(event)) is not None]
    assert sorted(numbers) == [call.number for call in made if call.kind != "alias"]
    people = {one.number: one.pk for one in Customer.objects.all()}
    assert set(people) == {call.user for call in made if call.user}
    owners = dict(Identifier.objects.filter(kind="device").values_list("value", "customer_id"))
    person = {f"anon-{n}": people[f"user-{n}"] for n in range(PEOPLE)}
    olds = {old_id(c.number): people[c.user] for c in made if c.kind == "alias"}
    assert owners == person | olds
    strangers = [
        (number, event.name) for event in events
        if (number := _number(event)) is not None
        and event.customer_id != people[f"user-{number % PEOPLE}"]
    ]  # fmt: skip
    assert not strangers
    assert {event.customer_id for event in events} == set(people.values())


def _number(event: Event) -> int | None:
    """The number of a call, wherever its type keeps properties; an alias has none."""
    said = event.properties
    found = said.get("n", said.get("traits", {}).get("n"))
    return None if found is None else int(found)
