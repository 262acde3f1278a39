"""What can go wrong in the lake: one class for each thing that a caller can do about it."""

from __future__ import annotations


class LakeError(Exception):
    """Anything the lake refuses to do."""


class NoSuchTableError(LakeError):
    """The lake was asked for a table that it was not built with."""


class SchemaMismatchError(LakeError):
    """The rows do not have the columns of the table; nothing was written."""


class SchemaChangedError(LakeError):
    """The table on disk has a column that the lake was built without, or with another type.

    Columns are only ever added, and added ones may be empty: old files keep what they have. Give
    the column another name, or bring the old one back.
    """


class BusyError(LakeError):
    """Others wrote to the table again and again; nothing was written. Call again later."""


class NoSuchVersionError(LakeError):
    """The table did not exist yet at that version or moment, or nothing is kept from then."""


class VanishedError(LakeError):
    """That version once existed, but rows were erased since and its files are gone for good."""


class DeletionVectorsError(LakeError):
    """Another writer turned on deletion vectors, so the list of files no longer tells the rows.

    Rewrite the table without them (`REORG TABLE … APPLY (PURGE)` in Spark) before going on.
    """


class EngineError(LakeError):
    """The engine that the settings name cannot be used; the message says what to do."""


class UnknownEngineError(EngineError):
    """The address names no engine."""


class EngineUnavailableError(EngineError):
    """A package, Java, the cluster or a way to the lake's files is missing."""
