"""What a customer list shows (filters, order, columns, search), from an address or a saved view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers.asking import asked as find
from zhiyin.customers.columns import DEFAULT_COLUMNS, Column, chosen
from zhiyin.customers.filters import FILTERS, LONGEST, Asked, BadValue
from zhiyin.customers.models import Customer, SavedView
from zhiyin.customers.queries.keyset import DEFAULT_SORT, SORTS

MOST_COLUMNS = 16


@dataclass(frozen=True)
class Listing:
    """One state of the list. Its `query` is the whole address; two equal states are equal."""

    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = DEFAULT_SORT
    columns: tuple[str, ...] = DEFAULT_COLUMNS
    question: str = ""

    @classmethod
    def of_address(cls, given: QueryDict, otherwise: Listing | None = None) -> Listing:
        """Read from an address; what it does not say stands as in `otherwise`."""
        base = otherwise or cls()
        says = any(key in given for key in (*FILTERS, "sort", "col", "q", "set"))
        if not says:
            return base
        sort = given.get("sort", "")
        columns = tuple(key for key in given.getlist("col") if key)[:MOST_COLUMNS]
        return cls(
            filters={
                key: str(given[key]).strip()[:LONGEST]
                for key in FILTERS
                if str(given.get(key, "")).strip()
            },
            sort=sort if sort.removeprefix("-") in SORTS else base.sort,
            columns=columns or base.columns,
            question=given.get("q", "").strip()[:LONGEST],
        )

    @classmethod
    def of_view(cls, view: SavedView) -> Listing:
        """The state that a saved view stores; what is no longer known is left out."""
        sort = view.sort if view.sort.removeprefix("-") in SORTS else DEFAULT_SORT
        filters = {key: str(value) for key, value in view.filters.items() if key in FILTERS}
        question = str(view.filters.get("q", ""))
        return cls(filters, sort, tuple(view.columns) or DEFAULT_COLUMNS, question)

    def stored(self) -> dict[str, str]:
        """The filters as a view stores them, the search among them."""
        return {**self.filters, **({"q": self.question} if self.question else {})}

    def without(self, key: str) -> Listing:
        """The same list with one condition less."""
        return replace(self, filters={k: v for k, v in self.filters.items() if k != key})

    def pairs(self) -> list[tuple[str, str]]:
        """The state as address parameters."""
        pairs = [("set", "1"), *self.filters.items()]
        if self.sort != DEFAULT_SORT:
            pairs.append(("sort", self.sort))
        if self.columns != DEFAULT_COLUMNS:
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
        first = key if key == "name" else f"-{key}"
        other = f"-{key}" if key == "name" else key
        return replace(self, sort=other if self.sort == first else first)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.filters or self.question)

    def shown_columns(self, levels: Mapping[str, Level]) -> list[Column]:
        return chosen(self.columns, levels)


@dataclass(frozen=True)
class Narrowed:
    """The rows of a list, the same to be counted, and the conditions that could not be read."""

    people: QuerySet[Customer]
    counted: QuerySet[Customer]
    bad: list[str]


def people_of(listing: Listing, who: Asked, permission: str = "customer.see") -> Narrowed:
    """The customers of a list whom this user has the permission for."""
    levels = access.levels(who.user, "customer")
    people = access.scoped(who.user, Customer.objects.all(), permission)
    condition, bad = Q(), []
    for key, value in listing.filters.items():
        one = FILTERS[key]
        if not one.allowed(levels):
            bad.append(key)
            continue
        try:
            condition &= one.narrow(value, who)
        except BadValue:
            bad.append(key)
    found = find(who.user, people.filter(condition), listing.question)
    return Narrowed(found.people, found.counted, bad)


def may_sort(levels: Mapping[str, Level], sort: str) -> bool:
    """Whether the order would not give away a hidden field."""
    return levels.get(sort.removeprefix("-"), Level.HIDDEN) >= Level.READ


def me(user: User) -> Listing:
    """The built-in view of my own customers."""
    return Listing(filters={"owner": "me"})
