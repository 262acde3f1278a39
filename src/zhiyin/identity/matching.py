"""How likely two records are one person's, for all pairs that share a blocking key.

`within` compares the records of one table, `between` new ones with known ones. Both give one row a
pair with its probability and, for each field, the level of likeness and the bits of evidence; the
values themselves do not travel.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.identity.comparisons import FIELDS, terms
from zhiyin.identity.model import Model, linker_of, opened
from zhiyin.identity.records import with_keys

LEAST = 0.8  # below it a pair is not worth anybody's time


def scored_schema(fields: Sequence[str]) -> pa.Schema:
    """The columns of scored pairs; `a` < `b`."""
    return pa.schema(
        [
            pa.field("a", pa.string(), nullable=False),
            pa.field("b", pa.string(), nullable=False),
            pa.field("probability", pa.float64(), nullable=False),
            pa.field("bits", pa.float64(), nullable=False),
            pa.field("latin", pa.bool_(), nullable=False),  # both names are in Latin letters
            *(pa.field(f"level_{key}", pa.string()) for key in fields),
            *(pa.field(f"bits_{key}", pa.float64(), nullable=False) for key in fields),
        ]
    )


def within(
    records: pa.Table, model: Model, *, least: float = LEAST, memory: str | None = None
) -> pa.Table:
    """Scored pairs of comparable records, the likeliest first."""
    with opened(memory) as connection:
        keyed = with_keys(connection, records)
        model.check(keyed)
        linker = linker_of(model.settings, keyed, connection)
        found = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
        return _told(connection, [found.physical_name], model)


def between(
    new: pa.Table,
    known: pa.Table,
    model: Model,
    *,
    least: float = LEAST,
    memory: str | None = None,
) -> pa.Table:
    """Scored pairs of a new record with a known one or another new one.

    How rare a value is, is counted over all of them, as `within` would.
    """
    with opened(memory) as connection:
        keyed = with_keys(connection, pa.concat_tables([known, new]))
        model.check(keyed)
        linker = linker_of(model.settings, keyed, connection)
        for column in terms(model.fields):
            linker.table_management.compute_tf_table(column)
        fresh = pc.is_in(keyed["record"], value_set=new["record"].combine_chunks())
        api = linker._db_api  # the one under which the frequencies are kept
        late = api.register(keyed.filter(fresh), dataset_display_name="late")
        early = api.register(keyed.filter(pc.invert(fresh)), dataset_display_name="early")
        parts = [
            linker.inference.predict_between(
                early, late, threshold_match_probability=least, warning_mode="never"
            ),
            linker.inference.predict_within(
                late, threshold_match_probability=least, warning_mode="never"
            ),
        ]
        return _told(connection, [part.physical_name for part in parts], model)


def _told(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], model: Model) -> pa.Table:
    """Splink's answer in our columns."""
    columns = {row[0] for row in connection.execute(f"describe {tables[0]}").fetchall()}
    levels, bits = [], []
    for key in model.fields:
        field = FIELDS[key]
        count = len(field.levels)
        cases = " ".join(
            f"when {count - 1 - place} then '{level.key}'"
            for place, level in enumerate(field.levels)
        )
        levels.append(f"case gamma_{key} {cases} end as level_{key}")
        adjusted = f" + mw_tf_adj_{key}" if f"mw_tf_adj_{key}" in columns else ""
        bits.append(f"mw_{key}{adjusted} as bits_{key}")
    found = connection.execute(
        "select least(record_l, record_r) as a, greatest(record_l, record_r) as b,"  # noqa: S608
        f" match_probability as probability, match_weight as bits,"
        " coalesce(latin_l = 'latin' and latin_r = 'latin', false) as latin,"
        f" {', '.join(levels + bits)}"
        f" from ({' union all by name '.join(f'from {table}' for table in tables)})"
        " order by probability desc, a, b"
    ).to_arrow_table()
    return found.cast(scored_schema(model.fields))
