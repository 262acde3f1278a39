"""What is written and asked in PostgreSQL's binary forms arrives as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collect import sdk
from zhiyin.collect import archive, hot_rows
from zhiyin.collect.batch import Batch, Incoming
from zhiyin.collect.bulk import Ids, Texts, asking
from zhiyin.collect.models import Event, Source
from zhiyin.collect.pipeline import EARLIEST
from zhiyin.ids import uuid7

NOW = datetime(2026, 11, 29, 10, 0, 0, 123_456, tzinfo=UTC)
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_several = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.django_db
@_several
@given(st.lists(_texts, max_size=20), st.lists(st.uuids(), max_size=20))
def test_arrays_of_any_texts_and_ids_arrive(texts: list[str], ids: list[UUID]) -> None:
    with asking() as cursor:
        cursor.execute("select %s, %s", [Texts(texts), Ids(ids)])
        assert cursor.fetchone() == (texts, ids)


@pytest.mark.django_db
@pytest.mark.parametrize("live", [True, False])
def test_a_hot_event_is_kept_with_all_that_it_says(*, live: bool) -> None:
    source = sdk.source().source
    full = Incoming(
        uuid7(), "订单 “Viewed”", NOW - timedelta(days=3), [], 
        {"名": ["a\tb\n\\N", 1.5, None, True]},
        identifier_id=uuid7(), customer_id=uuid7(), context={"original_at": NOW},
        received_at=NOW - timedelta(seconds=1),
    )  # fmt: skip
    bare = Incoming(uuid7(), "x", datetime(1991, 1, 1, tzinfo=UTC), [], {})
    batch = Batch(uuid7(), 0, source, NOW, [full, bare], live=live)
    hot_rows.keep(batch, since=EARLIEST)
    if not live:
        hot_rows.keep(batch, since=EARLIEST)  # an import that runs again
    one = Event.objects.get(pk=full.event_id)
    assert (one.name, one.at, one.received_at) == (full.name, full.at, full.received_at)
    assert (one.source, one.batch, one.simulated) == (source, batch.id, source.simulated)
    assert (one.identifier_id, one.customer_id) == (full.identifier_id, full.customer_id)
    assert (one.properties, one.context) == (
        full.properties, {"original_at": "2026-11-29T10:00:00.123456Z"},
    )  # fmt: skip
    other = Event.objects.get(pk=bare.event_id)
    assert (other.at, other.received_at, other.context) == (bare.at, NOW, None)
    assert (other.identifier_id, other.customer_id, other.properties) == (None, None, {})


@pytest.mark.django_db
def test_events_of_a_source_that_is_gone_are_not_kept() -> None:
    batch = Batch(uuid7(), 0, Source(id=uuid7(), key="gone"), NOW, [], live=True)
    with pytest.raises(Source.DoesNotExist):
        hot_rows.keep(batch, since=EARLIEST)


@given(st.lists(st.none() | st.uuids(), max_size=20))
def test_ids_reach_the_lake_as_they_are_written(ids: list[UUID | None]) -> None:
    made = archive.texts_of(ids)
    assert made.type == pa.string()
    assert made.to_pylist() == [None if one is None else str(one) for one in ids]


@pytest.mark.django_db
def test_a_source_that_has_events_stays() -> None:
    source = sdk.source().source
    batch = Batch(uuid7(), 0, source, NOW, [Incoming(uuid7(), "x", NOW, [], {})], live=True)
    hot_rows.keep(batch, since=EARLIEST)
    with pytest.raises(IntegrityError), transaction.atomic():
        _delete(source)
    Event.objects.all().delete()
    source.delete()
    assert not Source.objects.exists()


def _delete(source: Source) -> None:
    """As somebody might by hand, past Django."""
    with connection.cursor() as cursor:
        cursor.execute("delete from collect_writekey where source_id = %s", [source.pk])
        cursor.execute("delete from collect_source where id = %s", [source.pk])
        cursor.execute("set constraints all immediate")
