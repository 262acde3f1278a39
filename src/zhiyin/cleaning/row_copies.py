"""Which rows repeat an earlier row of the same file, remembered by digest and not by content."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from .field_columns import FieldColumns


class Copies:
    """Sixteen bytes for each row seen so far."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self.count = 0

    def mask(self, columns: FieldColumns) -> pa.Array:
        """True where the row as a whole was seen before; rejected rows are not remembered."""
        good = columns.good().to_pylist()
        result: list[bool] = []
        for usable, whole in zip(good, columns.whole().to_pylist(), strict=True):
            if not usable:
                result.append(False)
                continue
            digest = hashlib.blake2b(whole.encode(), digest_size=16).digest()
            result.append(digest in self._seen)
            self._seen.add(digest)
        self.count += sum(result)
        return pa.array(result, pa.bool_())
