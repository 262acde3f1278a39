"""Rows of an opened table in batches, with the columns that the lake was built with.

Files written before a column was added give nothing in it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import and_
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pa_fs
import pyarrow.parquet as pq
from deltalake import DeltaTable

from zhiyin.lake.schemas import TableSpec
from zhiyin.lake.storage import DataFile

Value = str | int | date | None
Where = Mapping[str, Value | Sequence[str] | Sequence[int]]
BATCH_ROWS = 131_072
FILE_BATCH_ROWS = 16_384


def batches(
    table: DeltaTable,
    spec: TableSpec,
    columns: Sequence[str] | None = None,
    where: Where | None = None,
    batch_rows: int = BATCH_ROWS,
) -> Iterator[pa.RecordBatch]:
    """Rows in batches; `where` matches a value, any of several, or None."""
    names = list(spec.schema.names if columns is None else columns)
    schema = pa.schema([spec.schema.field(name) for name in names])
    needed = list(dict.fromkeys([*names, *(where or {})]))
    dataset = table.to_pyarrow_dataset(schema=spec.schema)
    # Texts are compared after the scan: delta-rs rewrites files with an Arrow type of text
    # that Arrow's own scanner cannot compare.
    texts = {name for name in where or {} if pa.types.is_string(dataset.schema.field(name).type)}
    early = {name: value for name, value in (where or {}).items() if name not in texts}
    late = {name: value for name, value in (where or {}).items() if name in texts}
    scanner = dataset.scanner(needed, filter=condition(early), batch_size=batch_rows)
    for batch in scanner.to_batches():
        rows = pa.Table.from_batches([batch])
        if late:
            rows = rows.filter(condition(late))
        yield from rows.select(names).cast(schema).combine_chunks().to_batches()


def file_batches(
    disk: pa_fs.FileSystem,
    file: DataFile,
    spec: TableSpec,
    columns: Sequence[str] | None = None,
    holding: tuple[str, Sequence[str]] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Rows of one file, a part of it in memory at a time; refuses pages that were damaged.

    With `holding` (a column and values in order), groups of rows that cannot hold any of the
    values are not read: after compaction that is most of them.
    """
    names = list(spec.schema.names if columns is None else columns)
    schema = pa.schema([spec.schema.field(name) for name in names])
    with (
        disk.open_input_file(unquote(file.path)) as source,
        pq.ParquetFile(source, page_checksum_verification=True) as parquet,
    ):
        there = [name for name in names if name in parquet.schema_arrow.names]
        groups = _groups(parquet.metadata, *holding) if holding else None
        for batch in parquet.iter_batches(FILE_BATCH_ROWS, row_groups=groups, columns=there):
            given = {name: batch[name] for name in there} | {
                name: pa.repeat(file.day, batch.num_rows)
                if name == spec.partition
                else pa.nulls(batch.num_rows)
                for name in names
                if name not in there
            }
            arrays = [given[field.name].cast(field.type) for field in schema]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _groups(told: pq.FileMetaData, column: str, values: Sequence[str]) -> list[int]:
    """The groups of rows whose ends let one of the values in."""
    position = told.schema.names.index(column) if column in told.schema.names else None
    if position is None:
        return []
    found = []
    for group in range(told.num_row_groups):
        ends = told.row_group(group).column(position).statistics
        if ends is None or not ends.has_min_max:
            empty = ends is not None and ends.num_values == 0 and ends.has_null_count
            if not empty:
                found.append(group)
            continue
        first = bisect_left(values, ends.min)
        if first < len(values) and values[first] <= ends.max:
            found.append(group)
    return found


def condition(where: Where) -> ds.Expression | None:
    """`where` as a filter of Arrow's."""
    parts: list[ds.Expression] = []
    for column, value in where.items():
        field = ds.field(column)
        if value is None:
            parts.append(field.is_null())
        elif isinstance(value, str | int | date):
            parts.append(field == value)
        else:
            parts.append(field.isin(list(value)))
    return reduce(and_, parts) if parts else None
