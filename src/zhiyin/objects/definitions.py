"""What an object is: its fields, how they are shown, asked and changed, and who else belongs to it.

A room says this once in a file of its own (`objects.py`, found when Django starts) and registers
it. Other rooms add fields through a provider: custom fields come that way, with an expression where
a built-in field has a column. Nothing here reads a row.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from django_stubs_ext import StrOrPromise

from zhiyin.accounts import policy_words
from zhiyin.accounts.access import Sensitivity
from zhiyin.accounts.models import User

Raw = str | int | float | bool | Decimal | date | datetime | None
Value = Raw | UUID | list[str]
Options = Sequence[tuple[str, str]]
Made = TypeVar("Made")


class Kind(enum.Enum):
    """What a field holds; it decides how it is drawn, parsed, compared and edited."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"  # kept as a share (0.35), written as 35
    DATE = "date"
    MOMENT = "moment"
    CHOICE = "choice"
    TAGS = "tags"
    BOOL = "bool"
    USER = "user"
    DEPARTMENT = "department"
    REFERENCE = "reference"  # another object, named by its id
    MASKED = "masked"  # a personal value that lists show masked to everybody


class Operator(enum.Enum):
    """How a condition compares. Days count back from the date of the data."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    STARTS = "starts"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    OLDER = "older"  # more than so many days ago
    WITHIN = "within"  # in the last so many days
    EMPTY = "empty"
    FILLED = "filled"


_SAME = (Operator.IS, Operator.IS_NOT)
_BLANK = (Operator.EMPTY, Operator.FILLED)
_RANGE = (Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.TEXT: (*_SAME, Operator.CONTAINS, Operator.STARTS, *_BLANK),
    Kind.NUMBER: (*_RANGE, *_SAME, *_BLANK),
    Kind.MONEY: (*_RANGE, *_SAME, *_BLANK),
    Kind.PERCENT: (*_RANGE, *_BLANK),
    Kind.DATE: (*_RANGE, Operator.OLDER, Operator.WITHIN, *_BLANK),
    Kind.MOMENT: (*_RANGE, Operator.OLDER, Operator.WITHIN, *_BLANK),
    Kind.CHOICE: (*_SAME, *_BLANK),
    Kind.TAGS: (*_SAME, *_BLANK),  # has one of these tags, has none of them
    Kind.BOOL: (Operator.IS,),
    Kind.USER: (*_SAME, *_BLANK),
    Kind.DEPARTMENT: (*_SAME, *_BLANK),
    Kind.REFERENCE: (*_SAME, *_BLANK),
    Kind.MASKED: (Operator.IS, *_BLANK),
}


@dataclass(frozen=True)
class Asked:
    """Who asks, and the day that "days ago" is counted from."""

    user: User
    as_of: datetime


@dataclass(frozen=True)
class Sort:
    """An order with an index (value, id) that serves it; `index` is the name of that index.

    `with_id` says that the id runs the same way as the value, `nulls_last` that the index does:
    only an order with the same words is served by it. `minor` names a column with the same money as
    whole hundredths, which the index is over: under row-level security PostgreSQL looks up integers
    in an index but compares decimals row by row, since its decimal operators are not leakproof.
    """

    type: type[str] | type[int] | type[float] | type[Decimal] | type[datetime] | type[date]
    index: str
    nullable: bool = True
    with_id: bool = False
    nulls_last: bool = True
    minor: str = ""


@dataclass(frozen=True)
class Shown:
    """What stands in one cell; `raw` goes into a spreadsheet."""

    text: str
    raw: Raw
    low: Raw = None
    high: Raw = None
    tone: str = ""
    items: Sequence[str] = ()


class Drawing(Protocol):
    """What a field's own drawing may ask: the date of the data, the reader's language, and things
    that are looked up once for all rows."""

    @property
    def as_of(self) -> datetime: ...
    @property
    def chinese(self) -> bool: ...
    def once(self, key: str, make: Callable[[], Made]) -> Made: ...


@dataclass(frozen=True)
class Editor:
    """How a field is written.

    `read` makes what is kept of what was typed and raises `CannotBe`. Without `save` the column
    itself is written, with version, audit and `noted` as the object declares them; a field that
    means more (an identifier) names its service. `assign` says what an update of many rows sets,
    where that is not simply the column; `put` the same for one row, and which columns it touched.
    """

    read: Callable[[str, User], Value]
    written: Callable[[Any], str] | None = None  # what stands in the form; otherwise as stored
    save: Callable[..., Model] | None = None
    assign: Callable[[Value], Mapping[str, object]] | None = None
    put: Callable[[Any, Value, User | None], Sequence[str]] | None = None
    permission: str = ""  # otherwise "<resource>.change"
    in_bulk: bool = True


@dataclass(frozen=True)
class Field:
    """One field of an object.

    `path` is the column (otherwise the key); it may cross relations to one row
    ("company__industry") and then is only shown. `expression` stands for it where there is no
    column, as for a key of a JSON document. `level` names the field of the access resource whose
    level it obeys (otherwise the key); a field that the resource does not know says `sensitivity`.
    Conditions and orders of a field that `totals` other rows are for who sees all of those rows.
    """

    key: str
    label: StrOrPromise
    kind: Kind = Kind.TEXT
    path: str = ""
    expression: Callable[[], Combinable] | None = None
    level: str = ""
    sensitivity: Sensitivity | None = None
    sort: Sort | None = None
    operators: tuple[Operator, ...] | None = None  # None: those of the kind; (): not to be asked
    narrow: Callable[[Operator, Sequence[Value], Asked], Q] | None = None
    options: Callable[[User], Options] | None = None
    choices: Callable[[], Options] | None = None  # of a choice, the same for everybody
    mask: Callable[[Any], str] | None = None  # how a masked value is shown
    named: Callable[[str], str] | None = None  # how one value reads; otherwise by the options
    editor: Editor | None = None
    value: Callable[[Any], Value] | None = None  # read from a row; otherwise along `path`
    cell: Callable[[Any, Drawing], Shown] | None = None
    suggestions: str = ""  # name of a route that completes what is typed
    look: str = ""  # how a cell is drawn; otherwise by the kind
    narrow_screen: bool = False  # stays on a phone
    columned: bool = True  # may be chosen as a column
    group: StrOrPromise = ""  # heading among many fields
    help: StrOrPromise = ""  # said below its control in a form
    long: bool = False  # written in several lines
    custom: bool = False
    totals: str = ""  # adds up rows of another object: the permission to see all of them
    reads: tuple[str, ...] = ()  # computed from these: who may not read them may not read it

    @property
    def column(self) -> str:
        return self.path or self.key

    @property
    def asked_with(self) -> tuple[Operator, ...]:
        """The operators that a condition may use."""
        return OPERATORS[self.kind] if self.operators is None else self.operators

    @property
    def numeric(self) -> bool:
        numeric = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)
        return self.kind in numeric or self.look in ("risk", "age")


@dataclass(frozen=True)
class Chip:
    """A condition that has its own short word in an address ("tier=gold") and one input."""

    key: str
    field: str
    operator: Operator = Operator.IS


@dataclass(frozen=True)
class Relation:
    """The way from an object to another: `path` from a row to theirs, `back` the way home.

    `field` is the key of the field that names the other row; it is a field of the object that has
    the column, so of the target where the relation leads to many. Who may not read it may not ask
    through it, and only rows of the other object that the asker may see count.
    """

    key: str
    label: StrOrPromise
    target: str
    path: str
    back: str
    field: str
    many: bool = False


@dataclass(frozen=True)
class BulkAction:
    """Something else that can be done to the ticked rows: a button, and the route it posts to."""

    key: str
    label: StrOrPromise
    icon: str
    url_name: str
    permission: str
    dialog: str = ""  # template of a dialog that asks for more first


@dataclass(frozen=True)
class Section:
    """A part of the record's page: a tab with its template and what that template needs.

    A `count` that is a field's figure says in `counts` which: who may not read it gets no count.
    """

    key: str
    label: StrOrPromise
    template: str
    context: Callable[[Any, Asked], Mapping[str, object]]
    count: Callable[[Any], int] | None = None
    counts: str = ""
    permission: str = ""


@dataclass(frozen=True)
class Found:
    """The same rows to be shown in order and to be counted; how many, where that is known."""

    rows: QuerySet[Any]
    counted: QuerySet[Any]
    count: int | None = None


Search = Callable[[User, QuerySet[Any], str], Found]


@dataclass(frozen=True)
class ObjectType:
    """An object: a table of rows that people list, open and change.

    `name` is the singular and `plural_name` the plural as they stand in the names of its routes
    ("company", "companies"); `resource` is its name in the access policy. `changed` is told which
    rows a change touched, `noted` keeps a field's history where the room has one of its own, and
    `last_change` reads who wrote last from it.
    """

    name: str
    plural_name: str
    model: type[Model]
    resource: str
    singular: StrOrPromise
    plural: StrOrPromise
    icon: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...]
    sort: str
    title: str = "name"  # the field whose cell opens the record
    chips: tuple[Chip, ...] = ()
    relations: tuple[Relation, ...] = ()
    search: Search | None = None
    search_hint: StrOrPromise = ""
    joined: tuple[str, ...] = ("owner", "department")
    left_out: tuple[str, ...] = ()  # long columns that no list shows
    sections: tuple[Section, ...] = ()
    actions: tuple[BulkAction, ...] = ()
    changed: Callable[[Sequence[UUID]], None] | None = None
    noted: Callable[..., None] | None = None
    last_change: Callable[[UUID, str], tuple[User | None, datetime | None]] | None = None
    empty: StrOrPromise = ""  # what is said where there is no row yet
    as_of: Callable[[], datetime] = timezone.now  # the day that "days ago" is counted from
    freshness: Callable[[Sequence[Any]], datetime | None] | None = None
    simulated: Callable[[Any], bool] | None = None
    as_seen: Callable[[Sequence[Any], User], None] | None = None  # totals of what a reader sees
    facts: tuple[str, ...] = ()  # fields at the left of the record, in this order
    aside: tuple[str, ...] = ()  # templates at its right
    record: Callable[[Any, Asked], Mapping[str, object]] | None = None  # what these need
    drawer_template: str = "objects/drawer.html"
    drawer: Callable[..., dict[str, object]] | None = None

    def permission(self, action: str) -> str:
        """ "resource.action" of this object."""
        return f"{self.resource}.{action}"


class Provider(Protocol):
    """Gives fields that were not known when the object was declared, and a stamp that changes with
    them: as long as it stays, they are not asked for again."""

    def stamp(self, object_type: str) -> object: ...
    def fields(self, object_type: str) -> Iterable[Field]: ...


class DefinitionError(RuntimeError):
    """An object is declared wrongly; the message says how. A programmer's mistake."""


_types: dict[str, ObjectType] = {}
_providers: list[Provider] = []
_gathered: dict[str, tuple[object, Mapping[str, Field]]] = {}


def register(object_type: ObjectType) -> ObjectType:
    """Make an object known; returns it, so that a room can keep it in a constant."""
    keys = [one.key for one in object_type.fields]
    if len(set(keys)) < len(keys):
        raise DefinitionError(f"{object_type.name} has a field twice")
    needed = {object_type.title, object_type.sort.removeprefix("-"), *object_type.columns}
    needed |= {chip.field for chip in object_type.chips}
    needed |= {one.field for one in object_type.relations if not one.many}
    if unknown := needed - set(keys):
        raise DefinitionError(f"{object_type.name} has no fields {sorted(unknown)}")
    across = [one.key for one in object_type.fields if "__" in one.column and one.asked_with]
    if across:  # conditions on other rows go through a relation, which knows whose rows count
        raise DefinitionError(f"{object_type.name} asks across a relation: {across}")
    if _types.setdefault(object_type.name, object_type) != object_type:
        raise DefinitionError(f"the object {object_type.name!r} is registered twice")
    policy_words.name_fields(object_type.resource, lambda: _called(object_type))
    return object_type


def _called(of: ObjectType) -> Mapping[str, StrOrPromise]:
    """What the policy's fields are called: by the name of the right that a field obeys."""
    named = {one.level: one.label for one in of.fields if one.level}
    return {**named, **{one.key: one.label for one in of.fields}}


def register_fields(provider: Provider) -> None:
    """Let a room add fields to objects of others."""
    if provider not in _providers:
        _providers.append(provider)
        _gathered.clear()


def object_type(name: str) -> ObjectType:
    """The object of this name; raises `DefinitionError` where there is none."""
    try:
        return _types[name]
    except KeyError as error:
        raise DefinitionError(f"no such object: {name!r}") from error


def object_types() -> Mapping[str, ObjectType]:
    """Every registered object, by name."""
    return dict(_types)


def fields_of(of: ObjectType) -> Mapping[str, Field]:
    """The built-in fields of an object and those that providers add, by key.

    A provider cannot replace a built-in field: its rights would change unseen.
    """
    stamps = tuple(provider.stamp(of.name) for provider in _providers)
    known = _gathered.get(of.name)
    if known is not None and known[0] == (of.fields, stamps):
        return known[1]
    found = {one.key: one for one in of.fields}
    for provider in _providers:
        for one in provider.fields(of.name):
            found.setdefault(one.key, one)
    _gathered[of.name] = ((of.fields, stamps), found)
    return found
