"""What travels down the pipeline: a batch of events from one source, with what was seen in each.

An event arrives with identifiers and facts; the steps add whose it is, and say what became of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from zhiyin.cleaning.originals import Original
from zhiyin.collect.models import Source

Was = dict[str, Original]  # by field, what stood there before it was cleaned, and by which rule


class Outcome(StrEnum):
    """What became of an event."""

    KEPT = "kept"
    KNOWN = "known"  # it was here already
    REFUSED = "refused"  # it cannot be: the reason says why
    WITHHELD = "withheld"  # its person has not allowed what its source needs
    ERASED = "erased"  # of somebody who was erased: nothing of it is kept


class Seen(NamedTuple):
    """An identifier as it was seen; `namespace` is the source where a number counts only there."""

    kind: str
    namespace: str
    value: str


class LineFacts(msgspec.Struct):
    """One line of an order; `quantity` and `amount` are negative in a return."""

    kind: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    was: Was | None = None


class OrderFacts(msgspec.Struct):
    """An order or a return, with its lines."""

    number: str
    kind: str
    total: Decimal
    currency: str
    lines: list[LineFacts]
    adds_to: UUID | None = None  # the order that is here already, where these lines are more of it
    was: Was | None = None


class ConsentFact(NamedTuple):
    """What was allowed or withdrawn, for one channel and purpose."""

    channel: str
    purpose: str
    granted: bool
    at: datetime
    evidence: str


class ProfileFacts(msgspec.Struct):
    """What a profile row says; only the fields that it had.

    `was` also tells of cells that could not be read, and so are in no field.
    """

    fields: dict[str, str | date | list[str]]
    consents: list[ConsentFact]
    fills_gaps_only: bool = False  # said in passing (the country of an order): never overwrites
    own: dict[str, str | bool | list[str]] = {}  # of fields that the company added itself
    was: Was = {}
    said_at: datetime | None = None  # when it was said, where the event's time is not that


class Incoming(msgspec.Struct):
    """An event on its way."""

    event_id: UUID
    name: str
    at: datetime
    seen: list[Seen]
    properties: dict[str, object]
    row: int = 0
    order: OrderFacts | None = None
    profile: ProfileFacts | None = None
    outcome: Outcome = Outcome.KEPT
    reason: str = ""
    identifier_id: UUID | None = None
    customer_id: UUID | None = None
    context: dict[str, object] | None = None  # what came around it
    received_at: datetime | None = None  # where that is not the batch's
    told: dict[str, object] | None = None  # traits as they were said, which the plan is about
    detail: str = ""  # of the reason
    was: Was | None = None  # of the event itself; kept with the hot event, never in the lake


@dataclass
class Batch:
    """Events of one source that go down the pipeline together, in one transaction."""

    id: UUID  # the import, or the inbox batch
    sequence: int
    source: Source
    received_at: datetime
    incoming: list[Incoming]
    held_back: frozenset[str] = frozenset()  # properties that were marked as about a person
    live: bool = False  # of the pump, which brings hot events to the lake later
    touched: set[UUID] = field(default_factory=set)  # customers whose figures change
    created: set[UUID] = field(default_factory=set)  # customers whom nobody knew before
    profiled: set[UUID] = field(default_factory=set)  # customers whose names or addresses change
    counts: Counter[str] = field(default_factory=Counter)

    def kept(self) -> Iterator[Incoming]:
        """The events that are still to be taken in."""
        return (event for event in self.incoming if event.outcome is Outcome.KEPT)


def event_id(source: Source, *natural_key: str) -> UUID:
    """The same event gets the same id whenever it comes again."""
    return uuid5(source.id, "\x1f".join(natural_key))
