"""How rightly and how fast records are matched and links resolved, Splink's defaults beside.

Run with `python -m benchmarks.matching`. All settings are those of the product and the same for
every data set; no label is used but for counting. FEBRL and fake_1000 are read from the folder
given by `--people` or ZHIYIN_BENCH_PEOPLE (`febrl/dataset1.csv` and on, and
`splink_fake_1000/fake_1000.csv`); without it they are left out, and one line says so. `--million`
adds as many generated records, matched from scratch and added to.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import splink.comparison_library as cl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.chinese_people import customers
from benchmarks.figures import figure
from benchmarks.linking import linking
from zhiyin.identity.deciding import LINK, decide
from zhiyin.identity.matching import between, within
from zhiyin.identity.model import train
from zhiyin.identity.records import comparable

FEBRL = """select trim(rec_id) as record, 'febrl' as source, given_name, surname as family_name,
 street_number as house_number, address_1 as street, suburb as district, postcode,
 state as province, date_of_birth as birth_date, soc_sec_id as official_number,
 split_part(trim(rec_id), '-', 2) as person
 from read_csv(?, header=true, all_varchar=true, normalize_names=true)"""
FAKE = """select unique_id as record, 'fake' as source, first_name as given_name,
 surname as family_name, dob as birth_date, city, email, cluster as person
 from read_csv(?, header=true, all_varchar=true)"""
# What the tutorial that goes with fake_1000 sets as its threshold for clusters.
TUTORIAL = 0.95
MEMORY = "4GB"


@dataclass(frozen=True)
class Right:
    """Of all pairs that are said to be one person's, and that are."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    def __str__(self) -> str:
        return f"precision {self.precision:.5f}, recall {self.recall:.4f}"


def right(truth: Sequence[str], said: Sequence[str]) -> Right:
    both = _pairs(zip(truth, said, strict=True))
    return Right(both / max(_pairs(said), 1), both / _pairs(truth))


def ours(records: pa.Table) -> Right:
    """From records as they came to people, without a look at the truth."""
    ready = comparable(records)
    found = decide(within(ready, train(ready, memory=MEMORY), memory=MEMORY), ready)
    return right(records["person"].to_pylist(), found.people["person"].to_pylist())


def theirs(linker: Linker, records: pa.Table) -> Callable[[float], Right]:
    """Splink's clusters of these records at a threshold."""
    found = linker.inference.predict(0.01, warning_mode="never").as_duckdbpyrelation()
    pairs = found.select("unique_id_l, unique_id_r, match_probability").to_arrow_table()
    place = {name: at for at, name in enumerate(records["record"].to_pylist())}
    a, b = (
        np.array([place[name] for name in pairs[f"unique_id_{side}"].to_pylist()], np.int64)
        for side in "lr"
    )
    likely = pairs["match_probability"].to_numpy()

    def at(threshold: float) -> Right:
        sure = likely >= threshold
        ones = np.ones(int(sure.sum()), bool)
        graph = coo_matrix((ones, (a[sure], b[sure])), shape=(len(records), len(records)))
        labels = connected_components(graph, directed=False)[1]
        return right(records["person"].to_pylist(), [str(label) for label in labels])

    return at


def febrl(folder: Path) -> None:
    for number in (1, 2, 3):
        records = _read(FEBRL, folder / "febrl" / f"dataset{number}.csv")
        for name, table in (
            (f"matching.febrl{number}", records.drop_columns(["official_number"])),
            (f"matching.febrl{number}_ssn", records),
        ):
            found = ours(table)
            figure(f"{name}.f1", found.f1, "", n=len(table), note=f"{found}, linked at {LINK}")


def fake(folder: Path) -> None:
    records = _read(FAKE, folder / "splink_fake_1000" / "fake_1000.csv")
    names = {"record": "unique_id", "given_name": "first_name", "family_name": "surname",
             "birth_date": "dob"}  # fmt: skip
    table = records.rename_columns([names.get(one, one) for one in records.column_names])
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"), cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("first_name", "city"), block_on("surname"),
        ],
    )  # fmt: skip
    linker = _splink(table.drop_columns(["person", "source"]), settings)
    linker.training.estimate_probability_two_random_records_match(
        [
            block_on("first_name", "dob"),
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            block_on("email"),
        ],
        recall=0.7,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    at = theirs(linker, records)
    _against("matching.fake_1000", ours(records), at, TUTORIAL, len(records), "its tutorial")


def chinese(people: int) -> None:
    records = customers(people, seed=31)
    ready = comparable(records)
    table = pa.table(
        {
            "unique_id": records["record"], "name": records["name"], "phone": ready["phone"],
            "email": ready["email"], "dob": ready["birth_date"], "address": records["address"],
        }
    )  # fmt: skip
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("name").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("phone", 1), cl.EmailComparison("email"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.JaroWinklerAtThresholds("address", [0.95, 0.88]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("phone"), block_on("email"), block_on("name"), block_on("address"),
            block_on("dob", "substr(name, 1, 1)"),
        ],
    )  # fmt: skip
    linker = _splink(table, settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("phone", "name"), block_on("email", "name"), block_on("name", "dob")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for rule in (block_on("name"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    at = theirs(linker, records)
    _against("matching.chinese", ours(records), at, LINK, len(records), "Splink's comparisons")


def million(records: int) -> None:
    people = int(records / 1.8)
    table = customers(people, seed=32)
    clock = time.perf_counter()
    ready = comparable(table)
    prepared = time.perf_counter() - clock
    model = train(ready, memory=MEMORY)
    trained = time.perf_counter() - clock
    scored = within(ready, model, memory=MEMORY)
    found = decide(scored, ready)
    took = time.perf_counter() - clock
    told = right(table["person"].to_pylist(), found.people["person"].to_pylist())
    note = f"made comparable {prepared:.0f} s, trained by {trained:.0f} s; F1 {told.f1:.4f}, {told}"
    figure("matching.from_scratch", took, "s", n=len(ready), note=note)
    new = min(10_000, len(ready) // 10)
    clock = time.perf_counter()
    between(ready.slice(0, new), ready.slice(new), model, memory=MEMORY)
    figure("matching.added", time.perf_counter() - clock, "s", n=new,
           note=f"to {len(ready) - new:,} known records")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer generated people")
    parser.add_argument("--people", type=Path, default=os.environ.get("ZHIYIN_BENCH_PEOPLE"))
    parser.add_argument("--million", type=int, default=0, metavar="RECORDS")
    options = parser.parse_args()
    linking(100_000 if options.quick else 1_000_000)
    chinese(3_000 if options.quick else 15_000)
    if options.people:
        febrl(Path(options.people))
        fake(Path(options.people))
    else:
        print("FEBRL and fake_1000 are left out: no --people FOLDER", file=sys.stderr)
    if options.million:
        million(options.million)


def _against(
    name: str, own: Right, at: Callable[[float], Right], threshold: float, n: int, peer: str
) -> None:
    other = at(threshold)
    best = max((at(one) for one in np.arange(0.05, 1.0, 0.05)), key=lambda one: one.f1)
    note = (
        f"{own}, linked at {LINK}; {peer} at {threshold}: {other};"
        f" at the threshold that the truth likes best F1 {best.f1:.4f}, {best}"
    )
    figure(f"{name}.f1", own.f1, "", peer, other.f1, own.f1 / other.f1, n, note)
    figure(f"{name}.precision", own.precision, "", peer, other.precision, n=n)


def _splink(table: pa.Table, settings: SettingsCreator) -> Linker:
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    records = DuckDBAPI(connection).register(table, dataset_display_name="peer")
    return Linker(records, settings, log_level=None)


def _read(sql: str, path: Path) -> pa.Table:
    return duckdb.connect().execute(sql, [str(path)]).to_arrow_table()


def _pairs(labels: object) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
