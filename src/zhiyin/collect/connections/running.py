"""One run of a connection: read what is new, bring it in piece by piece, remember how far.

The columns of the first piece are mapped by a person, and again when they change: the run then
waits, and what it read stays as an import. Everything after that goes by itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import structlog
from django.db import transaction
from django.utils import timezone

from zhiyin.cleaning import documents
from zhiyin.cleaning.errors import FileProblem
from zhiyin.cleaning.mapping import Mapping, guess_mapping
from zhiyin.collect import files, mappings, services
from zhiyin.collect.connections import kinds
from zhiyin.collect.connections.pieces import Asked, Piece
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.models import Connection, Import, Run, SavedMapping
from zhiyin.connect import vault

log = structlog.get_logger(__name__)
PURPOSE = "source connection"
MOST_TOLD = 20  # names of new fields in a note
KEPT = timedelta(days=90)  # runs that brought nothing are forgotten after a week
_IN = (Import.State.LOADED, Import.State.UNDONE)
State = Run.State


def run(connection: Connection, *, now: datetime | None = None) -> Run | None:
    """Read the connection once; None where it waits for a person, and nothing was begun."""
    begun = now or timezone.now()
    kind = kinds.of(connection)
    if kind.in_order and _waits(connection):
        return None
    _settle(connection)
    done = Run.objects.create(connection=connection, started_at=begun)
    try:
        if kind.before is not None:
            kind.before(connection)
        with tempfile.TemporaryDirectory(prefix="zhiyin-") as folder:
            for piece in pieces(connection, Path(folder)):
                if not _brought(connection, done, piece) and kind.in_order:
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
    """What is new, as files; what has to be written down first lies in `folder`."""
    asked = Asked(connection.pk, connection.where, password(connection), connection.cursor, folder)
    return kinds.of(connection).pieces(asked)


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


def _settle(connection: Connection) -> None:
    """Runs whose columns somebody mapped meanwhile have brought what was loaded then."""
    for one in connection.runs.filter(state=State.WAITS, made__state__in=_IN):
        assert one.made is not None
        one.state, one.rows, one.loaded = State.LOADED, one.made.rows, one.made.loaded
        one.known, one.rejected = one.made.known, one.made.rejected
        one.save(update_fields=["state", "rows", "loaded", "known", "rejected"])


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
    return False


def _brought(connection: Connection, done: Run, piece: Piece) -> bool:
    """One piece; a file that cannot be read is passed over, so that the next ones come in."""
    try:
        return _bring(connection, done, piece)
    except FileProblem as problem:
        if not kinds.of(connection).by_files:
            raise
        done.state, done.problem = State.FAILED, _of_file(piece.name, problem)
        connection.cursor = piece.cursor
        connection.save(update_fields=["cursor"])
        return True


def _of_file(name: str, problem: FileProblem) -> dict[str, str]:
    said = problem.message
    return {
        "zh": f"{name}：{said['zh']} 改好后放回原处即可。",
        "en": f"{name}: {said['en']} Put it back when it is mended.",
    }


def _bring(connection: Connection, done: Run, piece: Piece) -> bool:
    """One piece all the way in; False where a person must map its columns first."""
    by = connection.owner
    if piece.path is None:
        connection.cursor = piece.cursor
        connection.save(update_fields=["cursor"])
        return True
    with transaction.atomic():
        one = services.begin(
            files.read_chunks(piece.path), file_name=piece.name, by=by, shape=piece.shape,
            guess=documents.guess if piece.shape else guess_mapping,
        )  # fmt: skip
        one.source = connection.source
        one.save(update_fields=["source"])
        if piece.taken is not None:
            piece.taken(one)
    columns = [column.name for column in services.look_at(one, 1).columns]
    held = mappings.in_use(one.shape)
    mapping = piece.mapping or _fitting(held, columns, loosely=bool(piece.shape))
    if mapping is None:
        done.state, done.cursor, done.made = State.WAITS, piece.cursor, one
        return False
    if done.state != State.WAITS:
        done.made = one
    mapping = msgspec.structs.replace(mapping, source=connection.source.key)
    services.use_mapping(one, mapping, columns, by=by)
    services.check(one, by=by)
    services.load(one, by=by)
    one.refresh_from_db()
    with transaction.atomic():
        connection.cursor = piece.cursor
        connection.save(update_fields=["cursor"])
        done.rows += one.rows
        done.loaded += one.loaded
        done.known += one.known
        done.rejected += one.rejected
        if piece.shape and held is not None:
            done.problem = _of_fields(sorted(set(columns) - set(held.columns))) or done.problem
        done.save()
    if held is not None:
        mappings.used(held)
    return True


def _fitting(held: SavedMapping | None, columns: list[str], *, loosely: bool) -> Mapping | None:
    """The mapping that is kept, where it fits these columns. `loosely`: fields that it names may be
    lacking, as long as none of them is required."""
    if held is None:
        return None
    mapping = msgspec.convert(held.mapping, Mapping)
    if not loosely:
        return mapping
    there = {column: field for column, field in mapping.columns.items() if column in columns}
    mapping = msgspec.structs.replace(mapping, columns=there)
    return None if mapping.missing() else mapping


def _of_fields(new: list[str]) -> dict[str, str]:
    """That fields came which nobody has seen when the mapping was made."""
    if not new:
        return {}
    listed = new[:MOST_TOLD]
    return {
        "zh": f"出现了新字段：{'、'.join(listed)}。需要时请修改字段对应。",
        "en": f"New fields came: {', '.join(listed)}. Change the mapping where you want them.",
    }


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
