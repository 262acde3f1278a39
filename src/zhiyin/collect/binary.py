"""PostgreSQL's binary forms: rows for COPY, and arrays for a question about many.

Thousands of events a turn are written and asked about in these, since texts cost both sides: an
id becomes 36 letters there and sixteen bytes again here. Pure; `bulk` sends what is made here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

# A signature, no flags, no extension; a row is its number of fields, each with its length; the end
# is a row of -1 fields.
HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
END = struct.pack("!h", -1)
NULL = struct.pack("!i", -1)
UUID_ARRAY, TEXT_ARRAY = 2951, 1009  # types, as PostgreSQL numbers them
_UUID, _TEXT = 2950, 25
_SIXTEEN = struct.pack("!i", 16)
_LENGTH = struct.Struct("!i").pack
_ARRAY = struct.Struct("!iiiii").pack  # dimensions, nulls, type, how many, the first one's number
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def moment(at: datetime) -> int:
    """Microseconds since 2000, as PostgreSQL counts."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def field(value: bytes) -> bytes:
    """A field with its length before it."""
    return _LENGTH(len(value)) + value


def id_field(value: UUID | None) -> bytes:
    """An id with its length before it, or none."""
    return NULL if value is None else _SIXTEEN + value.bytes


def uuids(values: Iterable[UUID]) -> bytes:
    """An array of ids."""
    parts = [value.bytes for value in values]
    return _array(_UUID, len(parts), _SIXTEEN + _SIXTEEN.join(parts))


def texts(values: Iterable[str]) -> bytes:
    """An array of texts."""
    parts = [field(value.encode()) for value in values]
    return _array(_TEXT, len(parts), b"".join(parts))


def _array(of: int, length: int, elements: bytes) -> bytes:
    if not length:
        return _ARRAY(0, 0, of, 0, 0)[:12]  # an empty one has no dimension
    return _ARRAY(1, 0, of, length, 1) + elements
