"""The use cases of an import: bring a file, say what its columns are, check it, load it, undo it.

Checking reads and cleans the whole file and changes nothing; loading takes what the check found
good. Loading goes chunk by chunk, each chunk first into PostgreSQL and then into the lake, and
both know what they have: a load that was interrupted is simply run again. A load that is cancelled
or fails is taken back, so nothing stays half-loaded.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from django.db import connection, transaction
from django.utils import timezone

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning import originals
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping, guess_mapping
from zhiyin.cleaning.preview import Preview, preview_of
from zhiyin.cleaning.reading import open_file
from zhiyin.collect import archive, cleaning_step, files, mappings, own_fields, pipeline, undoing
from zhiyin.collect.batch import Batch, Incoming, Outcome
from zhiyin.collect.conversion import incoming
from zhiyin.collect.models import Import, Source
from zhiyin.connect import outbox
from zhiyin.ids import uuid7

log = structlog.get_logger(__name__)
_TABLES = (
    "customers_customer", "customers_order", "customers_orderline", "collect_event",
    "customers_identifier", "customers_customersearch",
)  # fmt: skip
Progress = Callable[[str, int, int | None], None]
Guess = Callable[[Preview], Mapping]
State = Import.State


class NotNow(RuntimeError):  # noqa: N818  (an outcome that a person can act on)
    """The import is not in a state for this; the message says what it is and what to do."""


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def begin(
    chunks: Iterable[bytes], *, file_name: str, by: User, mends: Import | None = None,
    shape: str = "", guess: Guess = guess_mapping,
) -> Import:  # fmt: skip
    """Keep an uploaded file and look at it; raises `FileProblem` where it cannot be read.

    Its mapping is kept for its header, or for `shape` where whoever brings it knows one.
    """
    new = Import(id=uuid7(), owner=by, file_name=file_name[-255:], mends=mends)
    path, digest = files.keep(new.id, chunks)
    try:
        look = preview_of(open_file(path))
        new.shape = shape or mappings.shape_of(look)
        remembered = mappings.in_use(new.shape)
        mapping = msgspec.convert(remembered.mapping, Mapping) if remembered else guess(look)
        if mends is not None and mends.mapping:
            mapping = msgspec.convert(mends.mapping, Mapping)
        mapping = own_fields.guessed(mapping, look, by)
    except Exception:
        files.discard(new.id)
        raise
    new.path, new.file_digest, new.rows = str(path), digest, look.total_rows
    new.kind, new.mapping = mapping.kind.value, msgspec.to_builtins(mapping)
    new.source = mends.source if mends else None
    with transaction.atomic():
        new.save(force_insert=True)
        record(by, "import.added", new, kind=new.kind, rows=new.rows)
    return new


def look_at(one: Import, rows: int = 100) -> Preview:
    """The first rows of the file, as they came."""
    return preview_of(open_file(one.path), rows)


def loaded_before(one: Import) -> Import | None:
    """An earlier import of the very same file that is loaded now."""
    same = Import.objects.filter(file_digest=one.file_digest, state=State.LOADED)
    return same.exclude(pk=one.pk).first()


def map_columns(one: Import, mapping: Mapping, *, by: User) -> None:
    """Say what the columns are; remembered for the next file of this shape."""
    look = look_at(one, 1)
    columns = [column.name for column in look.columns]
    with transaction.atomic():
        use_mapping(one, mapping, columns, by=by)
        mappings.remember(one.shape or mappings.shape_of(look), mapping, columns, by=by)


def use_mapping(one: Import, mapping: Mapping, columns: Sequence[str], *, by: User) -> None:
    """Say what the columns of this file are, and of no other."""
    _must_be(one, State.NEW, State.CHECKED)
    mapping.check(columns)
    own_fields.check(mapping, by)
    one.mapping, one.kind, one.state = msgspec.to_builtins(mapping), mapping.kind.value, State.NEW
    one.source = source_for(mapping.source, mapping.kind)
    with transaction.atomic():
        one.save(update_fields=["mapping", "kind", "state", "source"])
        record(by, "import.mapped", one, kind=one.kind)


def source_for(key: str, kind: Kind) -> Source:
    """The source of that key; made where it is new."""
    made = Source.Kind.SHOP if kind is Kind.ORDERS else Source.Kind.FILE
    return Source.objects.get_or_create(
        key=key, defaults={"name_zh": key, "name_en": key, "kind": made}
    )[0]


def check(one: Import, *, by: User, progress: Progress = silent) -> Import:
    """Clean the whole file without loading it; what is wrong, row by row, is kept beside it."""
    _must_be(one, State.NEW, State.CHECKED)
    mapping = msgspec.convert(one.mapping, Mapping)
    if one.source is None:
        one.source = source_for(mapping.source, mapping.kind)
    own_fields.check(mapping, by)
    cleaned = cleaning_step.clean(
        Path(one.path), mapping, now=timezone.now(), progress=progress,
        own=own_fields.readers(mapping, by),
    )  # fmt: skip
    place = files.folder(one.id)
    pq.write_table(cleaned.rows, place / "clean.parquet", compression="zstd")
    pq.write_table(cleaned.rejected, place / "rejected.parquet", compression="zstd")
    pq.write_table(cleaned.changed, place / "changed.parquet", compression="zstd")
    one.report = msgspec.to_builtins(cleaned.report)
    one.rows, one.rejected = cleaned.report.rows, cleaned.report.rejected
    one.state = State.CHECKED
    with transaction.atomic():
        one.save(update_fields=["source", "report", "rows", "rejected", "state"])
        record(by, "import.checked", one, rows=one.rows, rejected=one.rejected)
    return one


def load(one: Import, *, by: User | None, progress: Progress = silent) -> Import:
    """Load what the check found good. Running it again after an interruption finishes it."""
    _must_be(one, State.CHECKED, State.LOADING)
    assert one.source is not None
    if one.state != State.LOADING:
        one.state = State.LOADING
        one.save(update_fields=["state"])
    try:
        counts = _load_chunks(one, one.source, progress)
    except Exception as error:
        undoing.take_back(one)
        cancelled = type(error).__name__ == "Cancelled"
        one.state = State.CANCELLED if cancelled else State.FAILED
        with transaction.atomic():
            one.save(update_fields=["state"])
            outbox.tell("import.finished", one.pk, facts={"state": one.state})
        raise
    one.loaded, one.known = counts[Outcome.KEPT], counts[Outcome.KNOWN]
    one.rejected += counts[Outcome.REFUSED]
    one.report = {**one.report, "conflicts": counts["conflicts"],
                  "erased": counts[Outcome.ERASED],
                  "withheld": counts[Outcome.WITHHELD]}  # fmt: skip
    one.state, one.finished_at = State.LOADED, timezone.now()
    with transaction.atomic():
        one.save(update_fields=["loaded", "known", "rejected", "report", "state", "finished_at"])
        _tell_source(one.source)
        record(by, "import.loaded", one, rows=one.loaded, known=one.known)
        outbox.tell("import.finished", one.pk, facts={"state": one.state})
    (files.folder(one.id) / "clean.parquet").unlink(missing_ok=True)
    return one


def _load_chunks(one: Import, source: Source, progress: Progress) -> Counter[str]:
    rows = pq.read_table(files.folder(one.id) / "clean.parquet")
    counts: Counter[str] = Counter()
    seen, received_at = 0, one.created_at
    held_back = msgspec.convert(one.mapping, Mapping).held_back()
    for sequence, chunk in enumerate(incoming(Kind(one.kind), rows, source, received_at)):
        progress("load", seen, rows.num_rows)
        begun = time.perf_counter()
        sizes = [_rows_of(event) for event in chunk]
        batch = Batch(one.id, sequence, source, timezone.now(), chunk, held_back=held_back)
        with transaction.atomic():
            pipeline.run(batch)
        archive.archive(batch)
        for event in chunk:
            counts[event.outcome] += _rows_of(event)
        counts[Outcome.KNOWN] += batch.counts["known_lines"] - _rows_known_whole(chunk)
        counts["conflicts"] += batch.counts["conflicts"]
        seen += sum(sizes)
        log.info("chunk loaded", batch=str(one.id), sequence=sequence, events=len(chunk),
                 seconds=round(time.perf_counter() - begun, 3))  # fmt: skip
    progress("load", rows.num_rows, rows.num_rows)
    _analyze()
    return counts


def _rows_of(event: Incoming) -> int:
    """How many rows of the file an event stands for."""
    return len(event.order.lines) if event.order else 1


def _rows_known_whole(chunk: list[Incoming]) -> int:
    return sum(_rows_of(e) for e in chunk if e.order and e.outcome is Outcome.KNOWN)


def _analyze() -> None:
    """Fresh statistics after many new rows, so that lists stay quick."""
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"analyze {table}")


def undo(one: Import, *, by: User, progress: Progress = silent) -> Import:
    """Take a loaded import back as a whole: events, orders, people, profile changes."""
    _must_be(one, State.LOADED)
    taken = undoing.take_back(one, progress)
    one.state, one.undone_at = State.UNDONE, timezone.now()
    with transaction.atomic():
        one.save(update_fields=["state", "undone_at"])
        if one.source is not None:
            _tell_source(one.source)
        record(by, "import.undone", one, **taken)
        outbox.tell("import.undone", one.pk, facts={"state": one.state})
    return one


def rejected_rows(one: Import) -> pa.Table:
    """The rejected rows of the last check: row, field, reason in both languages, cells."""
    return pq.read_table(files.folder(one.id) / "rejected.parquet")


def changed_cells(one: Import) -> pa.Table:
    """Examples of the cells that the last check mended: `cleaning.originals.CHANGED`."""
    path = files.folder(one.id) / "changed.parquet"
    return pq.read_table(path) if path.exists() else originals.CHANGED.empty_table()


def _tell_source(source: Source) -> None:
    """The source's count and last event, counted again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select max(at) from (select max(at) as at from collect_event where source_id = %(s)s"
            " union all select max(ordered_at) from customers_order where source_id = %(s)s) t",
            {"s": source.pk},
        )
        row = cursor.fetchone()
    latest: datetime | None = row[0] if row else None
    loaded = Import.objects.filter(source=source, state=State.LOADED)
    brought = Source.objects.values_list("live_events", flat=True).get(pk=source.pk)
    source.events = brought + sum(loaded.values_list("loaded", flat=True))
    source.last_event_at = latest
    source.last_received_at = max(
        (one.finished_at for one in loaded if one.finished_at), default=None
    )
    source.save(update_fields=["events", "last_event_at", "last_received_at"])


def _must_be(one: Import, *states: State) -> None:
    one.refresh_from_db(fields=["state"])
    if one.state not in states:
        raise NotNow(f"the import is {one.state}; this needs {', '.join(states)}")


def unfinished() -> list[UUID]:
    """Imports whose loading was interrupted: to be run again when a worker starts."""
    return list(Import.objects.filter(state=State.LOADING).values_list("id", flat=True))
