"""What comes of somebody who was erased is dropped; a device is whoever holds it now."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from tests.collect import sdk
from zhiyin.collect.batch import Batch, Incoming, Outcome, Seen
from zhiyin.collect.models import Source
from zhiyin.govern import pipeline, tombstones
from zhiyin.govern.models import Tombstone
from zhiyin.ids import uuid7

AT = datetime(2026, 11, 20, tzinfo=UTC)
LIN, PHONE, OTHER = (
    Seen("email", "", "lin@example.com"), Seen("device", "", "phone-1"), Seen("number", "", "C2"),
)  # fmt: skip


@pytest.fixture
def source(db: None) -> Source:
    return sdk.source().source


def sent(source: Source, *seen: Seen) -> Incoming:
    event = Incoming(uuid7(), "Tea Tasted", AT, list(seen), {})
    pipeline.turn_away(Batch(uuid7(), 0, source, AT, [event]))
    return event


def test_where_nobody_was_erased_everybody_comes_in(source: Source) -> None:
    assert sent(source, LIN).outcome is Outcome.KEPT


def test_who_was_erased_is_dropped_however_the_address_is_written(source: Source) -> None:
    tombstones.add([LIN], AT)
    assert sent(source, LIN).outcome is Outcome.ERASED
    assert sent(source, Seen("email", "", "LIN@example.com"), OTHER).outcome is Outcome.ERASED
    assert sent(source, OTHER).outcome is Outcome.KEPT
    assert sent(source, Seen("email", "shop", "lin@example.com")).outcome is Outcome.KEPT


def test_a_device_with_somebody_else_is_left_out_alone(source: Source) -> None:
    tombstones.add([PHONE], AT)
    assert sent(source, PHONE).outcome is Outcome.ERASED
    handed_on = sent(source, PHONE, OTHER)
    assert (handed_on.outcome, handed_on.seen) == (Outcome.KEPT, [OTHER])


def test_only_hashes_are_kept_and_they_can_be_lifted(source: Source) -> None:
    tombstones.add([LIN, PHONE], AT)
    tombstones.add([LIN], AT)
    assert Tombstone.objects.count() == 2
    assert "lin" not in str(list(Tombstone.objects.values()))
    assert tombstones.lift([LIN]) == 1
    assert sent(source, LIN).outcome is Outcome.KEPT


@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_batches_that_looked_before_it(source: Source) -> None:
    done = threading.Event()

    def erase() -> None:
        try:
            tombstones.add([LIN], AT)
            done.set()
        finally:
            connection.close()

    with transaction.atomic():
        assert sent(source, LIN).outcome is Outcome.KEPT
        other = threading.Thread(target=erase)
        other.start()
        assert not done.wait(0.5)
    other.join(20)
    assert done.is_set()
    with transaction.atomic():
        assert sent(source, LIN).outcome is Outcome.ERASED
