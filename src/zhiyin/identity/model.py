"""A model of how alike two records of one person are: trained without labels, kept as JSON.

Fellegi and Sunter (1969) by Splink: for each level of each field, how often it is seen among
records of one person (m, by expectation maximisation) and among those of two (u, counted on ten
million random pairs). Everything that is drawn is drawn by hash, so that one table gives one model.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from zhiyin.identity.comparisons import FIELDS, comparison
from zhiyin.identity.records import KEYS, MissingColumnsError, with_keys

LEAST_FILLED = 0.05  # a field that fewer records have tells too little to learn from
RANDOM_PAIRS = 1e7
EM_PAIRS = 2e6
# What is certain enough to count matches by, and which share of all matches it finds.
CERTAIN = (
    ("official_number",),
    ("phone", "family_sound", "given_sound"),
    ("email", "family_sound", "given_sound"),
    ("family_sound", "given_sound", "birth_date"),
    ("family_sound", "given_sound", "road_sound", "numbers"),
)
CERTAIN_FIND = 0.7
# Two passes, blocked on things that have little to do with each other: each pass learns the fields
# that it is not blocked on.
PASSES = (
    ("family_sound", "given_sound"), ("birth_date",), ("phone",), ("email",),
    ("road_sound", "numbers"), ("official_number",),
)  # fmt: skip
RARITY_RECORDS = 100_000
SEED = 20_260_301
MOST_AGAINST = 8  # bits
MOST_TAKEN_OUT = 5  # bits that a level may gain by it
FORMAT = 1
# What Splink would warn of, levels that were never seen, stands in `Model.untrained`.
logging.getLogger("splink").setLevel(logging.ERROR)
_tables = count(1)  # Splink wants each table under a name of its own


class UnfitRecordsError(ValueError):
    """Too few records, or too little in them, to learn a model from."""


class UnfitModelError(ValueError):
    """A saved model that is damaged or of another format."""


@dataclass(frozen=True)
class Model:
    """What was learned: which fields, the weights in Splink's words, and from how much."""

    fields: tuple[str, ...]
    settings: dict[str, object]
    records: int
    untrained: tuple[str, ...]  # "field.level" that was never seen; it has a cautious weight

    @property
    def version(self) -> str:
        """The first digits of a hash of all that decides."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """For keeping; `from_json` reads it."""
        return json.dumps({"version": self.version, **json.loads(self._text())}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Model:
        """A kept model; one that was changed since is refused."""
        try:
            kept = json.loads(text)
            if kept["format"] != FORMAT:
                raise UnfitModelError(f"the model has format {kept['format']}, not {FORMAT}")
            model = cls(tuple(kept["fields"]), kept["settings"], kept["records"],
                        tuple(kept["untrained"]))  # fmt: skip
            unknown = set(model.fields) - set(FIELDS)
            if unknown or model.version != kept["version"]:
                raise UnfitModelError("the model was changed since it was made")
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, UnfitModelError):
                raise
            raise UnfitModelError("this is not a model") from error
        return model

    def check(self, records: pa.Table) -> None:
        """Refuse records that lack a column which the model weighs; never guess."""
        wanted = {"record", "source", *KEYS}
        wanted |= {column for key in self.fields for column in FIELDS[key].columns}
        lacking = sorted(wanted - set(records.column_names))
        if lacking:
            raise MissingColumnsError(f"the records have no column {', '.join(lacking)}")

    def _text(self) -> str:
        return json.dumps(
            {"format": FORMAT, "fields": self.fields, "settings": self.settings,
             "records": self.records, "untrained": self.untrained},
            sort_keys=True,
        )  # fmt: skip


def train(
    records: pa.Table, *, random_pairs: float = RANDOM_PAIRS, memory: str | None = None
) -> Model:
    """Learn from comparable records (`records.comparable`), without knowing who is who."""
    if len(records) < 100:
        raise UnfitRecordsError(f"{len(records)} records are too few to learn from; 100 are enough")
    fields = _fields(records)
    with opened(memory) as connection:
        keyed = with_keys(connection, records)
        settings = _learned(linker_of(_blank(fields), keyed, connection), fields, random_pairs)
        untrained = _complete(settings)
        _weigh_rarity(settings, keyed, connection)
        _without_matches(settings)
        _weigh_rarity(settings, keyed, connection)
    _rounded(settings)
    return Model(tuple(fields), settings, len(records), untrained)


def _learned(linker: Linker, fields: Sequence[str], random_pairs: float) -> dict[str, object]:
    certain = _known(CERTAIN, fields)
    passes = _known(PASSES, fields)[:2]
    if not certain or len(passes) < 2:
        raise UnfitRecordsError("names and one more field are needed to learn from")
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*columns) for columns in certain], recall=CERTAIN_FIND
    )
    training.estimate_u_using_random_sampling(
        max_pairs=random_pairs, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    for columns in passes:
        training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns), max_pairs=EM_PAIRS, record_sample_proportion=1.0
        )
    settings: dict[str, object] = linker.misc.save_model_to_json()
    return settings


@contextmanager
def opened(memory: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own in memory, which spills to disk beyond `memory` (like "4GB")."""
    connection = duckdb.connect(config={"memory_limit": memory} if memory else {})
    try:
        connection.execute("set enable_progress_bar = false")  # it would draw on standard output
        yield connection
    finally:
        connection.close()


def linker_of(
    settings: dict[str, object] | SettingsCreator,
    records: pa.Table,
    connection: duckdb.DuckDBPyConnection,
) -> Linker:
    """Splink over one table of records with keys."""
    table = DuckDBAPI(connection).register(records, dataset_display_name=f"records_{next(_tables)}")
    return Linker(table, settings, log_level=None, validate_settings=False)


def _fields(records: pa.Table) -> list[str]:
    rows = max(len(records), 1)
    filled = []
    for key, field in FIELDS.items():
        first = records[field.columns[0]]
        known = first.is_valid()
        for column in field.columns[1:]:
            known = pc.or_(known, records[column].is_valid())
        if pc.sum(known).as_py() >= LEAST_FILLED * rows:
            filled.append(key)
    if "name" not in filled or len(filled) < 2:
        raise UnfitRecordsError("names and one more field are needed to learn from")
    return filled


def _known(rules: Sequence[tuple[str, ...]], fields: Sequence[str]) -> list[tuple[str, ...]]:
    columns = {column for key in fields for column in FIELDS[key].columns}
    return [rule for rule in rules if columns.issuperset(rule)]


def _blank(fields: Sequence[str]) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[comparison(FIELDS[key]) for key in fields],
        blocking_rules_to_generate_predictions=[block_on(key) for key in KEYS],
        unique_id_column_name="record",
        retain_matching_columns=True,  # and with them the level of each field
        retain_intermediate_calculation_columns=True,
        linker_uid="zhiyin",
    )


def _complete(settings: dict[str, object]) -> tuple[str, ...]:
    """Give every level a weight that can be answered for.

    A level that was never seen says nothing (Splink would take a default of its own), and one that
    no match of the training had does not rule a match out: MOST_AGAINST bits are the most.
    """
    untrained = []
    for field, level in _levels(settings):
        u, m = level.get("u_probability"), level.get("m_probability")
        if u is None or m is None:
            untrained.append(f"{field}.{level['label_for_charts']}")
            u = m = max(u or 0, m or 0, 1e-7)
        level["u_probability"] = u
        level["m_probability"] = max(m, u / 2**MOST_AGAINST)
    return tuple(untrained)


def _without_matches(settings: dict[str, object]) -> None:
    """Take the matches out of u, which was counted on random pairs of which some are matches.

    A random pair shows a level with r m + (1 - r) u, r being the share of matches. In small tables
    nearly all pairs with one phone are matches, and what was counted is not u at all.
    """
    rarity = float(str(settings["probability_two_random_records_match"]))
    for _, level in _levels(settings):
        seen, m = level["u_probability"], level["m_probability"]
        u = (seen - rarity * m) / (1 - rarity)
        level["u_probability"] = max(u, seen / 2**MOST_TAKEN_OUT, 1e-8)


def _rounded(settings: dict[str, object]) -> None:
    """Ten digits: sums by several threads differ in the sixteenth, and so would the version."""
    for _, level in _levels(settings):
        for name in ("m_probability", "u_probability"):
            level[name] = float(f"{level[name]:.10g}")
    rarity = float(str(settings["probability_two_random_records_match"]))
    settings["probability_two_random_records_match"] = float(f"{rarity:.10g}")


def _levels(settings: dict[str, object]) -> Iterator[tuple[str, dict[str, float]]]:
    """Each level that has weights, with the name of its field."""
    comparisons = settings["comparisons"]
    assert isinstance(comparisons, list)
    for one in comparisons:
        for level in one["comparison_levels"]:
            if not level.get("is_null_level"):
                yield one["output_column_name"], level


def _weigh_rarity(
    settings: dict[str, object], keyed: pa.Table, connection: duckdb.DuckDBPyConnection
) -> None:
    """Put right how rarely two records are one person's, now that the fields have their weights.

    What is certain finds most matches in clean data and few in dirty. So the share of matches is
    maximised in its turn, over all pairs that are compared (EM with m and u fixed); a sample of
    records holds the same share of all its pairs.
    """
    sample = keyed
    if len(keyed) > RARITY_RECORDS:
        connection.register("keyed_rarity", keyed)
        share = int(2**32 * RARITY_RECORDS / len(keyed))
        sample = connection.execute(
            f"select * from keyed_rarity where hash(record) % 4294967296 < {share}"  # noqa: S608
        ).to_arrow_table()
        connection.unregister("keyed_rarity")
    linker = linker_of(settings, sample, connection)
    found = linker.inference.predict(threshold_match_weight=-20, warning_mode="never")
    weights = connection.execute(
        f"select match_weight from {found.physical_name}"  # noqa: S608  (Splink's own name)
    ).to_arrow_table()["match_weight"].to_numpy()  # fmt: skip
    found.drop_table_from_database_and_remove_from_cache()
    pairs = len(sample) * (len(sample) - 1) / 2
    rarity = float(str(settings["probability_two_random_records_match"]))
    weights = weights - math.log2(rarity / (1 - rarity))
    for _ in range(100):
        before = rarity
        odds = np.exp2(np.minimum(weights + math.log2(rarity / (1 - rarity)), 500))
        rarity = float(np.clip(np.sum(odds / (1 + odds)) / pairs, 1e-12, 0.5))
        if abs(rarity - before) < 1e-4 * before:
            break
    settings["probability_two_random_records_match"] = rarity
