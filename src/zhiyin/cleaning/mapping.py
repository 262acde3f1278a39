"""Which column of a file fills which field, guessed from the header and mended by a person.

A `Mapping` is small, plain data: it is stored and offered again when a file with the same header
comes. Options say what the cells cannot: time zone, order of day and month, currency.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from datetime import tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from . import shops
from .dates import day_first_in
from .errors import BadValue, MissingColumns
from .fields import CATALOGUE, Field, Kind, required_groups
from .preview import Preview
from .shops import plain_header


class Mark(StrEnum):
    """What a column says of a person. Sensitive is what the law calls so: health, faith, money,
    identity cards (PIPL art. 28, GDPR art. 9)."""

    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """How to understand a file."""

    kind: Kind
    columns: dict[str, str]  # column of the file → field
    source: str = "import"  # where orders come from; part of their identity
    timezone: str = "Asia/Shanghai"  # of times without an offset
    day_first: bool | None = None  # None: refuse what can be read in two ways
    currency: str = "CNY"  # of amounts whose row names none
    region: str = "CN"  # of phone numbers without a country code
    shift_days: int = 0  # move all times, for demonstrations
    extra_properties: bool = True  # events: unmapped columns become properties
    event: str = ""  # events: what each row is, where no column says it
    shop: str = ""  # orders: whose export it is, where we know it (see `shops`)
    marks: dict[str, Mark] = {}  # column → what it says of a person beyond its field

    def held_back(self) -> frozenset[str]:
        """Columns that the lake must not hold, whatever they look like."""
        return frozenset(self.marks)

    def dropped(self) -> frozenset[str]:
        """Columns that are kept nowhere unless a field is made for them."""
        return frozenset(c for c, mark in self.marks.items() if mark is Mark.SENSITIVE)

    @property
    def zone(self) -> tzinfo:
        """The time zone of times without an offset."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadValue(
                "timezone_unknown",
                f"时区“{self.timezone}”不存在，请使用 Asia/Shanghai 这样的名称",
                f"there is no time zone {self.timezone!r}; use a name such as Asia/Shanghai",
            ) from error

    def column_of(self, field: str) -> str | None:
        """The column that fills `field`."""
        return next((column for column, name in self.columns.items() if name == field), None)

    def missing(self) -> list[str]:
        """Required fields without a column (of a group of alternatives, the first)."""
        mapped = set(self.columns.values())
        if self.event:
            mapped.add("name")
        groups = required_groups(self.kind).values()
        return [group[0].name for group in groups if mapped.isdisjoint(f.name for f in group)]

    def check(self, columns: Sequence[str]) -> None:
        """Refuse when the file lacks a mapped or a required column."""
        by_name = {field.name: field for field in CATALOGUE[self.kind]}
        absent = [f for c, f in self.columns.items() if c not in columns and f in by_name]
        lacking = [*self.missing(), *absent]
        if lacking:
            labels = [(by_name[name].zh, by_name[name].en) for name in lacking]
            raise MissingColumns(lacking, labels)


def guess_mapping(preview: Preview, kind: Kind | None = None, **options: object) -> Mapping:
    """The likeliest mapping of a file; `options` are passed to `Mapping`."""
    names = [column.name for column in preview.columns]
    shop = shops.recognised(names) if kind in (None, Kind.ORDERS) else None
    if kind is None:
        kind = Kind.ORDERS if shop else max(Kind, key=lambda k: _fit(names, k))
    columns = shops.columns_of(shop, names) if shop else _match(names, kind)
    if shop:
        options = {"source": shop.key, "shop": shop.key, **shop.options, **options}
    if kind is Kind.EVENTS and "name" not in columns.values():
        options = {"event": _published(names), **options}
    if "day_first" not in options:
        moments = {c for c, f in columns.items() if f.endswith("_at") or f == "birthday"}
        places = [place for place, name in enumerate(names) if name in moments]
        good = [row.cells for row in preview.rows if row.problem is None]
        texts = [cells[place] or "" for cells in good for place in places]
        options["day_first"] = day_first_in(texts)
    if "currency" not in options and kind is Kind.ORDERS:
        found = next((c.currency for c in preview.columns if c.currency), None)
        if found:
            options["currency"] = found
    return msgspec.convert({"kind": kind, "columns": columns, **options}, Mapping)


def _published(names: Sequence[str]) -> str:
    """What rows are that say no event: reviews where they are rated, mentions where somebody said
    something; empty where they are neither."""
    headers = {plain_header(name) for name in names}
    if headers & _RATED:
        return "Review Published"
    return "Mention Published" if headers & _SAID else ""


_RATED = {"rating", "stars", "score", "starrating", "评分", "星级", "评价等级", "打分"}
_SAID = {"content", "text", "comment", "review", "reviewtext", "mention", "post", "body", "message",
         "内容", "评论", "评价", "评价内容", "评论内容", "正文", "帖子", "微博内容"}  # fmt: skip


def header_fingerprint(columns: Sequence[str]) -> str:
    """Under which a mapping is remembered: equal for files with the same header."""
    joined = "\x1f".join(unicodedata.normalize("NFC", name).strip() for name in columns)
    return hashlib.sha256(joined.encode()).hexdigest()


def matched(
    columns: Sequence[tuple[str, tuple[str, ...]]], kind: Kind,
    may_fill: Callable[[str, Field], bool] = lambda column, field: True,
) -> dict[str, str]:  # fmt: skip
    """Column → field, for columns with the ways in which their names can be read, the likeliest
    first; the earlier a header stands in a field's list, the better it fits."""
    candidates: list[tuple[int, int, int, str, str]] = []
    for place, (column, spellings) in enumerate(columns):
        for reading, spelling in enumerate(spellings):
            header = plain_header(spelling)
            for field in CATALOGUE[kind]:
                if may_fill(column, field) and (rank := _rank(header, field)) is not None:
                    candidates.append((reading, rank, place, column, field.name))
    found: dict[str, str] = {}
    for *_, column, name in sorted(candidates):
        if column not in found and name not in found.values():
            found[column] = name
    order = {column: place for place, (column, _) in enumerate(columns)}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def _rank(header: str, field: Field) -> int | None:
    """How well a header fits a field, the least best; None where it does not."""
    if header == plain_header(field.name):
        return -1
    if header in field.headers:
        return field.headers.index(header)
    return 0 if header in (plain_header(field.zh), plain_header(field.en)) else None


def _match(names: Sequence[str], kind: Kind) -> dict[str, str]:
    return matched([(name, (name,)) for name in names], kind)


def _fit(names: Sequence[str], kind: Kind) -> float:
    found = set(_match(names, kind).values())
    if kind is Kind.EVENTS and _published(names):
        found.add("name")
    groups = required_groups(kind)
    met = sum(not found.isdisjoint(f.name for f in group) for group in groups.values())
    return met / len(groups) + len(found) / 100
