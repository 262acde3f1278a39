"""A set of rows, told the same way four times: for a queryset, for SQL that was compiled elsewhere,
for one row in hand, and for the row security of PostgreSQL (see seat.py).

There is no other place where the policy becomes a condition, so none of the four can forget a case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Model, Q

from zhiyin.accounts.policy import Resource

Param = UUID | str | list[UUID] | list[str]


@dataclass(frozen=True)
class Place:
    """A part of the map, or of the company; what is empty may be anything."""

    country: str = ""
    province: str = ""
    city: str = ""
    departments: frozenset[UUID] | None = None


@dataclass(frozen=True)
class RowScope:
    """The row condition twice: for a queryset, and for SQL that was compiled elsewhere."""

    q: Q
    sql: str
    params: tuple[Param, ...]


@dataclass(frozen=True)
class Rows:
    """Rows by whose they are, where they are, and one by one; sets that add up."""

    everything: bool = False
    owners: frozenset[UUID] = frozenset()
    departments: frozenset[UUID] = frozenset()
    ids: frozenset[UUID] = frozenset()
    places: frozenset[Place] = field(default_factory=frozenset)

    def __or__(self, other: Rows) -> Rows:
        return Rows(
            self.everything or other.everything,
            self.owners | other.owners,
            self.departments | other.departments,
            self.ids | other.ids,
            self.places | other.places,
        )

    def hold(self, resource: Resource, row: Model) -> bool:
        """Whether this row is among them."""
        if self.everything:
            return True
        if resource.owner and getattr(row, resource.owner) in self.owners:
            return True
        department = getattr(row, resource.department) if resource.department else None
        if department is not None and department in self.departments:
            return True
        if row.pk in self.ids:
            return True
        return any(_lies_in(resource, row, place, department) for place in self.places)

    def compiled(self, resource: Resource) -> RowScope:
        """The condition. The SQL names bare columns and holds only placeholders, never values."""
        if self.everything:
            return RowScope(Q(), "true", ())
        terms = _terms(self, resource)
        if not terms:
            return RowScope(Q(pk__in=[]), "false", ())
        q, sql = Q(), []
        params: list[Param] = []
        for term in terms:
            q |= term.q
            sql.append(term.sql)
            params += term.params
        return RowScope(q, f"({' or '.join(sql)})", tuple(params))


def _lies_in(resource: Resource, row: Model, place: Place, department: UUID | None) -> bool:
    assert resource.places is not None  # only of such a resource are rows told by their place
    if place.departments is not None and department not in place.departments:
        return False
    wanted = (place.country, place.province, place.city)
    return all(
        not value or getattr(row, column) == value
        for column, value in zip(resource.places, wanted, strict=True)
    )


def _terms(rows: Rows, resource: Resource) -> list[RowScope]:
    terms = []
    if resource.owner and rows.owners:
        terms.append(_any_of(resource.owner, rows.owners))
    if resource.department and rows.departments:
        terms.append(_any_of(resource.department, rows.departments))
    if rows.ids:
        terms.append(_any_of("id", rows.ids))
    if resource.places:
        terms += [_place(resource.places, resource.department, place) for place in _told(rows)]
    return terms


def _told(rows: Rows) -> list[Place]:
    return sorted(
        rows.places,
        key=lambda p: (p.country, p.province, p.city, sorted(map(str, p.departments or ()))),
    )


def _any_of(column: str, ids: frozenset[UUID]) -> RowScope:
    if len(ids) == 1:
        (only,) = ids
        return RowScope(Q(**{column: only}), f"{column} = %s", (only,))
    listed = sorted(ids)
    return RowScope(Q(**{f"{column}__in": listed}), f"{column} = any(%s)", (listed,))


def _place(columns: tuple[str, str, str], department: str | None, place: Place) -> RowScope:
    q, sql = Q(), []
    params: list[Param] = []
    for column, value in zip(columns, (place.country, place.province, place.city), strict=True):
        if value:
            q &= Q(**{column: value})
            sql.append(f"{column} = %s")
            params.append(value)
    if place.departments is not None:
        within = _any_of(str(department), place.departments)
        q &= within.q
        sql.append(within.sql)
        params += within.params
    return RowScope(q, f"({' and '.join(sql)})", tuple(params))
