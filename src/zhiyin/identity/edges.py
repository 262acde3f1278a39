"""The append-only log of links between identifiers, and what of it holds at a moment.

Every row is a statement: this link is asserted, or it is retracted. A link has an id; once
retracted it never comes back (evidence that returns is a new link), so that the order in which
statements arrive makes no difference. Identifiers are opaque here: no phone or name is in the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

MOMENT = pa.timestamp("us", tz="UTC")
ASSERTED, RETRACTED = "asserted", "retracted"

STATEMENTS = pa.schema(
    [
        pa.field("edge", pa.string(), nullable=False),
        pa.field("a", pa.string(), nullable=False),
        pa.field("b", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("seen_at", MOMENT, nullable=False),  # when it happened
        pa.field("at", MOMENT, nullable=False),  # when we learned it
        pa.field("state", pa.string(), nullable=False),
    ]
)
IDENTIFIERS = pa.schema(
    [
        pa.field("identifier", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("namespace", pa.string(), nullable=False),
        # Who this would be if it were linked to nothing; made once, with the identifier.
        pa.field("own_customer", pa.string(), nullable=False),
        # In which order identifiers became known: the oldest of a person gives the customer.
        pa.field("number", pa.int64(), nullable=False),
    ]
)

Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Effect(IntEnum):
    """What a link does."""

    JOINS = 0  # both ends are one person's
    ATTACHES = 1  # one uses the other for now; never makes two people one
    KEEPS_APART = 2  # both ends are never one person's


@dataclass(frozen=True)
class Rule:
    """Why a link was made: its effect, and which link gives way when not all can hold."""

    name: str
    effect: Effect
    rank: int  # the lowest is the strongest


RULES = {
    rule.name: rule
    for rule in (
        Rule("a person said so", Effect.JOINS, 0),
        Rule("one identity card", Effect.JOINS, 1),
        Rule("signed in", Effect.JOINS, 2),
        Rule("seen together", Effect.JOINS, 3),
        Rule("matched", Effect.JOINS, 4),  # by probability
        Rule("used by", Effect.ATTACHES, 5),  # a uses b: a phone shared at home, a counter's tablet
        Rule("kept apart", Effect.KEEPS_APART, 0),
    )
}


class UnknownRuleError(ValueError):
    """A statement by a rule that nobody declared."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"no rule {', '.join(names)}; there are {', '.join(RULES)}")


def checked(statements: pa.Table) -> pa.Table:
    """The statements in the log's own schema; what does not fit is refused whole."""
    table = statements.select(STATEMENTS.names).cast(STATEMENTS)
    unknown = sorted(set(pc.unique(table["rule"]).to_pylist()) - set(RULES))
    if unknown:
        raise UnknownRuleError(unknown)
    states = set(pc.unique(table["state"]).to_pylist())
    if not states <= {ASSERTED, RETRACTED}:
        raise ValueError(f"a statement is asserted or retracted, not {sorted(states)}")
    return table


def live(log: pa.Table, at: datetime | None = None) -> pa.Table:
    """The links that hold at a moment (now): asserted by then, and not retracted by then.

    A link that was asserted twice is there once, as it was asserted first.
    """
    known = log if at is None else log.filter(pc.less_equal(log["at"], pa.scalar(at, MOMENT)))
    gone = pc.unique(known.filter(pc.equal(known["state"], RETRACTED))["edge"])
    said = known.filter(pc.equal(known["state"], ASSERTED))
    said = said.filter(pc.invert(pc.is_in(said["edge"], value_set=gone)))
    if len(said) != len(pc.unique(said["edge"])):
        said = said.sort_by([("at", "ascending"), ("a", "ascending"), ("b", "ascending")])
        edges = said["edge"].combine_chunks()
        firsts = np.unique(edges.dictionary_encode().indices.to_numpy(), return_index=True)[1]
        said = said.take(pa.array(np.sort(firsts)))
    return said.drop_columns(["state"])


def effects(edges: pa.Table, carrier: Mask, a: Codes, b: Codes) -> Codes:
    """What each link does; one with a carrier at an end attaches, whatever its rule says."""
    names = edges["rule"].combine_chunks().dictionary_encode()
    by_name = np.array([RULES[name].effect for name in names.dictionary.to_pylist()], np.int64)
    found: Codes = by_name[names.indices.to_numpy()] if len(edges) else np.zeros(0, np.int64)
    attaches = (found == Effect.JOINS) & (carrier[a] | carrier[b])
    return np.where(attaches, np.int64(Effect.ATTACHES), found)
