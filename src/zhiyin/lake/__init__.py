"""The lake: every event the company ever received, in an open table format.

It stores, compacts, erases and travels in time. It does not know what an event means, and no
personal text belongs in it: columns hold opaque ids, numbers and the names of events. Tables are
Delta Lake tables, so DuckDB, Spark, Polars, Trino and the cloud warehouses read them as they are.
"""

from zhiyin.lake.checking import Finding, Problem
from zhiyin.lake.compaction import Compacted
from zhiyin.lake.erasure import Receipt
from zhiyin.lake.errors import (
    BusyError,
    DeletionVectorsError,
    LakeError,
    NoSuchTableError,
    NoSuchVersionError,
    SchemaChangedError,
    SchemaMismatchError,
    VanishedError,
)
from zhiyin.lake.schemas import EVENTS, ORDER_LINES, SCORES, TABLES, TableSpec
from zhiyin.lake.storage import HISTORY
from zhiyin.lake.tables import Lake, TableStatus

__all__ = [
    "EVENTS",
    "HISTORY",
    "ORDER_LINES",
    "SCORES",
    "TABLES",
    "BusyError",
    "Compacted",
    "DeletionVectorsError",
    "Finding",
    "Lake",
    "LakeError",
    "NoSuchTableError",
    "NoSuchVersionError",
    "Problem",
    "Receipt",
    "SchemaChangedError",
    "SchemaMismatchError",
    "TableSpec",
    "TableStatus",
    "VanishedError",
]
