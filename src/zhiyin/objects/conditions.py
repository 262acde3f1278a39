"""The conditions of a list as a typed tree, in an address and in a saved view.

    {"is": "all", "of": [
        {"is": "field", "field": "city", "op": "is", "values": ["上海"]},
        {"is": "has", "relation": "company", "where": {"is": "field", "field": "industry", …}}]}

This module reads and writes the tree and keeps it small; what it means is in compiling.py.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import reduce
from typing import TypeAlias, Union

import msgspec

from zhiyin.objects.definitions import Operator

LONGEST = 4000  # characters of a tree in an address, which servers cut at 8,000
DEEPEST = 5
MOST_CONDITIONS = 40
MOST_VALUES = 20
LONGEST_VALUE = 120


class _Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is"):
    pass


class Is(_Node, frozen=True, tag="field", omit_defaults=True):
    """One field compared with values."""

    field: str
    op: Operator
    values: tuple[str, ...] = ()


class All(_Node, frozen=True, tag="all"):
    """Every one of these holds; so it does where there is none."""

    of: tuple[Node, ...]


class Any(_Node, frozen=True, tag="any"):
    """At least one of these holds."""

    of: tuple[Node, ...]


class Not(_Node, frozen=True, tag="not"):
    """This does not hold."""

    of: Node


class Has(_Node, frozen=True, tag="has"):
    """A related row is there that meets this; only rows in the asker's sight count."""

    relation: str
    where: Node


Node: TypeAlias = Union[Is, All, Any, Not, Has]  # noqa: UP007  (a string could not be its own part)
_READER = msgspec.json.Decoder(Node)


class Fault(enum.Enum):
    """What is wrong with a tree or with one of its conditions."""

    UNREADABLE = "unreadable"
    TOO_LONG = "too long"
    TOO_DEEP = "too deep"
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not allowed"
    WRONG_OPERATOR = "wrong operator"
    WRONG_VALUE = "wrong value"


class BadCondition(ValueError):  # noqa: N818  (the condition is left out and the screen says so)
    """A condition that cannot be asked: where it stands (its field or relation), and why."""

    def __init__(self, fault: Fault, where: str = "", value: str = "") -> None:
        super().__init__(f"{fault.value}: {where}")
        self.fault = fault
        self.where = where
        self.value = value


def read(text: str) -> Node:
    """The tree of an address; raises `BadCondition`."""
    if len(text) > LONGEST:
        raise BadCondition(Fault.TOO_LONG)
    try:
        tree = _READER.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadCondition(Fault.UNREADABLE) from error
    return checked(tree)


def checked(tree: Node) -> Node:
    """The tree, where it is small enough; raises `BadCondition`."""
    if depth(tree) > DEEPEST:
        raise BadCondition(Fault.TOO_DEEP)
    found = list(leaves(tree))
    if len(found) > MOST_CONDITIONS:
        raise BadCondition(Fault.TOO_LONG)
    for one in found:
        if len(one.values) > MOST_VALUES or any(len(v) > LONGEST_VALUE for v in one.values):
            raise BadCondition(Fault.TOO_LONG, one.field)
    return tree


def write(tree: Node) -> str:
    """The tree as it stands in an address; `read` reads the very same back."""
    return msgspec.json.encode(tree).decode()


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below."""
    if isinstance(node, All | Any):
        return node.of
    if isinstance(node, Not):
        return (node.of,)
    return (node.where,) if isinstance(node, Has) else ()


def depth(node: Node) -> int:
    """How many nodes stand one below the other."""
    return 1 + max((depth(child) for child in children(node)), default=0)


def leaves(node: Node) -> Iterator[Is]:
    """Every condition on a field, also on fields of related rows."""
    if isinstance(node, Is):
        yield node
    for child in children(node):
        yield from leaves(child)


def parts(tree: Node | None) -> tuple[Node, ...]:
    """What all has to hold: the chips of the filter bar."""
    if tree is None:
        return ()
    return tree.of if isinstance(tree, All) else (tree,)


def together(nodes: tuple[Node, ...]) -> Node | None:
    """The tree in which all of these hold; none where there is none."""
    return All(nodes) if len(nodes) > 1 else reduce(lambda _, one: one, nodes, None)
