"""The rows of a list, drawn in Python.

A list has fifty rows of up to sixteen cells. Django's template language looks every name up anew
for every cell, which took nine tenths of the page's time; a function for each kind of cell does
not. Texts are escaped by `_text` and by nothing else, so whoever adds a kind passes each value
through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape as _text
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from zhiyin.console import formats, strings
from zhiyin.console.templatetags import console as write

Raw = str | int | float | bool | Decimal | date | datetime | None
NOTHING = f'<span class="flat">{formats.NOTHING}</span>'
MOST_TAGS = 3


class Column(Protocol):
    """What is asked of a column: how its cells are drawn, whether a phone shows it, and whether
    they are edited where they stand."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def edits(self) -> bool: ...
    @property
    def narrow(self) -> bool: ...


class Cell(Protocol):
    """What is asked of a cell."""

    @property
    def column(self) -> Column: ...
    @property
    def text(self) -> str: ...
    @property
    def raw(self) -> Raw: ...
    @property
    def low(self) -> Raw: ...
    @property
    def high(self) -> Raw: ...
    @property
    def tone(self) -> str: ...
    @property
    def items(self) -> Sequence[str]: ...


class Row(Protocol):
    """What is asked of the object whose row it is."""

    @property
    def pk(self) -> UUID: ...


class Line(Protocol):
    """What is asked of a row: `open_at` opens the drawer beside the list, `drawer_at` is it."""

    @property
    def row(self) -> Row: ...
    @property
    def cells(self) -> Sequence[Cell]: ...
    @property
    def open_at(self) -> str: ...
    @property
    def drawer_at(self) -> str: ...


def drawn(lines: Iterable[Line], open_id: UUID | None) -> SafeString:
    """All rows of a page; the one whose drawer is open is marked."""
    said = Said()
    return mark_safe(  # noqa: S308 (our own marks around escaped texts)
        "".join(_row(line, said, is_open=line.row.pk == open_id) for line in lines)
    )


class Said:
    """Texts in the reader's language, looked up once for all rows."""

    def __init__(self) -> None:
        self.select = gettext("Select %(name)s")
        self.days = gettext("%(days)s days")


def one_cell(cell: Cell) -> SafeString:
    """The cell of a row that was edited where it stands, as the row has it."""
    return mark_safe(DRAWN.get(cell.column.kind, _plain)(cell, None, Said()))  # noqa: S308


def content(cell: Cell) -> SafeString:
    """What stands in a cell, for a place that is no table."""
    drawn = DRAWN.get(cell.column.kind, _plain)(cell, None, Said())
    return mark_safe(drawn[drawn.index(">") + 1 : -len("</td>")])  # noqa: S308


def _td(cell: Cell, css: str) -> str:
    """The beginning of a cell; one that may be edited says which field it is."""
    edits = f' data-cell="{_text(cell.column.key)}"' if cell.column.edits else ""
    return f'<td class="{css}"{edits}>' if css else f"<td{edits}>"


def _wide(cell: Cell, css: str = "") -> str:
    """The classes of a cell that a phone shows only where its column is narrow."""
    return css if cell.column.narrow else f"{css} hide-s".strip()


def _row(line: Line, said: Said, *, is_open: bool) -> str:
    cells = "".join(DRAWN.get(cell.column.kind, _plain)(cell, line, said) for cell in line.cells)
    css = ' class="open"' if is_open else ""
    return f'<tr data-row="{_text(line.open_at)}" id="row-{line.row.pk}"{css}>{cells}</tr>\n'


def _name(cell: Cell, line: Line | None, said: Said) -> str:
    name = _text(cell.text)
    if line is None:
        return f'{_td(cell, "")}<span class="cut">{name}</span></td>'
    address = _text(line.open_at)
    return (
        f'{_td(cell, "")}<span class="row-f"><input class="form-check-input" type="checkbox"'
        f' data-select name="id" value="{line.row.pk}" form="bulk"'
        f' aria-label="{said.select % {"name": name}}">'
        f'<span class="ava" aria-hidden="true">{_text(write.initial(cell.text))}</span>'
        f'<a class="name cut" data-open href="{address}"'
        f' hx-get="{_text(line.drawer_at)}{address}" hx-target="#drawer"'
        f' hx-swap="outerHTML">{name}</a></span></td>'
    )


def _masked(cell: Cell, line: Line | None, said: Said) -> str:
    shown = f'<span class="mask">{write.masked(cell.text)}</span>' if cell.text else ""
    return f"{_td(cell, _wide(cell))}{shown}</td>"


def _badge(cell: Cell, line: Line | None, said: Said) -> str:
    shown = f'<span class="bdg {_text(cell.tone)}">{_text(cell.text)}</span>' if cell.text else ""
    return f"{_td(cell, _wide(cell))}{shown}</td>"


def _tags(cell: Cell, line: Line | None, said: Said) -> str:
    tags = cell.items[:MOST_TAGS]
    shown = "".join(f'<span class="bdg line">{_text(tag)}</span> ' for tag in tags)
    return f"{_td(cell, _wide(cell))}{shown}</td>"


def _money(cell: Cell, line: Line | None, said: Said) -> str:
    known = cell.raw is not None
    shown = _text(formats.money(_number_of(cell), settings.CURRENCY)) if known else NOTHING
    return f"{_td(cell, _wide(cell, 'num strong'))}{shown}</td>"


def _number(cell: Cell, line: Line | None, said: Said) -> str:
    return f"{_td(cell, _wide(cell, 'num'))}{formats.number(_number_of(cell))}</td>"


def _percent(cell: Cell, line: Line | None, said: Said) -> str:
    return f"{_td(cell, _wide(cell, 'num'))}{formats.percent(_number_of(cell), 0)}</td>"


def _risk(cell: Cell, line: Line | None, said: Said) -> str:
    if cell.raw is None:
        return f'<td class="num">{NOTHING}</td>'
    marks = strings.place(low=_numeric(cell.low), high=_numeric(cell.high),
                          at=_number_of(cell), maximum=1)  # fmt: skip
    drawing = write.drawn_string(marks, tone=cell.tone, width=64)
    return (
        f'<td class="num"><span class="row-f risk-cell">{drawing}'
        f"<span>{_text(cell.text)}</span></span></td>"
    )


def _age(cell: Cell, line: Line | None, said: Said) -> str:
    moment = cell.raw if isinstance(cell.raw, date) else None
    shown = said.days % {"days": formats.number(cell.text)} if cell.text else NOTHING
    return f'<td class="{_wide(cell, "num")}" title="{write.day(moment)}">{shown}</td>'


def _day(cell: Cell, line: Line | None, said: Said) -> str:
    shown = write.day(cell.raw if isinstance(cell.raw, date) else None)
    return f"{_td(cell, _wide(cell))}{shown}</td>"


def _plain(cell: Cell, line: Line | None, said: Said) -> str:
    return f'{_td(cell, _wide(cell))}<span class="cut">{_text(cell.text)}</span></td>'


def _numeric(raw: Raw) -> formats.Numeric:
    return None if isinstance(raw, date) else raw


def _number_of(cell: Cell) -> formats.Numeric:
    return _numeric(cell.raw)


DRAWN: Mapping[str, Callable[[Cell, Line | None, Said], str]] = {
    "name": _name, "masked": _masked, "badge": _badge, "tags": _tags, "money": _money,
    "number": _number, "risk": _risk, "percent": _percent, "age": _age, "day": _day,
}  # fmt: skip
