"""The columns of a list and what stands in their cells: one place for the screen and for exports,
so that a field that somebody may not see is in neither."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from django.db.models import Model
from django.utils.translation import get_language, gettext
from django_stubs_ext import StrOrPromise

from zhiyin.accounts.access import Level, Sensitivity
from zhiyin.objects.definitions import Field, Kind, ObjectType, Raw, fields_of
from zhiyin.objects.levels import Levels, sensitivity_of
from zhiyin.privacy import masking

Made = TypeVar("Made")
LOOKS: Mapping[Kind, str] = {
    Kind.NUMBER: "number", Kind.MONEY: "money", Kind.PERCENT: "percent", Kind.DATE: "day",
    Kind.MOMENT: "day", Kind.TAGS: "tags", Kind.MASKED: "masked",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A field as a column: how its cells are drawn, whether lists mask it, whether it is edited."""

    field: Field
    kind: str
    masks: bool = False
    edits: bool = False

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def label(self) -> StrOrPromise:
        return self.field.label

    @property
    def narrow(self) -> bool:
        return self.field.narrow_screen

    @property
    def numeric(self) -> bool:
        return self.field.numeric


@dataclass(frozen=True)
class Cell:
    """One value ready to be drawn; `raw` goes into a spreadsheet."""

    column: Column
    text: str
    raw: Raw
    low: Raw = None
    high: Raw = None
    tone: str = ""
    items: Sequence[str] = ()


def column_of(of: ObjectType, field: Field, levels: Levels | None = None) -> Column:
    """A field as a column; with `levels` it also knows whether this user edits it in the list."""
    personal = sensitivity_of(of, field) is not Sensitivity.PLAIN
    look = "name" if field.key == of.title else field.look or LOOKS.get(field.kind, "text")
    writes = levels is not None and levels.get(field.key, Level.HIDDEN) is Level.WRITE
    return Column(
        field, "masked" if personal else look, masks=personal or field.kind is Kind.MASKED,
        edits=writes and field.editor is not None and not personal,
    )  # fmt: skip


def visible(of: ObjectType, levels: Levels) -> list[Field]:
    """The fields that may be chosen as columns at these levels."""
    return [
        one
        for one in fields_of(of).values()
        if one.columned and levels.get(one.key, Level.HIDDEN) > Level.HIDDEN
    ]


def chosen(of: ObjectType, keys: Iterable[str], levels: Levels) -> list[Column]:
    """Those of `keys` that exist and may be seen, in this order; the title always comes first."""
    allowed = {one.key: one for one in visible(of, levels)}
    wanted = dict.fromkeys([of.title, *keys])
    return [column_of(of, allowed[key], levels) for key in wanted if key in allowed]


def value_of(field: Field, row: Model) -> Any:
    """What a row holds in a field."""
    if field.value is not None:
        return field.value(row)
    found: Any = row
    for name in field.column.split("__"):
        found = getattr(found, name, None)
    return found


class Drawing:
    """Draws cells: knows the day that ages are counted to, and the reader's language."""

    def __init__(self, columns: Sequence[Column], as_of: datetime) -> None:
        self.columns = columns
        self.as_of = as_of
        self.chinese = (get_language() or "zh").startswith("zh")
        self._once: dict[str, object] = {}

    def once(self, key: str, make: Callable[[], Made]) -> Made:
        """What a drawing needs for all rows, made at the first."""
        if key not in self._once:
            self._once[key] = make()
        return cast(Made, self._once[key])

    def cells(self, row: Model, levels: Levels | None = None) -> list[Cell]:
        """A row. Without `levels` (a list) personal fields are masked; with them as they say."""
        return [self.cell(column, row, levels) for column in self.columns]

    def cell(self, column: Column, row: Model, levels: Levels | None = None) -> Cell:
        """One cell of a row."""
        field = column.field
        level = Level.MASKED if levels is None else levels.get(field.key, Level.HIDDEN)
        if column.masks or (levels is not None and level < Level.READ):
            text = shown(field, value_of(field, row), level)
            return Cell(column, text, text)
        if field.cell is not None:
            drawn = field.cell(row, self)
            return Cell(
                column, drawn.text, drawn.raw, drawn.low, drawn.high, drawn.tone, drawn.items
            )
        raw = value_of(field, row)
        return _plain(column, field, raw)


def shown(field: Field, value: Any, level: Level) -> str:
    """A value at a level: nothing, masked, or whole."""
    if level is Level.HIDDEN or not value:
        return ""
    if level is Level.MASKED:
        return field.mask(value) if field.mask else masking.mask_text(str(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(column: Column, field: Field, raw: Any) -> Cell:
    if raw is None:
        return Cell(column, "", None)
    if field.kind is Kind.TAGS:
        return Cell(column, ", ".join(raw), ", ".join(raw), items=raw)
    if field.kind is Kind.BOOL:
        text = gettext("Yes") if raw else gettext("No")
        return Cell(column, text, text)
    if isinstance(raw, Model):
        return Cell(column, str(getattr(raw, "name", raw)), str(getattr(raw, "name", raw)))
    if field.kind is Kind.CHOICE and field.choices is not None:
        text = dict(field.choices()).get(str(raw), str(raw))
        return Cell(column, text, text)
    return Cell(column, str(raw), raw)
