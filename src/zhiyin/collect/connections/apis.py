"""Lists that another system's HTTP API answers with, asked page by page.

Said in a form and not in code: where, how we prove ourselves, how pages follow each other, where in
the answer the list lies, which field tells what is new. Everything goes out through the one egress
client under its policy, and the secret to no other place than the one it was entered for. What a
server may get wrong (too many questions, faults, half an answer, pages in a circle) is in `asking`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import chain
from urllib.parse import urlsplit

import msgspec
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments, Row
from zhiyin.collect import mappings
from zhiyin.collect.connections.asking import Asking, Auth, Paging, Place
from zhiyin.collect.connections.forms import ConnectionForm, list_of_rows, password
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where
from zhiyin.collect.connections.problems import Trouble

PIECE_ROWS = 20_000
MOST_AT_EDGE = 50_000  # beyond it rows of the last value come again, and count once
LOOKED_AT = 5
AUTHS = (
    (Auth.NONE, _("None")), (Auth.BEARER, _("A bearer token")),
    (Auth.BASIC, _("Account and password")), (Auth.HEADER, _("A key in a header")),
)  # fmt: skip
PAGINGS = (
    (Paging.NONE, _("All in one answer")), (Paging.PAGE, _("Numbered pages")),
    (Paging.OFFSET, _("An offset")), (Paging.CURSOR, _("A cursor in the answer")),
    (Paging.LINK, _("A Link header")),
)  # fmt: skip


class ApiForm(ConnectionForm):
    """Where the list is, and how it is asked for."""

    secrets = ("secret",)
    layout = (
        ("url",), ("auth", "auth_name"), ("secret", "per_minute"), ("paging", "page_name"),
        ("size_name", "size"), ("next_path", "list_path"), ("since_field", "since_name"),
        ("lines",),
    )  # fmt: skip

    url = forms.CharField(
        label=_("Address"),
        max_length=1000,
        help_text=_("Such as https://erp.example.com/api/orders"),
    )
    auth = forms.ChoiceField(label=_("How we prove ourselves"), choices=AUTHS)
    auth_name = forms.CharField(
        label=_("Account, or name of the header"), max_length=200, required=False
    )
    secret = password(_("Token or password"))
    per_minute = forms.IntegerField(
        label=_("Questions a minute, at most"), min_value=1, max_value=6000, initial=60
    )
    paging = forms.ChoiceField(label=_("How pages follow"), choices=PAGINGS)
    page_name = forms.CharField(
        label=_("Parameter of the page"), max_length=60, required=False,
        help_text=_("Such as page, offset or cursor."),
    )  # fmt: skip
    size_name = forms.CharField(
        label=_("Parameter of the page's size"), max_length=60, required=False
    )
    size = forms.IntegerField(
        label=_("Rows a page"), min_value=1, max_value=10_000, initial=100, required=False
    )
    next_path = forms.CharField(
        label=_("Where the answer has the cursor"), max_length=200, required=False,
        help_text=_("Such as meta.next_cursor; an address of the next page will do, too."),
    )  # fmt: skip
    list_path = forms.CharField(
        label=_("Where the answer has the list"), max_length=200, required=False,
        help_text=_("Such as data.orders. Empty: the answer itself, or its only list."),
    )  # fmt: skip
    since_field = forms.CharField(
        label=_("Field that tells what is new"), max_length=200, required=False,
        help_text=_("One that only grows, such as updated_at. Without it, all is read each time."),
    )  # fmt: skip
    since_name = forms.CharField(
        label=_("Parameter that asks for what is new"), max_length=60, required=False,
        help_text=_("Such as updated_after; it gets the last value of that field."),
    )  # fmt: skip
    lines = list_of_rows()

    def where(self) -> Where:
        """Where to ask; no size is that of the server."""
        return {**super().where(), "size": self.cleaned_data["size"] or 0}

    def recipient(self, values: Where) -> tuple[object, ...]:
        """The secret belongs to a host, whatever is asked there."""
        parts = urlsplit(str(values.get("url", "")))
        return (parts.scheme, parts.netloc.lower(), values.get("auth"), values.get("auth_name"))

    def clean(self) -> dict[str, object]:
        """What a way of paging or proving needs is asked for."""
        cleaned = super().clean()
        needed = {
            "page_name": cleaned.get("paging") in (Paging.PAGE, Paging.OFFSET),
            "next_path": cleaned.get("paging") == Paging.CURSOR,
            "auth_name": cleaned.get("auth") in (Auth.BASIC, Auth.HEADER),
        }
        for name, is_needed in needed.items():
            if is_needed and not cleaned.get(name):
                self.add_error(name, _("This is needed here."))
        return cleaned


@dataclass(frozen=True)
class Reached:
    """Up to which value of the field everything was read, and which rows lie exactly on it."""

    value: str = ""
    edge: frozenset[str] = frozenset()


def look(where: Where, secret: str) -> Look:
    """The first rows of the first page; raises `Trouble`."""
    place = msgspec.convert(where, Place, strict=False)
    told = next(Asking(place, secret).pages(""))
    rows = _rows(told, place)
    if place.since_field and not any(place.since_field in row for row in rows):
        raise Trouble(
            f"第一页没有字段 {place.since_field}。",
            f"No row of the first page has the field {place.since_field}.",
        )
    names = list(dict.fromkeys(chain.from_iterable(rows)))
    count = len(rows)
    said = ngettext("%(n)s row on the first page.", "%(n)s rows on the first page.", count)
    shown = [[row.get(name, "") for name in names] for row in rows[:LOOKED_AT]]
    return Look(said % {"n": count}, columns=names, rows=shown)


def pieces(asked: Asked) -> Iterator[Piece]:
    """What is new. How far was read is said with the last piece only: an API need not answer in the
    order of the field, so what an end in the middle has brought is read again, and counts once."""
    place = msgspec.convert(asked.where, Place, strict=False)
    before = _reached(asked.cursor)
    held: list[Row] = []
    far, edge = before.value, set(before.edge)
    seen = hashlib.sha256()
    number = 0
    for told in Asking(place, asked.secret).pages(before.value):
        for row in _rows(told, place):
            mark = _mark(row)
            seen.update(mark.encode())
            value = row.get(place.since_field, "") if place.since_field else ""
            if place.since_field:
                order = _order(value, far)
                if _order(value, before.value) < 0 or mark in before.edge:
                    continue
                if order > 0:
                    far, edge = value, set()
                if order >= 0:
                    edge.add(mark)
            held.append(row)
        if len(held) >= PIECE_ROWS:
            yield _piece(asked, held, number, asked.cursor)
            number, held = number + 1, []
    end: Cursor = (
        {"value": far, "edge": sorted(edge) if len(edge) <= MOST_AT_EDGE else []}
        if place.since_field
        else {"digest": seen.hexdigest()}
    )
    if held and (place.since_field or end != asked.cursor):
        yield _piece(asked, held, number, end)


def since(cursor: Cursor, day: object) -> Cursor:
    """A field that holds moments, set back to the beginning of a day."""
    value = str(cursor.get("value", ""))
    moment = _moment(value)
    if moment is None:
        raise Trouble(
            "这个连接不是按时间读取的，只能从头同步。",
            "This connection does not read by time; it can only be synced from the beginning.",
        )
    zone = value[19:] if len(value) > 19 and value[19] in "+-Z" else ""
    return {"value": f"{day}T00:00:00{zone}" if len(value) > 10 else str(day), "edge": []}


def _piece(asked: Asked, rows: list[Row], number: int, cursor: Cursor) -> Piece:
    path = asked.folder / f"{number}.jsonl"
    path.write_bytes(documents.as_lines(rows))
    return Piece(path, "api.jsonl", cursor, mappings.shape_for(asked.connection, ""))


def _rows(told: object, place: Place) -> list[Row]:
    """The rows of a page."""
    try:
        path = place.list_path
        listed = documents.at(told, path) if path else documents.only_list(told)
    except NotDocuments:
        listed = None
    if not isinstance(listed, list):
        found = "、".join(documents.lists_in(told)) or "—"
        raise Trouble(
            f"回答里没有找到列表。可选的位置：{found}。",
            f"The answer holds no list there. Lists are at: {found}.",
        )
    rows: list[Row] = []
    for one in listed:
        if isinstance(one, dict):
            rows += documents.rows_of(one, place.lines or None)
    return rows


def _reached(cursor: Cursor) -> Reached:
    edge = cursor.get("edge", [])
    return Reached(
        str(cursor.get("value", "")),
        frozenset(str(one) for one in edge) if isinstance(edge, list) else frozenset(),
    )


def _order(one: str, other: str) -> int:
    """Which of two values of a field is the later: as numbers, as moments, else as texts."""
    if not one or not other:
        return (one > other) - (one < other)
    for read in (_number, _moment):
        first, second = read(one), read(other)
        if first is not None and second is not None:
            return (first > second) - (first < second)  # type: ignore[operator]
    return (one > other) - (one < other)


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _mark(row: Row) -> str:
    joined = "\x1f".join(f"{name}\x1e{cell}" for name, cell in sorted(row.items()))
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
