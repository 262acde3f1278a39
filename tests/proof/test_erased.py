"""Customers who were erased are nowhere: not in a page of PostgreSQL's files, its write-ahead log
or its server log, not in the lake and its log, not in imports, attached files or the temporary
folder. Everybody else is exactly as before.

The raw files are searched, and before the erasure the same search finds every kind of word.
"""

from __future__ import annotations

import gzip
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from pytest_django import Settings

from tests.proof.town import Town
from zhiyin import embedded
from zhiyin.accounts import audit
from zhiyin.accounts.audit_verify import verify
from zhiyin.collect import archive
from zhiyin.collect.models import Import, Received, Tally
from zhiyin.customers.models import Customer, Identifier, Order
from zhiyin.govern import erasing
from zhiyin.govern.models import Erasure

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.usefixtures("own_lake"),
]  # fmt: skip
# Rows that an erasure writes itself, and what processes do meanwhile.
_OWN = {"govern_erasure", "govern_tombstone", "accounts_auditpending", "accounts_auditentry",
        "procrastinate_events"}  # fmt: skip


def flush(data: Path) -> None:
    """Everything that PostgreSQL holds in memory is in its files."""
    host = str(connection.settings_dict["HOST"])
    server = embedded.serving(data, host)
    assert server is not None
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as line:
        line.execute("checkpoint")


def words_on_disk(town: Town, settings: Settings, since: float) -> dict[str, set[int]]:
    """What the search finds in all files, and whose: by place and kind of word."""
    flush(settings.DATA)
    found: dict[str, set[int]] = {}
    for place, root in (("data", settings.DATA), ("lake", Path(settings.LAKE)),
                        ("files", Path(settings.FILES_STORE)), ("temp", None)):  # fmt: skip
        paths = temporary(since) if root is None else root.rglob("*")
        for path in paths:
            if not path.is_file():
                continue
            under = part_of(path, settings.DATA) if place == "data" else place
            for text in layers(path) if root else raw_of(path):
                for what, person in town.found_in(text):
                    found.setdefault(f"{under}:{what}", set()).add(person)
    return found


def part_of(path: Path, data: Path) -> str:
    parts = path.relative_to(data).parts
    return "/".join(parts[:2]) if parts[0] == "postgres" else parts[0]


def temporary(since: float) -> Iterator[Path]:
    for folder, below, names in os.walk(tempfile.gettempdir()):
        # Data folders of test runs; our own is looked through whole.
        below[:] = [name for name in below if not name.startswith(("zhiyin-tests-", "pytest-of"))]
        for path in (Path(folder) / name for name in names):
            try:
                told = path.stat()
            except OSError:
                continue  # somebody else's, and gone
            if path.is_file() and told.st_mtime >= since and told.st_size < 10**8:
                yield path


def raw_of(path: Path) -> Iterator[bytes]:
    """The bytes as they lie there."""
    with suppress(OSError):  # gone meanwhile
        yield path.read_bytes()


def layers(path: Path) -> Iterator[bytes]:
    """The same, and of what is packed the content."""
    for raw in raw_of(path):
        yield raw
        if raw.endswith(b"PAR1"):
            for column in pq.read_table(pa.BufferReader(raw)).columns:
                yield "\n".join(map(str, column.to_pylist())).encode()
        elif raw.startswith(b"\x1f\x8b"):
            yield gzip.decompress(raw)


def rows() -> dict[str, Counter[str]]:
    """Every row of every table as a digest."""
    found: dict[str, Counter[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select md5(t::text) from "{table}" t')
            found[table] = Counter(row[0] for row in cursor.fetchall())
    return found


def lake_rows() -> dict[str, list[str]]:
    """The rows of the lake by whose they are."""
    found: dict[str, list[str]] = {}
    for table in ("events", "order_lines"):
        for row in archive.lake().read(table).to_pylist():
            found.setdefault(str(row["identifier_id"]), []).append(f"{table}{row}")
    return {whose: sorted(told) for whose, told in found.items()}


@pytest.mark.parametrize(
    ("size", "each"),
    [pytest.param(1_000, 5, id="200 of 1,000"),
     pytest.param(2_000, 10, id="200 of 2,000", marks=pytest.mark.soak),
     pytest.param(20_000, 10, id="2,000 of 20,000",
                  marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])  # fmt: skip
def test_who_was_erased_is_nowhere_and_everybody_else_is_as_before(
    size: int, each: int, settings: Settings
) -> None:
    since = time.time()
    town = Town(size, each)
    leaving = set(town.leavers)
    identifiers = {
        str(pk) for pk in
        Identifier.objects.filter(customer__in=town.ids).values_list("pk", flat=True)
    }  # fmt: skip
    orders = Order.objects.count()
    audit.chain_pending()
    found = words_on_disk(town, settings, since)
    planted = {what.partition(":")[2] for what in found}
    assert planted >= KINDS, f"the search cannot find {KINDS - planted}"
    assert {what.partition(":")[0] for what in found} >= {
        "postgres/base", "postgres/pg_wal", "postgres/server.log", "imports", "files"}  # fmt: skip
    before, in_lake = rows(), lake_rows()

    asked = erasing.preview(town.ids)
    one = erasing.prepare(town.ids, by=town.admin, reason="asked")
    erasing.run(one, lambda *_: None, rewrite_now=True)

    assert one.state == Erasure.State.DONE
    left = {what: people & leaving for what, people in words_on_disk(town, settings, since).items()}
    assert {what: sorted(people)[:5] for what, people in left.items() if people} == {}
    receipt = one.receipt
    assert receipt["left"] == 0
    assert receipt["lake"]["rows_erased"] > 0
    assert asked.rows == receipt["rows"]
    differ(before, rows(), receipt)
    stayed = {whose: told for whose, told in in_lake.items() if whose not in identifiers}
    assert lake_rows() == stayed
    assert Order.objects.count() == orders  # the books are whole
    assert Order.objects.filter(customer=None).count() == len(leaving)
    assert Customer.objects.count() == size - len(leaving)
    audit.chain_pending()
    assert verify() == []
    print({key: value for key, value in receipt.items() if key != "lake"})  # noqa: T201


# Every word that the town plants; a phone is one by its digits.
KINDS = {
    "number", "name", "former_name", "mail", "city", "former_city", "province", "country", "tag",
    "said", "device", "page", "note", "task", "score", "was", "comment", "notice", "share", "field",
    "member", "to", "subject", "body", "left", "before", "occurrence", "example", "attached",
    "file", "waits", "rejected", "phone",
}  # fmt: skip


def differ(
    before: dict[str, Counter[str]], after: dict[str, Counter[str]], receipt: dict[str, dict]
) -> None:
    """Of each table exactly the receipt's rows went or changed; nothing else did."""
    rows, mended, beside = receipt["rows"], receipt["kept_without_them"], receipt["beside"]
    for table in before:
        if table in _OWN:
            continue
        went, came = before[table] - after[table], after[table] - before[table]
        changed = mended.get(table, 0)  # texts: a row may hold two
        if table in _BESIDE:
            assert came.total() <= beside[_BESIDE[table]], table
            continue
        if table in _FIGURES:
            continue
        assert went.total() - came.total() == rows.get(table, 0), table
        assert bool(changed) <= came.total() <= changed, table


_BESIDE = {
    "collect_received": "inbox", "collect_setaside": "set_aside", "collect_repeat": "set_aside",
    "collect_toarchive": "to_archive", "accounts_keptanswer": "kept_answers",
    "accounts_session": "sessions", "files_content": "bytes_of_files",
    "collect_import": "imports",
}  # fmt: skip
_FIGURES = {"customers_company", "collect_learnt", "collect_planday"}


def test_bytes_that_were_not_written_anew_are_found_by_the_search(settings: Settings) -> None:
    since = time.time()
    town = Town(20, 10)
    one = erasing.prepare(town.ids, by=town.admin, reason="asked")
    erasing.run(one, lambda *_: None, rewrite_now=False)
    assert one.receipt["left"] == 0  # by any query
    found = words_on_disk(town, settings, since)
    assert {0, 10} <= found["postgres/base:name"]
    assert {0, 10} <= found["postgres/pg_wal:said"]
    assert erasing.rewrite_waiting(lambda *_: None) == 1
    left = words_on_disk(town, settings, since)
    assert not any(people & {0, 10} for people in left.values())
    assert 11 in left["postgres/base:name"]


def test_who_was_erased_does_not_come_back(settings: Settings) -> None:
    town = Town(40, 10)
    one = erasing.prepare(town.ids, by=town.admin, reason="asked")
    erasing.run(one, lambda *_: None, rewrite_now=False)
    assert one.state == Erasure.State.FORGOTTEN
    people = Customer.objects.count()
    waiting = Received.objects.count()
    assert waiting
    town.put(*(town._message(n, "Late") for n in range(40)))
    town._profiles()
    town.pump()
    assert Customer.objects.count() == people
    assert not Identifier.objects.filter(value__regex=f"^{town.mark}000[0123]0").exists()
    erased = Tally.objects.get(outcome="erased")
    assert erased.events == len(town.leavers)
    latest = Import.objects.latest("created_at")
    assert latest.report["erased"] == len(town.leavers)
    assert re.fullmatch(r"[0-9a-f]{64}", one.receipt["lake"]["digest"])
