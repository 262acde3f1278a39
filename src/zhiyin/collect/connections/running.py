"""One run of a connection: read what is new, bring it in piece by piece, remember how far.

The columns of the first piece are mapped by a person, and again when they change: the run then
waits, and what it read stays as an import. Everything after that goes by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import structlog
from django.db import transaction
from django.utils import timezone

from zhiyin.cleaning.errors import FileProblem
from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect import files, queries, services
from zhiyin.collect.connections import databases, folders
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.models import Connection, Import, Run
from zhiyin.connect import vault

log = structlog.get_logger(__name__)
PURPOSE = "source connection"
KEPT = timedelta(days=90)  # runs that brought nothing are forgotten after a week
_IN = (Import.State.LOADED, Import.State.UNDONE)
State = Run.State


@dataclass(frozen=True)
class Piece:
    """A file to import, and what the cursor says once it is in."""

    path: Path
    name: str
    cursor: dict[str, object]


def run(connection: Connection, *, now: datetime | None = None) -> Run | None:
    """Read the connection once; None where it waits for a person, and nothing was begun."""
    begun = now or timezone.now()
    if _waits(connection):
        return None
    done = Run.objects.create(connection=connection, started_at=begun)
    try:
        with tempfile.TemporaryDirectory(prefix="zhiyin-") as folder:
            for piece in pieces(connection, Path(folder)):
                if not _brought(connection, done, piece):
                    break
    except (Trouble, FileProblem) as trouble:
        done.state, done.problem = State.FAILED, trouble.message
    except Exception as error:
        done.state = State.FAILED
        done.problem = _fault(error)
        log.exception("a connection failed", connection=str(connection.pk))
    if done.state == State.RUNNING:
        done.state = State.LOADED if done.rows else State.NOTHING
    done.finished_at = timezone.now()
    done.save()
    return done


def pieces(connection: Connection, folder: Path) -> Iterator[Piece]:
    """What is new, as files; rows of a database are written into `folder` first."""
    if connection.kind == Connection.Kind.FOLDER:
        for one in folders.new_files(connection.where, connection.cursor):
            yield Piece(one.path, one.name, one.cursor)
        return
    place = msgspec.convert(connection.where, databases.Place)
    for number, found in enumerate(
        databases.new_rows(place, password(connection), connection.cursor)
    ):
        path = folder / f"{number}.parquet"
        pq.write_table(found.rows, path, compression="zstd")
        yield Piece(path, f"{place.table}.parquet", found.cursor)
        path.unlink()


def password(connection: Connection) -> str:
    """The password, unsealed; raises `Trouble` where it was sealed under another key."""
    if connection.secret is None:
        return ""
    try:
        return vault.unseal(bytes(connection.secret), purpose=PURPOSE)
    except vault.UnreadableError as error:
        raise Trouble(
            "保存的密码无法解密（服务器密钥已更换），请重新填写密码。",
            "The saved password cannot be read (the server's key has changed); enter it again.",
        ) from error


def _waits(connection: Connection) -> bool:
    """Whether the last run's columns are still to be mapped; takes it up where they were."""
    last = connection.runs.order_by("-started_at").first()
    if last is None or last.state != State.WAITS or last.made is None:
        return False
    if last.made.state not in _IN:
        return True
    with transaction.atomic():
        connection.cursor = last.cursor
        connection.save(update_fields=["cursor"])
        last.state, last.rows = State.LOADED, last.made.rows
        last.loaded, last.known = last.made.loaded, last.made.known
        last.rejected = last.made.rejected
        last.save()
    return False


def _brought(connection: Connection, done: Run, piece: Piece) -> bool:
    """One piece; a file that cannot be read is passed over, so that the next ones come in."""
    try:
        return _bring(connection, done, piece)
    except FileProblem as problem:
        if connection.kind != Connection.Kind.FOLDER:
            raise
        done.state, done.problem = State.FAILED, _of_file(piece.name, problem)
        connection.cursor = piece.cursor
        connection.save(update_fields=["cursor"])
        return True


def _of_file(name: str, problem: FileProblem) -> dict[str, str]:
    said = problem.message
    return {
        "zh": f"{name}：{said['zh']} 改好后放回文件夹即可。",
        "en": f"{name}: {said['en']} Put it back into the folder when it is mended.",
    }


def _bring(connection: Connection, done: Run, piece: Piece) -> bool:
    """One piece all the way in; False where a person must map its columns first."""
    one = services.begin(files.read_chunks(piece.path), file_name=piece.name, by=connection.owner)
    one.source = connection.source
    one.save(update_fields=["source"])
    done.made = one
    known = queries.remembered(services.look_at(one, 1))
    if known is None:
        done.state, done.cursor = State.WAITS, piece.cursor
        return False
    mapping = msgspec.structs.replace(
        msgspec.convert(known.mapping, Mapping), source=connection.source.key
    )
    services.map_columns(one, mapping, by=connection.owner)
    services.check(one, by=connection.owner)
    services.load(one, by=connection.owner)
    one.refresh_from_db()
    with transaction.atomic():
        connection.cursor = piece.cursor
        connection.save(update_fields=["cursor"])
        done.rows += one.rows
        done.loaded += one.loaded
        done.known += one.known
        done.rejected += one.rejected
        done.save()
    return True


def _fault(error: Exception) -> dict[str, str]:
    kind = type(error).__name__
    return {
        "zh": f"读取时出现程序错误（{kind}），下次会再试；若一直如此，请把这一行告诉管理员。",
        "en": f"A fault of ours while reading ({kind}); it is tried again next time. If it "
        "stays, tell your administrator this line.",
    }


def forget(now: datetime) -> int:
    """Drop old runs: those that brought nothing after a week, the others after 90 days."""
    old = Run.objects.filter(started_at__lt=now - KEPT)
    dull = Run.objects.filter(started_at__lt=now - timedelta(days=7), state=State.NOTHING)
    return old.delete()[0] + dull.delete()[0]
