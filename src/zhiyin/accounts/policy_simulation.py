"""Who gains and who loses access to what, before a draft is applied: real users, real rows.

Nothing is guessed. For each active user, the draft is supposed to hold and access.py is asked the
questions that it answers every day; the rows that come and go are counted in the tables, under
the very conditions that lists and row-level security would use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.apps import apps
from django.db.models import Count, Model, QuerySet

from zhiyin.accounts import access, policy, policy_comparing, policy_document, seat
from zhiyin.accounts.models import User
from zhiyin.accounts.policy import Grants, Resource
from zhiyin.accounts.policy_changes import Proposal
from zhiyin.accounts.policy_comparing import Comparison
from zhiyin.accounts.reach import reach_of
from zhiyin.accounts.rows import Rows


@dataclass(frozen=True)
class RowCount:
    """How many rows an action comes to reach and reaches no more."""

    action: str
    gained: int
    lost: int


@dataclass(frozen=True)
class Effect:
    """What changes for one user with one resource, and through which of their roles."""

    user: User
    resource: Resource
    what: Comparison
    rows: tuple[RowCount, ...]
    through: tuple[str, ...]

    @property
    def gains(self) -> bool:
        return self.what.gains or any(one.gained for one in self.rows)

    @property
    def loses(self) -> bool:
        return self.what.loses or any(one.lost for one in self.rows)


@dataclass(frozen=True)
class Simulation:
    """What the draft does to everybody who works here."""

    effects: tuple[Effect, ...]
    looked_at: int

    @property
    def gaining(self) -> int:
        """How many users gain something."""
        return len({one.user.pk for one in self.effects if one.gains})

    @property
    def losing(self) -> int:
        """How many users lose something."""
        return len({one.user.pk for one in self.effects if one.loses})


def simulate(proposal: Proposal) -> Simulation:
    """The effects of a draft on every active user, by name."""
    before = policy_document.in_place(proposal.before)
    after = policy_document.in_place(proposal.after)
    users = list(User.objects.filter(is_active=True).select_related("department").order_by("name"))
    counter = _Counter()
    effects = []
    with seat.system("a simulation counts rows that the one who asks may not see"):
        for name, roles in proposal.changes.items():
            resource = policy.resource_named(name)
            for user in users:
                through = _through(user, resource, roles)
                if through:
                    found = _effect(user, resource, through, before, after, counter)
                    effects += [found] if found.what or found.rows else []
    return Simulation(tuple(effects), len(users))


def _through(user: User, resource: Resource, changed: Iterable[str]) -> tuple[str, ...]:
    """The changed roles that the user has, or acts with for a colleague."""
    stands_in = reach_of(user).stands_in if resource.delegable else ()
    acted_with = [role for one in stands_in for role in one.roles]
    return tuple(role for role in changed if role in (*user.roles, *acted_with))


def _effect(
    user: User,
    resource: Resource,
    through: tuple[str, ...],
    before: Mapping[str, Grants],
    after: Mapping[str, Grants],
    counter: _Counter,
) -> Effect:
    with policy.supposing(before):
        old, reached = resource.grants_of(user.roles), _reached(user, resource)
    with policy.supposing(after):
        new, reaching = resource.grants_of(user.roles), _reached(user, resource)
    counted = []
    for action in resource.listed_actions:
        gained = counter.only_in(resource, reaching[action], reached[action])
        lost = counter.only_in(resource, reached[action], reaching[action])
        if gained or lost:
            counted.append(RowCount(action, gained, lost))
    what = policy_comparing.compare(resource, old, new)
    return Effect(user, resource, what, tuple(counted), through)


def _reached(user: User, resource: Resource) -> dict[str, Rows]:
    return {
        action: access.open_rows(user, f"{resource.name}.{action}") for action in resource.actions
    }


class _Counter:
    """Counts rows, each pair of sets once: colleagues in one department often share theirs.

    A table is read once, by owner and department: that tells how many rows a set holds that is made
    of these, however many users are asked about. Rows that are shared one by one are looked at
    themselves; what lies in a territory is asked of the table.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, Rows, Rows], int] = {}
        self._groups: dict[str, list[tuple[Model, int]]] = {}

    def only_in(self, resource: Resource, some: Rows, without: Rows) -> int:
        """How many rows are in one set and not in the other."""
        if not resource.model or some == without or some == Rows() or without.everything:
            return 0
        key = resource.name, some, without
        if key not in self._known:
            in_table = some.places or without.places
            count = self._in_table if in_table else self._by_whose
            self._known[key] = count(resource, some, without)
        return self._known[key]

    def _by_whose(self, resource: Resource, some: Rows, without: Rows) -> int:
        alone = some.ids | without.ids
        whose = replace(some, ids=frozenset()), replace(without, ids=frozenset())
        found = sum(
            count for row, count in self._grouped(resource) if _is_only_in(resource, row, *whose)
        )
        for row in _all_of(resource).filter(pk__in=alone) if alone else ():
            found += _is_only_in(resource, row, some, without)
            found -= _is_only_in(resource, row, *whose)
        return found

    def _grouped(self, resource: Resource) -> list[tuple[Model, int]]:
        """How many rows each owner has in each department, with a row that stands for them."""
        if resource.name not in self._groups:
            by = [name for name in (resource.owner, resource.department) if name]
            held = _all_of(resource).order_by().values(*by).annotate(held=Count("pk"))
            rows = held.values_list(*by, "held")
            model = apps.get_model(resource.model)
            self._groups[resource.name] = [
                (model(**dict(zip(by, whose, strict=True))), count) for *whose, count in rows
            ]
        return self._groups[resource.name]

    @staticmethod
    def _in_table(resource: Resource, some: Rows, without: Rows) -> int:
        rows = _all_of(resource)
        if not some.everything:
            rows = rows.filter(some.compiled(resource).q)
        if without != Rows():
            rows = rows.exclude(without.compiled(resource).q)
        return rows.count()


def _all_of(resource: Resource) -> QuerySet[Model]:
    rows: QuerySet[Model] = apps.get_model(resource.model)._default_manager.all()
    return rows


def _is_only_in(resource: Resource, row: Model, some: Rows, without: Rows) -> bool:
    return some.hold(resource, row) and not without.hold(resource, row)
