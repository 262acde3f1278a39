"""Whose trade a person may see on the dashboard: everybody's, or that of some departments.

An order belongs to the department of its customer, so that a figure and the list behind it hold
the same people; an order of nobody known belongs to the department that took it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from zhiyin.accounts import access
from zhiyin.accounts.models import Department, User
from zhiyin.monitor.figures.asking import Value


@dataclass(frozen=True)
class Sight:
    """`departments` is None for everybody; `choices` are what the filter offers."""

    departments: tuple[UUID, ...] | None
    chosen: Department | None
    choices: tuple[Department, ...]

    @property
    def params(self) -> dict[str, Value]:
        """For the questions; with `everybody` the planner drops the join with customers."""
        return {
            "everybody": self.departments is None,
            "departments": list(self.departments or ()),
        }

    @property
    def is_blind(self) -> bool:
        """Bound to a department without belonging to one."""
        return self.departments == ()

    @property
    def key(self) -> str:
        """Equal for two people who see the same."""
        if self.departments is None:
            return "all"
        return ",".join(sorted(one.hex for one in self.departments)) or "none"


def sight_of(user: User, department: str = "") -> Sight:
    """What this user may see, narrowed to a department of the tree and those below it.

    A department out of reach is as good as one that does not exist: `OutOfSight`.
    """
    scope = access.scope_of(user, "dashboard.see")
    tree = list(Department.objects.order_by("path"))
    if scope is access.Scope.ALL:
        reach = tree
    else:
        ids = set(access.department_ids(user, scope))
        reach = [one for one in tree if one.pk in ids]
    if not department:
        everybody = scope is access.Scope.ALL
        return Sight(None if everybody else tuple(d.pk for d in reach), None, tuple(reach))
    chosen = next((one for one in reach if str(one.pk) == department), None)
    if chosen is None:
        raise access.OutOfSight
    below = tuple(one.pk for one in reach if one.path.startswith(chosen.path))
    return Sight(below, chosen, tuple(reach))
