"""DuckDB over the lake, in this process.

Tables are read through their list of files, which is exact because the lake refuses deletion
vectors. Once opened, an engine reads the lake's own folder and nothing else: no other file, no
network, no extension, and no query can change that.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from zhiyin.lake.engine import DUCKDB, Engine, EngineSettings, Param
from zhiyin.lake.tables import Lake


class DuckDBEngine(Engine):
    """One connection of its own."""

    name = DUCKDB

    def __init__(self, lake: Lake | None = None, settings: EngineSettings | None = None) -> None:
        super().__init__(lake)
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

    def _read(self, lake: Lake, table_name: str, at: datetime | int | None) -> ir.Table:
        files = lake.uris(table_name, at)
        schema = lake.tables[table_name].schema
        name = ibis.util.gen_name(table_name)
        if not files or not lake.local:
            # The engine has no network: what lies elsewhere comes in through the lake, once.
            batches = lake.scan(table_name, at=at)
            reader = pa.RecordBatchReader.from_batches(schema, batches)
            return self.keep(self._registered(reader, name), name)
        found = self._ibis.read_parquet(
            files, table_name=name, hive_partitioning=True, union_by_name=True
        )
        kinds = ibis.Schema.from_pyarrow(schema)
        # Files from before a column was added do not have it.
        late = {one: ibis.null(kinds[one]) for one in schema.names if one not in found.columns}
        return found.mutate(**late).select(*schema.names) if late else found.select(*schema.names)

    def arrow(self, rows: pa.Table, name: str = "rows") -> ir.Table:
        return self._registered(rows, name)

    def _registered(self, rows: pa.Table | pa.RecordBatchReader, name: str) -> ir.Table:
        """Without a copy; a reader can be read only once."""
        unique = ibis.util.gen_name(name)
        self._connection.register(unique, rows)
        return self._ibis.table(unique)

    def keep(self, table: ir.Table, name: str = "kept") -> ir.Table:
        return self._ibis.create_table(ibis.util.gen_name(name), table)

    def hashed(self, text: ir.StringValue) -> ir.IntegerValue:
        return text.hash()

    def ask(self, sql: str, params: Mapping[str, Param]) -> pa.Table:
        return self._connection.execute(sql, dict(params)).to_arrow_table()

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()
