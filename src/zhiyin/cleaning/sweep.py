"""Go through the batches of a file once: clean, gather what is good and bad, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from . import originals, rejects
from .field_columns import FieldColumns
from .mapping import Mapping
from .reading import Batch
from .report import CleaningReport, Tally
from .row_copies import Copies


@dataclass(frozen=True)
class Swept:
    """Clean rows, rejected rows, report."""

    rows: pa.Table
    rejected: pa.Table
    report: CleaningReport
    changed: pa.Table


def sweep(
    batches: Iterable[Batch | pa.Table],
    mapping: Mapping,
    clean: Callable[[FieldColumns, Tally], pa.Table],
    schema: pa.Schema,
    copies: Copies,
) -> Swept:
    """Apply `clean` to every batch; it gives the good rows and notes problems in its columns."""
    tally = Tally()
    cleaned: list[pa.Table] = [schema.empty_table()]
    rejected: list[pa.Table] = []
    changed: list[pa.Table] = []
    rows = 0
    for batch in batches:
        table = batch.table if isinstance(batch, Batch) else batch
        if isinstance(batch, Batch):
            rejected.append(batch.rejected)
            rows += pc.count_distinct(batch.rejected.column("row_number")).as_py()
        rows += table.num_rows
        if table.num_rows:
            columns = FieldColumns(table, mapping)
            cleaned.append(clean(columns, tally))
            rejected.append(columns.rejected())
            changed += columns.changed
    refused = rejects.joined(rejected)
    tally.note_rejected(refused)
    good = pa.concat_tables(cleaned)
    report = CleaningReport(
        rows=rows,
        kept=good.num_rows,
        set_aside=copies.count,
        rejected=pc.count_distinct(refused.column("row_number")).as_py(),
        findings=tally.findings(),
    )
    return Swept(good, refused, report, originals.joined(changed))
