"""Who was erased, remembered without saying who: hashes, so that no append brings them back.

A replay or a late event may carry the identifier of an erased customer. Each append asks here,
inside the attempt that commits: an erasure that came in between makes it look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, Transaction, write_deltalake

from zhiyin.instants import to_us
from zhiyin.lake.schemas import ERASED_TABLE
from zhiyin.lake.storage import NO_HOOKS, Storage, onto

_DIGEST_BYTES = 16
_DIGEST = f"S{_DIGEST_BYTES}"  # numpy's text of bytes: it compares zeros at the end as well


class Tombstones:
    """The erased identifiers of a lake, read anew only where somebody was erased since."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._table: DeltaTable | None = None
        self._read = _NOBODY

    def add(self, ids: Sequence[str], now: datetime) -> int:
        """Remember them, on disk when it returns; the number that was not known before."""

        def attempt(table: DeltaTable) -> int:
            new = [one for one, known in zip(ids, self.know(ids), strict=True) if not known]
            if new:
                key = _key(table)
                digests = [_digest(key, one).hex() for one in new]
                rows = pa.table({"digest": digests, "received_us": [to_us(now)] * len(new)})
                write_deltalake(
                    table,
                    self._storage.spec(ERASED_TABLE).conform(rows),
                    mode="append",
                    commit_properties=onto(Transaction(f"erasure:{uuid4()}", 1)),
                    post_commithook_properties=NO_HOOKS,
                )
            return len(new)

        with self._storage.writing(ERASED_TABLE):
            return self._storage.strictly(ERASED_TABLE, attempt)

    def know(self, ids: Sequence[str]) -> list[bool]:
        """Which of them were erased."""
        known = self._known()
        if not len(known.digests):
            return [False] * len(ids)
        asked = np.array([known.digest(one) for one in ids], known.digests.dtype)
        places = np.minimum(np.searchsorted(known.digests, asked), len(known.digests) - 1)
        found: list[bool] = (known.digests[places] == asked).tolist()
        return found

    def without(self, rows: pa.Table, person: str) -> pa.Table:
        """The rows of everybody who was not erased."""
        if not len(self._known().digests):
            return rows
        people = pc.unique(rows[person]).drop_null().to_pylist()
        gone = [one for one, known in zip(people, self.know(people), strict=True) if known]
        if not gone:
            return rows
        is_gone = pc.is_in(rows[person], value_set=pa.array(gone, pa.string()))
        return rows.filter(pc.invert(is_gone))

    def _known(self) -> _Known:
        """As they are now."""
        if self._table is None:
            log = Path(self._storage.address(ERASED_TABLE)) / "_delta_log"
            if self._storage.local and not log.is_dir():
                return _NOBODY  # most lakes never erased anybody: they pay for one look
            table = self._storage.opened(ERASED_TABLE)
            if table is None:
                return _NOBODY
            self._table = table
        else:
            table = self._table
            table.update_incremental()
        if self._read.version != table.version():
            digests = table.to_pyarrow_table(columns=["digest"])["digest"].to_pylist()
            data = b"".join(sorted(bytes.fromhex(one) for one in digests))
            self._read = _Known(table.version(), _key(table), np.frombuffer(data, _DIGEST))
        return self._read


@dataclass(frozen=True)
class _Known:
    """The digests in order, of one version of their table."""

    version: int
    key: bytes
    digests: np.ndarray[Any, np.dtype[np.bytes_]]

    def digest(self, id_: str) -> bytes:
        return _digest(self.key, id_)


_NOBODY = _Known(-1, b"", np.array([], _DIGEST))


def _key(table: DeltaTable) -> bytes:
    """The table's own id: hashes of one lake say nothing about those of another."""
    return UUID(str(table.metadata().id)).bytes


def _digest(key: bytes, id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=_DIGEST_BYTES, key=key).digest()
