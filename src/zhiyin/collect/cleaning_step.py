"""Cleaning a file by its kind: the one place where an import meets the cleaning room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from zhiyin.cleaning.customers import OwnColumn, clean_customers
from zhiyin.cleaning.events import clean_events
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.orders import clean_orders
from zhiyin.cleaning.reading import Batch, open_file
from zhiyin.cleaning.report import CleaningReport

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class CleanRows:
    """What a file gave: good rows, rejected rows with reasons, and the report."""

    rows: pa.Table
    rejected: pa.Table
    report: CleaningReport
    changed: pa.Table  # examples of mended cells: `cleaning.originals.CHANGED`


def clean(
    path: Path, mapping: Mapping, *, now: datetime, progress: Progress,
    own: Sequence[OwnColumn] = (),
) -> CleanRows:  # fmt: skip
    """Read and clean a whole file; raises a `FileProblem` where it cannot be read at all."""
    file = open_file(path)
    mapping.check(list(file.columns))
    batches = _told(file.batches(), progress)
    if mapping.kind is Kind.ORDERS:
        orders = clean_orders(batches, mapping, now=now)
        return CleanRows(orders.lines, orders.rejected, orders.report, orders.changed)
    if mapping.kind is Kind.CUSTOMERS:
        people = clean_customers(batches, mapping, now=now, own=own)
        return CleanRows(people.profiles, people.rejected, people.report, people.changed)
    events = clean_events(batches, mapping, now=now)
    return CleanRows(events.events, events.rejected, events.report, events.changed)


def _told(batches: Iterator[Batch], progress: Progress) -> Iterator[Batch]:
    seen = 0
    for batch in batches:
        progress("check", seen, None)
        seen += batch.table.num_rows
        yield batch
