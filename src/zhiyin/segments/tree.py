"""The words of the segment language: a typed tree that says which customers belong.

A `Rule` holds one group; a group holds conditions and groups. The tree is plain data: it is
stored as JSON, shown by the builder, told as a sentence (`sentence.py`) and compiled to SQL
(`compile.py`). It knows nothing of tables; what a field is called and may hold stands in the
catalogue (`catalogue.py`).
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Literal

import msgspec

VERSION: Literal[1] = 1


class Match(StrEnum):
    """How the items of a group hold together."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


class Op(StrEnum):
    """What may be asked of a profile field or a score."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    WITHIN_LAST = "within_last"
    OLDER_THAN = "older_than"
    WITHIN_NEXT = "within_next"
    ANNIVERSARY_WITHIN = "anniversary_within"
    HAS = "has"
    HAS_NOT = "has_not"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    IS_EMPTY = "is_empty"
    NOT_EMPTY = "not_empty"


class Measure(StrEnum):
    """What is measured of a behaviour: times, money (net of returns) or distinct products."""

    COUNT = "count"
    AMOUNT = "amount"
    PRODUCTS = "products"


class Comparison(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EXACTLY = "exactly"


# Money and dates travel as text ("2000.00", "2026-05-01"); the field's kind says how to read them.
Value = None | bool | int | float | str | tuple[int | float | str, ...]


class Ever(msgspec.Struct, frozen=True, tag="ever", tag_field="kind"):
    """At any time before the moment that is asked about."""


class LastDays(msgspec.Struct, frozen=True, tag="last_days", tag_field="kind"):
    """In the last `days` times 24 hours."""

    days: int


class Between(msgspec.Struct, frozen=True, tag="between", tag_field="kind"):
    """From the first to the last of two days, both included, in the company's time zone."""

    first: date
    last: date


Window = Ever | LastDays | Between


class Products(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which products count: one of these article numbers, and a name that contains this."""

    skus: tuple[str, ...] = ()
    name_contains: str = ""


class FieldIs(msgspec.Struct, frozen=True, tag="field", tag_field="type"):
    """A field of the profile, or a score, compared with a value."""

    field: str
    op: Op
    value: Value = None


class Bought(msgspec.Struct, frozen=True, tag="bought", tag_field="type"):
    """Bought, or did not buy. Nothing bought measures zero, so "at most 2" includes nobody's zero.

    `did=False` is only for the plain "has not bought"; it takes no other measure.
    """

    window: Window
    did: bool = True
    measure: Measure = Measure.COUNT
    comparison: Comparison = Comparison.AT_LEAST
    value: int | str = 1
    products: Products | None = None


class Did(msgspec.Struct, frozen=True, tag="did", tag_field="type"):
    """Did something (an event by its name), or did not. Measured in times or distinct products."""

    event: str
    window: Window
    did: bool = True
    measure: Measure = Measure.COUNT
    comparison: Comparison = Comparison.AT_LEAST
    value: int | str = 1
    products: Products | None = None


class Agreed(msgspec.Struct, frozen=True, tag="agreed", tag_field="type"):
    """The state of consent for a channel. No record means that nobody agreed."""

    channel: str
    purpose: str = "marketing"
    granted: bool = True


class InSegment(msgspec.Struct, frozen=True, tag="segment", tag_field="type"):
    """Member of another segment, or not, as that segment was last computed."""

    segment: str
    member: bool = True


class Group(msgspec.Struct, frozen=True, tag="group", tag_field="type"):
    """All, any or none of its items."""

    match: Match
    items: "tuple[Node, ...]" = ()


Condition = FieldIs | Bought | Did | Agreed | InSegment
Node = Group | FieldIs | Bought | Did | Agreed | InSegment
Path = tuple[int, ...]


class Rule(msgspec.Struct, frozen=True):
    """A whole segment rule as it is stored."""

    root: Group
    version: Literal[1] = VERSION


class UnreadableRuleError(ValueError):
    """The text is not a rule of this language; the message says where it stops making sense."""


_decoder = msgspec.json.Decoder(Rule)


def dump(rule: Rule) -> bytes:
    """The rule as JSON text, the form in which it is stored and sent."""
    return msgspec.json.encode(rule)


def load(text: bytes | str) -> Rule:
    """Read a rule from JSON; its shape is checked here, its meaning by `check`."""
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
        raise UnreadableRuleError(str(error)) from error


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path of item indexes, in reading order, the node itself first."""
    yield path, node
    if isinstance(node, Group):
        for index, item in enumerate(node.items):
            yield from walk(item, (*path, index))


def conditions(rule: Rule) -> list[tuple[Path, Condition]]:
    """The conditions in reading order; the first is the builder's number 1."""
    return [(path, node) for path, node in walk(rule.root) if not isinstance(node, Group)]


def without(rule: Rule, paths: set[Path]) -> Rule:
    """The rule with some nodes left out, for conditions that a person may not use."""

    def keep(group: Group, path: Path) -> Group:
        items: list[Node] = []
        for index, item in enumerate(group.items):
            here = (*path, index)
            if here in paths:
                continue
            if isinstance(item, Group):
                item = keep(item, here)
                if not item.items:
                    continue
            items.append(item)
        return Group(group.match, tuple(items))

    return Rule(root=keep(rule.root, ()))
