"""At the door: nothing of who was erased; consent and purpose of what an event may be used for, and
the consents that it brings."""

from __future__ import annotations

from uuid import UUID

from zhiyin.collect.batch import Batch, Incoming, Outcome
from zhiyin.collect.bulk import Ids, asking
from zhiyin.collect.models import Source
from zhiyin.govern import services, tombstones
from zhiyin.govern.models import Channel, Purpose

_DEVICE = "device"


def turn_away(batch: Batch) -> None:
    """Drop what comes of somebody who was erased.

    A device is whoever holds it now: where it comes with somebody else, it alone is left out.
    """
    erased = tombstones.known({one for event in batch.kept() for one in event.seen})
    if not erased:
        return
    for event in batch.kept():
        theirs = [one for one in event.seen if one in erased]
        others = [one for one in event.seen if one not in erased]
        if not theirs:
            continue
        if others and all(one.kind == _DEVICE for one in theirs):
            event.seen = others
        else:
            event.outcome = Outcome.ERASED


def permit(batch: Batch) -> None:
    """Keep the consents of the batch; take the person off events they did not allow.

    Such an event still counts in totals, but nobody can say whose it was; or it is dropped, as its
    source says. Where consent is asked for, what comes of nobody known has none.
    """
    services.keep_consents(
        (
            (event.customer_id, consent)
            for event in batch.kept()
            if event.profile is not None and event.customer_id is not None
            for consent in event.profile.consents
        ),
        batch=batch.id,
    )
    asks = batch.source.needs
    if asks is Source.Asks.NOTHING:
        return
    people = {e.customer_id for e in batch.kept() if e.customer_id is not None}
    said = _said(people, granted=asks is Source.Asks.CONSENT)
    for event in list(batch.kept()):
        if (event.customer_id in said) is not (asks is Source.Asks.CONSENT):
            _withhold(event, batch)


def _withhold(event: Incoming, batch: Batch) -> None:
    """What its person did not allow, as the source says."""
    if batch.source.without == Source.Without.DROPPED:
        event.outcome = Outcome.WITHHELD
        return
    event.customer_id = event.identifier_id = event.was = None
    event.properties = {}
    batch.counts["anonymous"] += 1


def _said(people: set[UUID], *, granted: bool) -> set[UUID]:
    """Which of these have allowed it to watch them, or have refused it."""
    if not people:
        return set()
    with asking() as cursor:
        cursor.execute(
            "select customer_id from govern_consent where customer_id = any(%s)"
            " and channel = %s and purpose = %s and granted = %s",
            [Ids(people), Channel.NONE.value, Purpose.PROFILING.value, granted],
        )
        return {customer for (customer,) in cursor}


def undo(batch: UUID) -> dict[str, int]:
    """Take back the consents that a batch brought."""
    return {"consents": services.undo_consents(batch)}
