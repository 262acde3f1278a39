"""What besides the role lets one user reach rows: their departments, territories, shares, and the
colleagues they stand in for. One query, kept on the user object, which lives for one request.

What ends, ends with the next request: nothing of this is cached beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from zhiyin.accounts.models import User
from zhiyin.accounts.policy import Level
from zhiyin.accounts.rows import Place


@dataclass(frozen=True)
class InTerritory:
    """A territory where somebody works, and whether its rows are as their own."""

    territory: UUID
    may_change: bool
    places: frozenset[Place]


@dataclass(frozen=True)
class SharedRow:
    """A row that was opened to them, and how far."""

    share: UUID
    resource: str
    row: UUID
    may_change: bool
    actions: frozenset[str]
    levels: Mapping[str, Level]


@dataclass(frozen=True)
class StandsIn:
    """A colleague for whom they act now, with the colleague's own roles."""

    delegation: UUID
    giver: UUID
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Reach:
    """Everything that adds to the role of one user."""

    below: frozenset[UUID] = frozenset()
    territories: tuple[InTerritory, ...] = ()
    shares: tuple[SharedRow, ...] = ()
    stands_in: tuple[StandsIn, ...] = ()


def reach_of(user: User) -> Reach:
    """The reach of this user, asked once for each user object and department."""
    kept: tuple[UUID | None, Reach] | None = getattr(user, "_reach", None)
    if kept is None or kept[0] != user.department_id:
        kept = (user.department_id, _load(user))
        user._reach = kept  # type: ignore[attr-defined]
    return kept[1]


# clock_timestamp: what ends at noon ends at noon, also within a transaction that began before.
_SQL = """
with mine as (select path from accounts_department where id = %(department)s)
select
  (select array_agg(d.id) from accounts_department d, mine where d.path like mine.path || '%%'),
  (select json_agg(json_build_object('id', m.territory_id, 'change', m.may_change,
          'country', r.country, 'province', r.province, 'city', r.city, 'departments',
          (select json_agg(d.id) from accounts_department d, accounts_department top
            where top.id = r.department_id and d.path like top.path || '%%')))
     from accounts_territorymember m join accounts_territoryrule r using (territory_id)
    where m.user_id = %(user)s),
  (select json_agg(json_build_object('id', s.id, 'resource', s.resource, 'row', s.row_id,
          'change', s.may_change, 'actions', s.actions, 'levels', s.levels))
     from accounts_share s
    where s.ended_at is null and (s.until is null or s.until > clock_timestamp())
      and (s.user_id = %(user)s or s.department_id in (
           select unnest(string_to_array(rtrim(path, '/'), '/'))::uuid from mine))),
  (select json_agg(json_build_object('id', g.id, 'giver', u.id, 'roles', u.roles))
     from accounts_delegation g join accounts_user u on u.id = g.giver_id
    where g.receiver_id = %(user)s and g.ended_at is null and u.is_active
      and clock_timestamp() >= g.starts_at and clock_timestamp() < g.ends_at)
"""


def _load(user: User) -> Reach:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"user": user.pk, "department": user.department_id})
        row = cursor.fetchone()
    assert row is not None
    below, territories, shares, stands_in = row
    return Reach(
        frozenset(below or ()),
        _territories(territories or []),
        tuple(_share(one) for one in shares or ()),
        tuple(
            StandsIn(UUID(one["id"]), UUID(one["giver"]), tuple(one["roles"]))
            for one in stands_in or ()
        ),
    )


def _territories(rules: list[dict[str, object]]) -> tuple[InTerritory, ...]:
    found: dict[tuple[str, bool], set[Place]] = {}
    for rule in rules:
        inside = rule["departments"]
        place = Place(
            str(rule["country"]), str(rule["province"]), str(rule["city"]),
            frozenset(map(UUID, inside)) if isinstance(inside, list) else None,
        )  # fmt: skip
        found.setdefault((str(rule["id"]), bool(rule["change"])), set()).add(place)
    return tuple(
        InTerritory(UUID(territory), may_change, frozenset(places))
        for (territory, may_change), places in found.items()
    )


def _share(one: dict[str, object]) -> SharedRow:
    actions, levels = one["actions"], one["levels"]
    assert isinstance(actions, list)
    assert isinstance(levels, dict)
    return SharedRow(
        UUID(str(one["id"])), str(one["resource"]), UUID(str(one["row"])), bool(one["change"]),
        frozenset(actions), {name: Level(level) for name, level in levels.items()},
    )  # fmt: skip
