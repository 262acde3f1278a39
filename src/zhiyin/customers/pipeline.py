"""What this room does with new events: whose they are, and what they change on the profile."""

from __future__ import annotations

import msgspec

from zhiyin.collect.batch import Batch
from zhiyin.collect.bulk import copy_new, copy_rows
from zhiyin.collect.hot import HOT
from zhiyin.collect.pipeline import EARLIEST
from zhiyin.customers import figures, identities, profiles, trade

_encoder = msgspec.json.Encoder()
EVENT_COLUMNS = (
    "event_id", "name", "at", "received_at", "source_id", "batch", "identifier_id", "customer_id",
    "properties", "context", "simulated",
)  # fmt: skip


def identify(batch: Batch) -> None:
    """Find or make the customer of each event from the identifiers that were seen."""
    identities.resolve(batch)


def update(batch: Batch) -> None:
    """Keep hot events and orders, write profile facts, and bring the figures up to date."""
    trade.settle(batch)
    _keep_hot(batch)
    trade.keep(batch)
    profiles.apply(batch)
    figures.refresh(batch.touched, at=batch.received_at)
    batch.counts.update(event.outcome for event in batch.incoming)


def _json(value: object) -> str:
    return _encoder.encode(value).decode()


def _keep_hot(batch: Batch) -> None:
    oldest = EARLIEST if batch.live else batch.received_at - HOT
    rows = (
        (
            event.event_id, event.name, event.at, event.received_at or batch.received_at,
            batch.source.id, batch.id, event.identifier_id, event.customer_id,
            _json(event.properties), _json(event.context) if event.context else None,
            batch.source.simulated,
        )
        for event in batch.kept()
        if event.at >= oldest
    )  # fmt: skip
    if batch.live:
        # What is here already was found by `check`; a pump that was quicker makes this one fail,
        # and its second try finds it.
        copy_rows("collect_event", EVENT_COLUMNS, rows)
    else:
        copy_new("collect_event", EVENT_COLUMNS, rows, key=["event_id"])
