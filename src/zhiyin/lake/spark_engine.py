"""Apache Spark over the lake: in threads of a local Java process, or on a cluster.

Tables are read as Parquet by their list of files, so no Delta jar is needed; every worker has to
see the lake's folder under the same path. A process has one Spark, for one address; engines share
it, each with a session of its own. Nothing here runs Python on the workers.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import weakref
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext, StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import from_arrow_schema

from zhiyin.lake.engine import Engine, EngineSettings, Param
from zhiyin.lake.errors import EngineUnavailableError
from zhiyin.lake.java import java_home
from zhiyin.lake.tables import Lake


@ibis.udf.scalar.builtin(name="xxhash64")  # type: ignore[untyped-decorator]
def _xxhash64(text: str) -> int:  # type: ignore[empty-body]
    """Spark's own; its `hash`, which Ibis would take, has 32 bits only."""


class _Backend(Backend):  # type: ignore[misc]
    """Ibis' own, but answers come as Arrow and not through pandas, which has no null integer."""

    def to_pyarrow(self, expr: ir.Expr, /, **asked: Any) -> Any:
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        rows = self._session.sql(self.compile(table, **asked)).toArrow()
        return expr.__pyarrow_result__(rows.cast(table.schema().to_pyarrow()))


class SparkEngine(Engine):
    """A session of its own on this process's Spark."""

    name = "spark"

    def __init__(
        self, master: str, lake: Lake | None = None, settings: EngineSettings | None = None
    ) -> None:
        super().__init__(lake)
        if lake is not None and not lake.local:
            raise EngineUnavailableError(
                f"Spark reads a lake in a folder that all workers share; {lake.root} is on object "
                "storage, which only duckdb reads"
            )
        self._session = _spark(master, settings or EngineSettings()).newSession()
        self._ibis = _Backend()
        self._ibis.register_options()
        self._ibis.do_connect(self._session)
        self._views: list[str] = []
        self._kept: list[DataFrame] = []
        # Tables handed out may outlive this object; what it keeps goes with the last of them.
        self._forget = weakref.finalize(self._ibis, _forget, self._session, self._views, self._kept)
        self._forget.atexit = False  # Java is gone by then

    def _read(self, lake: Lake, table_name: str, at: datetime | int | None) -> ir.Table:
        schema = lake.tables[table_name].schema
        files = lake.uris(table_name, at)
        if not files:
            return self.arrow(schema.empty_table(), table_name)
        reader = self._session.read.schema(from_arrow_schema(schema))
        reader = reader.option("basePath", f"file://{lake.root}/{table_name}")
        frame = reader.parquet(*(f"file://{_literally(file)}" for file in files))
        return self._named(frame.select(*schema.names), table_name)

    def arrow(self, rows: pa.Table, name: str = "rows") -> ir.Table:
        return self._named(self._session.createDataFrame(rows), name)

    def keep(self, table: ir.Table, name: str = "kept") -> ir.Table:
        frame = self._session.sql(self._ibis.compile(table))
        frame.persist(StorageLevel.MEMORY_AND_DISK).count()
        self._kept.append(frame)
        return self._named(frame, name)

    def hashed(self, text: ir.StringValue) -> ir.IntegerValue:
        return _xxhash64(text)

    def ask(self, sql: str, params: Mapping[str, Param]) -> pa.Table:
        given = {name: _argument(value) for name, value in params.items()}
        return self._session.sql(sql, given).toArrow()

    def close(self) -> None:
        self._forget()

    def _named(self, frame: DataFrame, name: str) -> ir.Table:
        unique = ibis.util.gen_name(name)
        frame.createTempView(unique)
        self._views.append(unique)
        return self._ibis.table(unique)


def _forget(session: SparkSession, views: list[str], kept: list[DataFrame]) -> None:
    for frame in kept:
        frame.unpersist()
    for view in views:
        session.catalog.dropTempView(view)


def _literally(path: str) -> str:
    """A path in which Spark sees no pattern."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def _argument(value: Param) -> Column | Param:
    return sql.array(*(sql.lit(one) for one in value)) if isinstance(value, list) else value


def _spark(master: str, settings: EngineSettings) -> SparkSession:
    """This process's Spark, started where it does not run yet."""
    running = SparkContext._active_spark_context
    if running is not None and running._jsc.sc().isStopped():  # its cluster went away
        running.stop()
    elif running is not None and running.master != master:
        raise EngineUnavailableError(
            f"this process already runs Spark at {running.master}; another, as {master}, "
            "needs another process"
        )
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        return SparkSession.builder.config(conf=_configured(master, settings)).getOrCreate()
    except (Py4JError, OSError, RuntimeError) as why:
        raise EngineUnavailableError(f"Spark at {master} did not start: {why}") from why


def _configured(master: str, settings: EngineSettings) -> SparkConf:
    """Only what equal answers and this machine need; a cluster's own is in its spark-defaults."""
    chosen = {
        "spark.app.name": "zhiyin",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # an overflow is an error, and not another number
    }
    if master.startswith("local"):
        chosen |= {
            "spark.driver.memory": settings.memory.lower().removesuffix("b"),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.local.dir": tempfile.gettempdir(),
            "spark.sql.shuffle.partitions": str(4 * (settings.threads or os.cpu_count() or 1)),
        }
    return SparkConf().setMaster(master).setAll(list(chosen.items()))
