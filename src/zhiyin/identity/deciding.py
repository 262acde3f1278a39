"""Which likely pairs are linked at once, and which somebody should look at first.

Sure pairs link, unless what speaks for them is only what a household shares: phone, address and
family name make nobody one person where the given names do not agree (`PROOFS`). A source that has
no duplicates gives a person one record, by the best link. Two groups that hang together by a single
link that is not quite sure wait for a person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from zhiyin.identity.guarded import Bounds, Grouping, Held
from zhiyin.identity.kinds import Guards

LINK = 0.99
REVIEW = 0.80
STRONG = 0.999  # a single link below it holds no two groups together

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


# What must be so besides, for names that agree less than fully: one of these, each with all that
# it asks. Western names change with marriage, are shortened and swapped for middle names, so one
# birthday outweighs them; Chinese names hardly ever change, and two of them with one birthday at
# one address are twins.
Proof = Mapping[str, frozenset[str | None]]  # field → levels, None for "not known"
_OFFICIAL: Proof = {"official_number": frozenset({"same"})}
_MISTYPED: Proof = {"official_number": frozenset({"one_off"})}
_MAIL: Proof = {"email": frozenset({"same", "local", "near"})}
_BORN: Proof = {"birth_date": frozenset({"same"})}
_BORN_AND_PHONE: Proof = {**_BORN, "phone": frozenset({"same", "ends"})}
_PHONE: Proof = {
    "phone": frozenset({"same"}), "birth_date": frozenset({"same", "one_off", None}),
}  # fmt: skip
_FULL = {"same", "toned", "sound", "swapped"}
_NEAR = {"given_near", "family_near", "both_near"}
_PART = {"part_missing", "part_near", None}  # or no name at all


def proofs(name_level: str | None, *, latin: bool) -> tuple[Proof, ...]:
    """Of what one is needed beside the name; none where the name is enough."""
    if name_level in _FULL or (latin and name_level in _NEAR):
        return ()
    if name_level in _NEAR:
        return (_OFFICIAL, _MISTYPED, _MAIL, _BORN, _PHONE)
    if name_level in _PART:
        return (_OFFICIAL, _MISTYPED, _MAIL, _BORN if latin else _BORN_AND_PHONE)
    return (_OFFICIAL, _BORN) if latin else (_OFFICIAL,)


class Why(StrEnum):
    """Why a pair waits for somebody."""

    LIKELY = "likely, but not sure"
    NAMES = "the names do not prove it: perhaps one household"
    OFFICIAL = "two different identity cards"
    ONE_PER_SOURCE = "a better record of the same source is linked"
    BRIDGE = "the only link between two groups"
    TOO_LARGE = "more records than a person has"


@dataclass(frozen=True)
class Decisions:
    """links: pairs that count (columns of scored pairs). review: the others from REVIEW on, with
    `why`. people: each record and the first record of its person."""

    links: pa.Table
    review: pa.Table
    people: pa.Table


def decide(
    scored: pa.Table,
    records: pa.Table,
    *,
    without_duplicates: Collection[str] = (),
    guards: Guards | None = None,
) -> Decisions:
    """Decide over scored pairs of these records (columns `record` and `source`)."""
    guards = guards or Guards()
    scored = scored.filter(pc.greater_equal(scored["probability"], REVIEW))
    names = records["record"].combine_chunks()
    a, b = (
        pc.index_in(scored[end].combine_chunks(), value_set=names).to_numpy().astype(np.int64)
        for end in ("a", "b")
    )
    why = _doubts(scored)
    why[_bridges(a, b, scored["probability"].to_numpy(), why == "", len(names))] = Why.BRIDGE
    person = _people(a, b, why, records, frozenset(without_duplicates), guards)
    links = pa.array(why == "")
    review = scored.append_column("why", pa.array(why, pa.string())).filter(pc.invert(links))
    firsts = names.take(pa.array(person))
    return Decisions(scored.filter(links), review, pa.table([names, firsts], ["record", "person"]))


def _doubts(scored: pa.Table) -> npt.NDArray[np.object_]:
    """For each pair why it may not link by itself, "" where it may."""
    why = np.where(scored["probability"].to_numpy() >= LINK, "", Why.LIKELY.value).astype(object)
    sure = why == ""
    for level in pc.unique(scored["level_name"]).to_pylist():
        told = _is(scored, "name", level)
        for latin in (False, True):
            wanted = proofs(level, latin=latin)
            if not wanted:
                continue
            proved = np.zeros(len(scored), bool)
            for proof in wanted:
                proved |= _proved(scored, proof)
            why[sure & told & (scored["latin"].to_numpy() == latin) & ~proved] = Why.NAMES.value
    if "level_official_number" in scored.column_names:
        why[sure & _is(scored, "official_number", "other_card")] = Why.OFFICIAL.value
    return why


def _proved(scored: pa.Table, proof: Proof) -> Mask:
    holds = np.ones(len(scored), bool)
    for field, levels in proof.items():
        if f"level_{field}" in scored.column_names:
            holds &= np.any([_is(scored, field, level) for level in levels], axis=0)
        elif None not in levels:
            holds[:] = False
    return holds


def _is(scored: pa.Table, field: str, level: str | None) -> Mask:
    if level is None:
        unknown: Mask = scored[f"level_{field}"].is_null().to_numpy()
        return unknown
    found: Mask = pc.fill_null(pc.equal(scored[f"level_{field}"], level), False).to_numpy()
    return found


def _bridges(a: Codes, b: Codes, probability: npt.NDArray[np.float64], counts: Mask,
             size: int) -> Mask:  # fmt: skip
    """Links that are not quite sure and the only one between two groups of two or more."""
    strong = counts & (probability >= STRONG)
    graph = coo_matrix((np.ones(strong.sum(), bool), (a[strong], b[strong])), shape=(size, size))
    part = connected_components(graph, directed=False)[1].astype(np.int64)
    large = np.bincount(part, minlength=1) >= 2
    across = counts & ~strong & (part[a] != part[b]) & large[part[a]] & large[part[b]]
    pairs = np.minimum(part[a], part[b]) * size + np.maximum(part[a], part[b])
    _, which, number = np.unique(pairs[across], return_inverse=True, return_counts=True)
    bridges = np.zeros(len(a), bool)
    bridges[np.flatnonzero(across)[number[which] == 1]] = True
    return bridges


def _people(
    a: Codes, b: Codes, why: npt.NDArray[np.object_], records: pa.Table,
    alone: frozenset[str], guards: Guards,
) -> Codes:  # fmt: skip
    """The first record of each record's person; writes to `why` what was held back for it."""
    size = len(records)
    counts = why == ""
    graph = coo_matrix((np.ones(counts.sum(), bool), (a[counts], b[counts])), shape=(size, size))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    sources = records["source"].combine_chunks().dictionary_encode()
    source = sources.indices.to_numpy().astype(np.int64)
    single = np.array([name in alone for name in sources.dictionary.to_pylist()], bool)
    contested = np.bincount(label, minlength=1) > guards.largest_person
    if single.any():
        width = len(single)
        own = single[source]
        groups, number = np.unique(label[own] * width + source[own], return_counts=True)
        contested[groups[number > 1] // width] = True
    first = np.unique(label, return_index=True)[1][label] if size else label
    slow = contested[label]
    if not slow.any():
        return first
    places = np.flatnonzero(slow)
    local = np.full(size, -1)
    local[places] = np.arange(len(places))
    nodes: list[Bounds] = [
        ((f"source {source[place]}", 1),) if single[source[place]] else () for place in places
    ]
    grouping = Grouping(nodes, (), guards.largest_person)
    for pair in np.flatnonzero(counts & slow[a]):  # the likeliest first, as scored pairs are
        held = grouping.take(int(local[a[pair]]), int(local[b[pair]]))
        if held is not None:
            why[pair] = (Why.ONE_PER_SOURCE if held is Held.TOO_MANY else Why.TOO_LARGE).value
    first = first.copy()
    first[places] = places[np.array(grouping.labels(), np.int64)]
    return first
