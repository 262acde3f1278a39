"""What a list shows (conditions, order, columns, search), from an address or a saved view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from zhiyin.accounts import access
from zhiyin.objects import conditions, levels
from zhiyin.objects.compiling import compiled
from zhiyin.objects.conditions import BadCondition, Is, Node
from zhiyin.objects.counting import Total, capped
from zhiyin.objects.definitions import Asked, Chip, Found, ObjectType, fields_of
from zhiyin.objects.drawing import Column, chosen
from zhiyin.objects.keyset import orders

MOST_COLUMNS = 16
LONGEST = conditions.LONGEST_VALUE
MINE = {"owner": "me"}


class Kept(Protocol):
    """What is asked of a saved view."""

    filters: Any
    where: Any
    sort: str
    columns: Any


@dataclass(frozen=True)
class Listing:
    """One state of a list. Its `address` is all of it; two equal states are equal.

    `filters` are the conditions with a short word of their own (chips), `where` all others.
    """

    of: ObjectType = field(compare=False, repr=False)
    filters: Mapping[str, str] = field(default_factory=dict)
    where: Node | None = None
    sort: str = ""
    columns: tuple[str, ...] = ()
    question: str = ""
    unread: BadCondition | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        known = orders(self.of)
        if self.sort.removeprefix("-") not in known:
            object.__setattr__(self, "sort", self.of.sort)
        if not self.columns:
            object.__setattr__(self, "columns", self.of.columns)

    @classmethod
    def of_address(
        cls, of: ObjectType, given: QueryDict, otherwise: Listing | None = None
    ) -> Listing:
        """Read from an address; what it does not say stands as in `otherwise`."""
        base = otherwise or cls(of)
        words = [chip.key for chip in of.chips]
        if not any(key in given for key in (*words, "where", "sort", "col", "q", "set")):
            return base
        sort = given.get("sort", "")
        columns = tuple(key for key in given.getlist("col") if key)[:MOST_COLUMNS]
        where, unread = _tree(given.get("where", ""))
        return cls(
            of,
            filters={
                key: str(given[key]).strip()[:LONGEST]
                for key in words
                if str(given.get(key, "")).strip()
            },
            where=where,
            sort=sort if sort.removeprefix("-") in orders(of) else base.sort,
            columns=columns or base.columns,
            question=given.get("q", "").strip()[:LONGEST],
            unread=unread,
        )

    @classmethod
    def of_view(cls, of: ObjectType, view: Kept) -> Listing:
        """The state that a saved view stores; what is no longer known is left out."""
        words = {chip.key for chip in of.chips}
        filters = {key: str(value) for key, value in view.filters.items() if key in words}
        where, unread = _tree(view.where or "")
        question = str(view.filters.get("q", ""))
        return cls(of, filters, where, view.sort, tuple(view.columns), question, unread)

    @classmethod
    def mine(cls, of: ObjectType) -> Listing:
        """The built-in view of what is one's own."""
        return cls(of, filters=MINE)

    def stored(self) -> dict[str, str]:
        """The chips as a view stores them, the search among them."""
        return {**self.filters, **({"q": self.question} if self.question else {})}

    @property
    def tree(self) -> str:
        """All other conditions as text."""
        return conditions.write(self.where) if self.where is not None else ""

    def without(self, key: str) -> Listing:
        """The same list with one chip less."""
        return replace(self, filters={k: v for k, v in self.filters.items() if k != key})

    def without_part(self, at: int) -> Listing:
        """The same list with one part of the tree less."""
        kept = tuple(n for i, n in enumerate(conditions.parts(self.where)) if i != at)
        return replace(self, where=conditions.together(kept))

    def pairs(self) -> list[tuple[str, str]]:
        """The state as address parameters."""
        pairs = [("set", "1"), *self.filters.items()]
        if self.where is not None:
            pairs.append(("where", self.tree))
        if self.sort != self.of.sort:
            pairs.append(("sort", self.sort))
        if self.columns != self.of.columns:
            pairs += [("col", key) for key in self.columns]
        if self.question:
            pairs.append(("q", self.question))
        return pairs

    def address(self, **more: str) -> str:
        """ "?…" for this state; `more` adds or drops (empty) parameters."""
        pairs = [*self.pairs(), *((key, value) for key, value in more.items() if value)]
        return f"?{urlencode(pairs)}"

    def sorted_by(self, key: str) -> Listing:
        """The same list ordered by a column; a second time the other way round."""
        text_first = fields_of(self.of)[key].numeric is False and key == self.of.title
        first, other = (key, f"-{key}") if text_first else (f"-{key}", key)
        return replace(self, sort=other if self.sort == first else first)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filters or self.question or self.where is not None)

    def shown_columns(self, known: levels.Levels) -> list[Column]:
        return chosen(self.of, self.columns, known)


@dataclass(frozen=True)
class Bad:
    """A condition that was left out: a chip by its word, a part of the tree by its place."""

    chip: str
    part: int
    why: BadCondition


@dataclass(frozen=True)
class Narrowed:
    """The rows of a list, the same to be counted, and the conditions that could not be asked."""

    rows: QuerySet[Any]
    counted: QuerySet[Any]
    bad: list[Bad]
    count: int | None = None

    def total(self, key: str = "") -> Total:
        """How many they are, where nobody knows it counted up to the cap."""
        return capped(self.counted, key) if self.count is None else Total(self.count)


def rows_of(listing: Listing, asked: Asked, permission: str = "") -> Narrowed:
    """The rows of a list for which this user has the permission (otherwise: may see)."""
    of = listing.of
    rows = access.scoped(
        asked.user, of.model._default_manager.all(), permission or of.permission("see")
    )
    condition, bad = Q(), []
    for chip in of.chips:
        if chip.key not in listing.filters:
            continue
        try:
            condition &= compiled(of_chip(chip, listing.filters[chip.key]), of, asked)
        except BadCondition as why:
            bad.append(Bad(chip.key, -1, why))
    for at, part in enumerate(conditions.parts(listing.where)):
        try:
            condition &= compiled(part, of, asked)
        except BadCondition as why:
            bad.append(Bad("", at, why))
    if listing.unread is not None:
        bad.append(Bad("", -1, listing.unread))
    narrowed = rows.filter(condition)
    if of.search is None or not listing.question:
        return Narrowed(narrowed, narrowed, bad)
    found: Found = of.search(asked.user, narrowed, listing.question)
    return Narrowed(found.rows, found.counted, bad, found.count)


def shown(of: ObjectType) -> QuerySet[Any]:
    """All rows of an object with what a list shows of them."""
    return of.model._default_manager.select_related(*of.joined).defer(*of.left_out)


def of_chip(chip: Chip, value: str) -> Is:
    """A chip as the condition that it is."""
    return Is(chip.field, chip.operator, (value,))


def in_allowed_order(known: levels.Levels, listing: Listing) -> Listing:
    """The list in its order, else in the usual one, else by the first that gives nothing away."""
    usual = [listing.sort, listing.of.sort, *orders(listing.of)]
    found = next((one for one in usual if levels.may_ask(known, one.removeprefix("-"))), "")
    return listing if found in (listing.sort, "") else replace(listing, sort=found)


def may_sort(known: levels.Levels, listing: Listing) -> bool:
    """Whether the order would not give away a field; at the levels that hold everywhere."""
    return levels.may_ask(known, listing.sort.removeprefix("-"))


def _tree(text: str) -> tuple[Node | None, BadCondition | None]:
    if not text:
        return None, None
    try:
        return conditions.read(text), None
    except BadCondition as why:
        return None, why
