"""What every kind of connection gives: a look at what is there, and what is new, in pieces.

A kind is two functions, `look` and `pieces`, and a form; `kinds` lists them. Nothing here knows how
any of them is read, and none of them knows what becomes of a piece.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import pyarrow as pa

from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect.models import Import

Cursor: TypeAlias = dict[str, object]  # how far a connection was read, as its kind keeps it
Where: TypeAlias = AnyMapping[str, object]  # where and what to read; never a secret


@dataclass(frozen=True)
class Look:
    """What a test found; `note` and `heading` are in the user's language."""

    note: str
    heading: str = ""
    names: list[str] = field(default_factory=list)  # files, tables or whatever there is to choose
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """What a kind is given to read. `folder` is for what it has to write down; it goes with it."""

    connection: UUID
    where: Where
    secret: str
    cursor: Cursor
    folder: Path


@dataclass(frozen=True)
class Piece:
    """A file to import, and what the cursor says once it is in; no file where only that is so.

    Documents have a field this time and lack it the next, so their mapping is kept for `shape` and
    not for their header. `mapping` is that of a kind which knows what its columns are; `taken` is
    told the import in the transaction that makes it.
    """

    path: Path | None
    name: str
    cursor: Cursor
    shape: str = ""
    mapping: Mapping | None = None
    taken: Callable[[Import], None] | None = None


def as_table(names: list[str], rows: list[list[str | None]]) -> pa.Table:
    """Rows of texts as a table of texts."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.table(
        {n: pa.array(cells, pa.string()) for n, cells in zip(names, columns, strict=True)}
    )
