"""Where a word stands in a file: in its bytes, or in what Parquet and Arrow packed of it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq


def holds(name: str, content: bytes, word: bytes) -> bool:
    """Whether the word is there. Bytes alone do not tell: pages are compressed."""
    if word in content:
        return True
    if name.endswith(".parquet"):
        return word.decode() in str(pq.read_table(pa.BufferReader(content)).to_pylist())
    if name.endswith(".arrow"):
        return word.decode() in str(pa.ipc.open_stream(content).read_all().to_pylist())
    return False
