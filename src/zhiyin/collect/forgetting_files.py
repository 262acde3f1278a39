"""Forgetting a person in imported files, which hold everybody: the file itself, the rows that were
found good, examples of cells that were mended, and the rows that were rejected.

A file that was loaded, given up or taken back has done its work and goes as a whole. One that waits
to be loaded goes, too, and its import is cancelled: whoever needs it brings it again, and the rows
of who was erased are turned away. Of rejected rows only theirs go.
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from zhiyin.accounts.forgetting import Leaving, folded
from zhiyin.cleaning.errors import FileProblem
from zhiyin.cleaning.reading import open_file
from zhiyin.collect.models import Import

State = Import.State
_WAITING = {State.NEW, State.CHECKED}
_DIGITS = re.compile(r"\D+")
SHORTEST_NUMBER = 8  # of a phone, without what stands between its digits


class LoadingNow(RuntimeError):  # noqa: N818 (it says what is so)
    """An import is loading what may be theirs: erase when it has ended."""


def count(leaving: Leaving) -> int:
    """How many imports keep something of theirs on disk."""
    return sum(_concerns(one, leaving) for one in _with_files())


def forget(leaving: Leaving) -> int:
    """Their files go; the number of imports."""
    done = 0
    for one in _with_files():
        if not _concerns(one, leaving):
            continue
        if one.state == State.LOADING:
            raise LoadingNow(str(one.pk))
        folder = _folder(one)
        if one.state in _WAITING:
            Import.objects.filter(pk=one.pk).update(state=State.CANCELLED)
        (folder / "source").unlink(missing_ok=True)
        (folder / "clean.parquet").unlink(missing_ok=True)
        (folder / "changed.parquet").unlink(missing_ok=True)
        _thin_out(folder / "rejected.parquet", leaving)
        done += 1
    return done


def _with_files() -> list[Import]:
    return [one for one in Import.objects.order_by("created_at") if _folder(one).is_dir()]


def _folder(one: Import) -> Path:
    return Path(settings.DATA) / "imports" / str(one.pk)


def _concerns(one: Import, leaving: Leaving) -> bool:
    source = _folder(one) / "source"
    if source.exists() and (one.pk in leaving.batches or _names_them(source, leaving)):
        return True
    rejected = _folder(one) / "rejected.parquet"
    return rejected.exists() and any(_theirs(pq.read_table(rejected), leaving))


def _names_them(path: Path, leaving: Leaving) -> bool:
    """Whether a cell of the file is one of their identifiers."""
    try:
        for batch in open_file(path).batches():
            cells = (column.unique().to_pylist() for column in batch.table.columns)
            if any(_is_one(cell, leaving) for column in cells for cell in column):
                return True
            if any(_theirs(batch.rejected, leaving)):
                return True
    except FileProblem:
        return leaving.mentioned_in(path.read_bytes().decode("utf-8", "replace"))
    return False


def _theirs(rejected: pa.Table, leaving: Leaving) -> list[bool]:
    return [
        any(_is_one(cell, leaving) for cell in cells or ())
        for cells in rejected["cells"].to_pylist()
    ]


def _is_one(cell: object, leaving: Leaving) -> bool:
    """A cell as people write it: an address in capitals, a phone with spaces."""
    if not isinstance(cell, str) or not cell:
        return False
    text = folded(cell.strip())
    if text in leaving.values or leaving.mentioned_in(text):
        return True
    digits = _DIGITS.sub("", text)
    return len(digits) >= SHORTEST_NUMBER and digits in leaving.numbers


def _thin_out(path: Path, leaving: Leaving) -> None:
    """Write the rejected rows again without theirs."""
    if not path.exists():
        return
    table = pq.read_table(path)
    theirs = _theirs(table, leaving)
    if any(theirs):
        beside = path.with_suffix(".new")
        pq.write_table(table.filter(pa.array([not one for one in theirs])), beside,
                       compression="zstd")  # fmt: skip
        beside.replace(path)
