"""The formula as a tree. Every node knows which characters it came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a formula can be about. Money is a number: a workspace has one currency."""

    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    BOOL = "bool"


class Place(msgspec.Struct, frozen=True):
    """The characters [start, end) of the source."""

    start: int
    end: int


class Literal(msgspec.Struct, frozen=True, tag=True):
    """A value that stands in the formula itself."""

    value: Decimal | str | bool | date
    at: Place

    @property
    def kind(self) -> Kind:
        if isinstance(self.value, bool):
            return Kind.BOOL
        if isinstance(self.value, Decimal):
            return Kind.NUMBER
        return Kind.DATE if isinstance(self.value, date) else Kind.TEXT


class Name(msgspec.Struct, frozen=True, tag=True):
    """A field of the row."""

    field: str
    at: Place


class Unary(msgspec.Struct, frozen=True, tag=True):
    """`-x` or `not x`."""

    op: str
    item: Node
    at: Place


class Binary(msgspec.Struct, frozen=True, tag=True):
    """Arithmetic, a comparison, `and`, `or`."""

    op: str
    left: Node
    right: Node
    at: Place


class Call(msgspec.Struct, frozen=True, tag=True):
    """A function with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: Place


Node = Literal | Name | Unary | Binary | Call


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    match node:
        case Unary():
            yield from walk(node.item)
        case Binary():
            yield from walk(node.left)
            yield from walk(node.right)
        case Call():
            for each in node.arguments:
                yield from walk(each)
        case _:
            pass


def fields_of(node: Node) -> frozenset[str]:
    """The fields that the formula reads."""
    return frozenset(each.field for each in walk(node) if isinstance(each, Name))


def uses_today(node: Node) -> bool:
    """Whether the answer changes with the day; such a formula cannot have an index."""
    return any(isinstance(each, Call) and each.function == "today" for each in walk(node))
