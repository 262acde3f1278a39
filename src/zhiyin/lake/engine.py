"""What runs the questions asked of the lake: DuckDB in this process, or Apache Spark.

An engine hands out Ibis tables; features and insight see only these, so one expression runs on
either and gives equal rows. Which engine is meant says its address (`ZHIYIN_ENGINE`). What is
particular to one of them stays in its own file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import ibis.expr.types as ir
import pyarrow as pa

from zhiyin.lake.errors import EngineUnavailableError, UnknownEngineError
from zhiyin.lake.tables import Lake

Param = bool | int | float | Decimal | str | date | datetime | list[str]

DUCKDB = "duckdb"


@dataclass(frozen=True)
class EngineSettings:
    """Which engine, and how much of this machine it may take."""

    address: str = DUCKDB  # or local[2], local[*], spark://host:port
    memory: str = "2GB"  # raise it when features of a large lake spill to disk
    threads: int | None = None  # None: as many as the machine has, or the address says


class Engine(ABC):
    """An engine with the tables registered in it. Not to be shared by threads."""

    name: str  # whose SQL it speaks: duckdb or spark

    def __init__(self, lake: Lake | None = None) -> None:
        self._lake = lake

    def table(self, table_name: str, at: datetime | int | None = None) -> ir.Table:
        """A table of the lake, as it is now or was at a version or moment."""
        if self._lake is None:
            raise ValueError("this engine was opened without a lake")
        return self._read(self._lake, table_name, at)

    @abstractmethod
    def _read(self, lake: Lake, table_name: str, at: datetime | int | None) -> ir.Table: ...

    @abstractmethod
    def arrow(self, rows: pa.Table, name: str = "rows") -> ir.Table:
        """Arrow rows as an Ibis table."""

    @abstractmethod
    def keep(self, table: ir.Table, name: str = "kept") -> ir.Table:
        """The result of an expression, computed once and held by the engine (spills to disk)."""

    @abstractmethod
    def hashed(self, text: ir.StringValue) -> ir.IntegerValue:
        """64 bits for a text, to be compared within this engine only."""

    @abstractmethod
    def ask(self, sql: str, params: Mapping[str, Param]) -> pa.Table:
        """The answer to a statement in this engine's SQL, as the segment language compiles it."""

    @abstractmethod
    def close(self) -> None:
        """Give back memory and spilled files."""

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_engine(lake: Lake | None = None, settings: EngineSettings | None = None) -> Engine:
    """The engine of the address. Raises `EngineUnavailableError` where it cannot run here."""
    chosen = settings or EngineSettings()
    if chosen.address == DUCKDB:
        from zhiyin.lake.duckdb_engine import DuckDBEngine

        return DuckDBEngine(lake, chosen)
    master = spark_master(chosen.address)
    try:
        from zhiyin.lake.spark_engine import SparkEngine
    except ModuleNotFoundError as missing:
        raise EngineUnavailableError(
            f"{chosen.address} needs the extra `spark`, and {missing.name} is not installed: "
            "pip install 'zhiyin[spark]'"
        ) from missing
    return SparkEngine(master, lake, chosen)


def spark_master(address: str) -> str:
    """What Spark calls the address: `local[2]`, `spark://host:port`; `spark:yarn` is `yarn`."""
    if address.startswith(("spark://", "local")):
        return address
    if address.startswith("spark:") and len(address) > len("spark:"):
        return address.removeprefix("spark:")
    raise UnknownEngineError(
        f"{address!r} is no engine: duckdb, local[*], local[2], spark://host:port or spark:MASTER"
    )
