"""What this room does with new events: whose they are, and what they change on the profile."""

from __future__ import annotations

from zhiyin.collect import hot_rows
from zhiyin.collect.batch import Batch
from zhiyin.collect.hot import HOT
from zhiyin.collect.pipeline import EARLIEST
from zhiyin.customers import figures, profiles, trade
from zhiyin.customers.identities import resolving


def identify(batch: Batch) -> None:
    """Find or make the customer of each event from the identifiers that were seen."""
    resolving.resolve(batch)


def update(batch: Batch) -> None:
    """Keep hot events and orders, write profile facts, and bring the figures up to date."""
    trade.settle(batch)
    hot_rows.keep(batch, since=EARLIEST if batch.live else batch.received_at - HOT)
    trade.keep(batch)
    profiles.apply(batch)
    figures.refresh(batch.touched, at=batch.received_at)
    batch.counts.update(event.outcome for event in batch.incoming)
