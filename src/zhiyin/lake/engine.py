"""DuckDB over the lake, handing out Ibis tables.

Everything that is particular to DuckDB stays in this file; features and insight see only Ibis.
Tables are read through their list of files, which is exact because the lake refuses deletion
vectors. Once opened, an engine reads the lake's own folder and nothing else: no other file, no
network, no extension, and no query can change that.
"""

from __future__ import annotations

import tempfile
import weakref
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhiyin.lake.tables import Lake


@dataclass(frozen=True)
class EngineSettings:
    """How much of the machine one engine may take."""

    memory: str = "2GB"  # raise it when features of a large lake spill to disk
    threads: int | None = None  # None: as many as the machine has


class Engine:
    """One in-process engine with the tables registered in it. Not to be shared by threads."""

    def __init__(self, lake: Lake | None = None, settings: EngineSettings | None = None) -> None:
        self._lake = lake
        self._settings = settings or EngineSettings()
        self._spill = tempfile.TemporaryDirectory(prefix="zhiyin-engine-")
        self._connection = duckdb.connect(config=self._config())
        self._ibis = ibis.duckdb.from_connection(self._connection)
        # Tables handed out may outlive this object, and they still need the folder to spill into.
        weakref.finalize(self._ibis, self._spill.cleanup)
        self._confine()

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": self._settings.memory,
            "temp_directory": self._spill.name,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        if self._settings.threads is not None:
            config["threads"] = self._settings.threads
        return config

    def _confine(self) -> None:
        allowed = [self._spill.name]
        if self._lake is not None and self._lake.local:
            allowed.append(str(Path(self._lake.root).resolve()))
        quoted = ", ".join("'" + folder.replace("'", "''") + "'" for folder in allowed)
        self._connection.execute(f"SET allowed_directories = [{quoted}]")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def table(self, table_name: str, at: datetime | int | None = None) -> ir.Table:
        """A table of the lake, as it is now or was at a version or moment."""
        if self._lake is None:
            raise ValueError("this engine was opened without a lake")
        files = self._lake.uris(table_name, at)
        schema = self._lake.tables[table_name].schema
        name = ibis.util.gen_name(table_name)
        if not files or not self._lake.local:
            # The engine has no network: what lies elsewhere comes in through the lake, once.
            batches = self._lake.scan(table_name, at=at)
            reader = pa.RecordBatchReader.from_batches(schema, batches)
            return self.keep(self.arrow(reader, name), name)
        found = self._ibis.read_parquet(
            files, table_name=name, hive_partitioning=True, union_by_name=True
        )
        kinds = ibis.Schema.from_pyarrow(schema)
        # Files from before a column was added do not have it.
        late = {one: ibis.null(kinds[one]) for one in schema.names if one not in found.columns}
        return found.mutate(**late).select(*schema.names) if late else found.select(*schema.names)

    def arrow(self, rows: pa.Table | pa.RecordBatchReader, name: str = "rows") -> ir.Table:
        """Arrow rows as an Ibis table, without a copy; a reader can be read only once."""
        unique = ibis.util.gen_name(name)
        self._connection.register(unique, rows)
        return self._ibis.table(unique)

    def keep(self, table: ir.Table, name: str = "kept") -> ir.Table:
        """The result of an expression, computed once and held by the engine (spills to disk)."""
        return self._ibis.create_table(ibis.util.gen_name(name), table)

    def close(self) -> None:
        """Give back memory and spilled files."""
        self._connection.close()
        self._spill.cleanup()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
