"""What a rule may speak of: the fields, channels, events and segments that exist.

The application builds a `Catalogue` from its models and hands it in; the language itself names
no table. Column and table names enter SQL only from here and only when they are plain names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from zhiyin.segments.tree import Op

Text = Mapping[str, str]  # {"zh": …, "en": …}

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    TAGS = "tags"


_EMPTINESS = (Op.IS_EMPTY, Op.NOT_EMPTY)
_SIZES = (
    Op.IS,
    Op.IS_NOT,
    Op.AT_LEAST,
    Op.AT_MOST,
    Op.MORE_THAN,
    Op.LESS_THAN,
    Op.BETWEEN,
    *_EMPTINESS,
)

OPERATORS: Mapping[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (
        Op.IS,
        Op.IS_NOT,
        Op.ONE_OF,
        Op.NONE_OF,
        Op.CONTAINS,
        Op.STARTS_WITH,
        *_EMPTINESS,
    ),
    Kind.NUMBER: _SIZES,
    Kind.MONEY: _SIZES,
    Kind.DATE: (
        Op.IS,
        Op.BEFORE,
        Op.AFTER,
        Op.BETWEEN,
        Op.WITHIN_LAST,
        Op.OLDER_THAN,
        Op.WITHIN_NEXT,
        Op.ANNIVERSARY_WITHIN,
        *_EMPTINESS,
    ),
    Kind.BOOL: (Op.IS,),
    Kind.CHOICE: (Op.IS, Op.IS_NOT, Op.ONE_OF, Op.NONE_OF, *_EMPTINESS),
    Kind.TAGS: (Op.HAS, Op.HAS_NOT, Op.HAS_ANY, Op.HAS_ALL, *_EMPTINESS),
}


@dataclass(frozen=True)
class Field:
    """A profile field or a score that a rule may ask about.

    `phrase` is an optional native way to say "is one of", with `{value}` in it:
    {"zh": "{value}会员", "en": "who are {value} members"}.
    """

    name: str
    kind: Kind
    label: Text
    column: str
    choices: Mapping[str, Text] = field(default_factory=dict)
    has_time: bool = False  # a DATE whose column is a moment, not a day
    percent: bool = False  # a NUMBER between 0 and 1 that people read as a percentage
    usable: bool = True  # False where this user may not use the field
    phrase: Text | None = None
    expression: str = ""  # instead of a column: SQL of the application's own, `%s` for values
    params: tuple[str | int | bool | Decimal | date, ...] = ()  # the values of the expression

    def __post_init__(self) -> None:
        plain(self.column)
        if self.expression.count("%s") != len(self.params):
            raise ValueError(f"the expression of {self.name!r} has other values than it needs")

    @property
    def operators(self) -> tuple[Op, ...]:
        """The operators that this field takes; anniversaries only for plain days."""
        if self.has_time:
            return tuple(op for op in OPERATORS[self.kind] if op is not Op.ANNIVERSARY_WITHIN)
        return OPERATORS[self.kind]


@dataclass(frozen=True)
class Catalogue:
    """Everything a rule may name, with the words people use for it."""

    fields: Mapping[str, Field]
    channels: Mapping[str, Text] = field(default_factory=dict)
    purposes: Mapping[str, Text] = field(
        default_factory=lambda: {"marketing": {"zh": "营销", "en": "marketing"}}
    )
    events: Mapping[str, Text] = field(default_factory=dict)  # labels; other events are allowed
    segments: Mapping[str, str] = field(default_factory=dict)  # id → name as people gave it
    currency: str = "CNY"

    @classmethod
    def of(cls, *fields: Field, **rest: Mapping[str, Text]) -> "Catalogue":
        """A catalogue of these fields, each under its own name."""
        return cls(fields={each.name: each for each in fields}, **rest)  # type: ignore[arg-type]


def plain(name: str) -> str:
    """The name, if it can stand in SQL as an identifier; anything else is a programming error."""
    if not _PLAIN_NAME.match(name):
        raise ValueError(f"not a plain column or table name: {name!r}")
    return name
