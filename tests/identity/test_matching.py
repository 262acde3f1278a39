"""Records of one person found among generated Chinese customers, decided over and explained."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from benchmarks.chinese_people import customers

from zhiyin.identity.comparisons import FIELDS
from zhiyin.identity.deciding import Decisions, Why, decide, proofs
from zhiyin.identity.matching import between, scored_schema, within
from zhiyin.identity.model import Model, UnfitModelError, UnfitRecordsError, train
from zhiyin.identity.reasons import probability, waterfall
from zhiyin.identity.records import MissingColumnsError, comparable

PAIRS = 1e5  # random pairs; enough for a test


@pytest.fixture(scope="module")
def people() -> pa.Table:
    return customers(400, seed=7)


@pytest.fixture(scope="module")
def records(people: pa.Table) -> pa.Table:
    return comparable(people)


@pytest.fixture(scope="module")
def model(records: pa.Table) -> Model:
    return train(records, random_pairs=PAIRS)


@pytest.fixture(scope="module")
def scored(records: pa.Table, model: Model) -> pa.Table:
    return within(records, model)


def test_records_of_one_person_are_linked_and_those_of_a_household_are_not(
    people: pa.Table, records: pa.Table, scored: pa.Table
) -> None:
    truth = dict(zip(people["record"].to_pylist(), people["person"].to_pylist(), strict=True))
    decisions = decide(scored, records)
    right = sum(truth[row["a"]] == truth[row["b"]] for row in decisions.links.to_pylist())
    wanted = sum(n * (n - 1) // 2 for n in Counter(truth.values()).values())
    assert right == len(decisions.links)
    assert right > 0.8 * wanted


def test_the_waterfall_adds_up_to_the_probability_in_both_languages(
    scored: pa.Table, model: Model
) -> None:
    for row in (0, len(scored) // 2, len(scored) - 1):
        bars = waterfall(scored, row, model)
        assert [bar.field for bar in bars] == ["prior", *model.fields]
        assert probability(bars) == pytest.approx(scored["probability"][row].as_py(), abs=1e-9)
        assert all(bar.words.zh and bar.words.en and bar.found.zh and bar.found.en for bar in bars)


def test_one_table_gives_one_model(records: pa.Table, model: Model) -> None:
    assert train(records, random_pairs=PAIRS).version == model.version


def test_new_records_find_the_known_ones_as_if_all_were_compared_at_once(
    records: pa.Table, scored: pa.Table, model: Model
) -> None:
    new = records.slice(0, 60)
    found = between(new, records.slice(60), model)
    fresh = new["record"].combine_chunks()
    touching = scored.filter(
        pc.or_(pc.is_in(scored["a"], value_set=fresh), pc.is_in(scored["b"], value_set=fresh))
    )
    assert len(touching)
    assert [(row["a"], row["b"], pytest.approx(row["bits"])) for row in touching.to_pylist()] == [
        (row["a"], row["b"], row["bits"]) for row in found.to_pylist()
    ]


def test_a_kept_model_decides_as_before_and_a_changed_one_is_refused(
    records: pa.Table, scored: pa.Table, model: Model
) -> None:
    kept = Model.from_json(model.to_json())
    assert kept == model
    assert within(records, kept).equals(scored)
    changed = json.loads(model.to_json())
    changed["settings"]["probability_two_random_records_match"] = 0.4
    for text in (json.dumps(changed), "{}", "not json", json.dumps({**changed, "format": 99})):
        with pytest.raises(UnfitModelError):
            Model.from_json(text)


def test_records_that_lack_a_column_of_the_model_are_refused_by_its_name(
    records: pa.Table, model: Model
) -> None:
    with pytest.raises(MissingColumnsError, match="phone"):
        model.check(records.drop_columns(["phone"]))


def test_nothing_is_learned_from_too_little() -> None:
    with pytest.raises(UnfitRecordsError, match="too few"):
        train(comparable(customers(20)))
    names = pa.table({"record": [f"r{n}" for n in range(200)], "source": ["a"] * 200,
                      "name": [f"李{n}" for n in range(200)]})  # fmt: skip
    with pytest.raises(UnfitRecordsError, match="one more field"):
        train(comparable(names))


FIELDS_HERE = ("name", "phone", "birth_date", "official_number")


def _pair(
    a: str, b: str, probability: float, *, latin: bool = False, **levels: str
) -> dict[str, object]:
    return {
        "a": a, "b": b, "probability": probability, "bits": 9.0, "latin": latin,
        **{f"level_{key}": levels.get(key) for key in FIELDS_HERE},
        **{f"bits_{key}": 1.0 for key in FIELDS_HERE},
    }  # fmt: skip


def _decided(*pairs: dict[str, object], alone: tuple[str, ...] = ()) -> Decisions:
    ordered = sorted(pairs, key=lambda pair: -float(str(pair["probability"])))
    names = sorted({str(pair[end]) for pair in pairs for end in ("a", "b")})
    records = pa.table({"record": names, "source": [name[0] for name in names]})
    scored = pa.Table.from_pylist(ordered, scored_schema(FIELDS_HERE))
    return decide(scored, records, without_duplicates=alone)


def _people(decisions: Decisions) -> dict[str, str]:
    table = decisions.people
    return dict(zip(table["record"].to_pylist(), table["person"].to_pylist(), strict=True))


def test_sure_pairs_link_likely_ones_wait_and_the_others_are_nobodys_business() -> None:
    found = _decided(
        _pair("a1", "a2", 0.995, name="same"),
        _pair("a1", "a3", 0.9, name="same"),
        _pair("a1", "a4", 0.7, name="same"),
    )
    assert found.links["b"].to_pylist() == ["a2"]
    assert found.review.select(["b", "why"]).to_pylist() == [{"b": "a3", "why": Why.LIKELY}]
    assert _people(found) == {"a1": "a1", "a2": "a1", "a3": "a3", "a4": "a4"}


@pytest.mark.parametrize("level", ["family_only", "one_hanzi", "different", "part_differs"])
def test_a_household_with_one_phone_and_address_is_not_one_person(level: str) -> None:
    found = _decided(_pair("a1", "a2", 0.99999, name=level, phone="same"))
    assert found.review["why"].to_pylist() == [Why.NAMES]
    twins = _decided(_pair("a1", "a2", 0.99999, name=level, birth_date="same"))
    assert twins.review["why"].to_pylist() == [Why.NAMES]


@pytest.mark.parametrize("other", [{"phone": "same"}, {"birth_date": "same"}])
def test_a_surname_with_a_shared_phone_or_with_a_twins_birthday_proves_nobody(
    other: dict[str, str],
) -> None:
    assert not len(_decided(_pair("a1", "a2", 0.999, name="part_missing", **other)).links)


def test_a_surname_with_birthday_and_phone_proves_somebody() -> None:
    pair = _pair("a1", "a2", 0.999, name="part_missing", birth_date="same", phone="ends")
    assert len(_decided(pair).links)


def test_siblings_with_names_alike_and_one_phone_stay_two_where_their_birthdays_differ() -> None:
    pair = {"name": "given_near", "phone": "same"}
    assert len(_decided(_pair("a1", "a2", 0.999, **pair)).links)
    assert not len(_decided(_pair("a1", "a2", 0.999, birth_date="different", **pair)).links)


def test_western_names_that_changed_are_outweighed_by_the_birthday() -> None:
    assert len(
        _decided(_pair("a1", "a2", 0.999, latin=True, name="given_only", birth_date="same")).links
    )
    assert not len(_decided(_pair("a1", "a2", 0.999, latin=True, name="given_only")).links)


def test_two_identity_cards_are_never_one_person_by_themselves() -> None:
    found = _decided(_pair("a1", "a2", 0.99999, name="same", official_number="other_card"))
    assert found.review["why"].to_pylist() == [Why.OFFICIAL]


def test_every_level_of_the_name_has_its_rule() -> None:
    for level in FIELDS["name"].levels:
        for latin in (False, True):
            for proof in proofs(level.key, latin=latin):
                for field, levels in proof.items():
                    assert levels <= {None, *(one.key for one in FIELDS[field].levels)}


def test_a_source_without_duplicates_gives_each_person_its_best_record() -> None:
    pairs = (
        _pair("a1", "b1", 0.9999, name="same"),
        _pair("a2", "b1", 0.995, name="same"),
    )
    assert len(set(_people(_decided(*pairs)).values())) == 1
    found = _decided(*pairs, alone=("a",))
    assert _people(found) == {"a1": "a1", "b1": "a1", "a2": "a2"}
    assert found.review["why"].to_pylist() == [Why.ONE_PER_SOURCE]


def test_two_groups_that_hang_by_one_link_wait_for_somebody() -> None:
    groups = (
        _pair("a1", "a2", 0.9999, name="same"),
        _pair("a3", "a4", 0.9999, name="same"),
    )
    found = _decided(*groups, _pair("a2", "a3", 0.995, name="same"))
    assert found.review["why"].to_pylist() == [Why.BRIDGE]
    assert len(set(_people(found).values())) == 2
    twice = _decided(
        *groups, _pair("a2", "a3", 0.995, name="same"), _pair("a1", "a4", 0.995, name="same")
    )
    assert len(set(_people(twice).values())) == 1
