"""What a token may do: everything its user may, only reading, or the permissions it lists.

A scope only ever takes away: the policy asks it beside the user's roles (access.scope_of), so that
a token never gives more than its user has on the day of the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ALL = "all"
READ = "read"
_READING = frozenset({"see", "own"})


def permits(scopes: Sequence[str], permission: str) -> bool:
    """Whether a token with these scopes may use the permission, if its user has it."""
    if ALL in scopes or permission in scopes:
        return True
    return READ in scopes and permission.rpartition(".")[2] in _READING


def permits_request(scopes: Sequence[str], permission: str, *, safe: bool) -> bool:
    """Whether the gate lets a request through: as `permits`, and one's own account stays as it is
    unless the token says so. Who one is, every token may ask."""
    if permission.rpartition(".")[2] == "own":
        return safe or ALL in scopes or permission in scopes
    return permits(scopes, permission)


def complete(scopes: Iterable[str], known: Iterable[str]) -> list[str]:
    """The scopes as they are kept. Whoever may change something also sees it: the answer to a
    change shows what was changed, so a list without the right to see would only pretend."""
    wanted, existing = set(scopes), set(known)
    for broad in (ALL, READ):
        if broad in wanted:
            return [broad]
    seeing = {f"{one.rpartition('.')[0]}.see" for one in wanted} & existing
    return sorted(wanted | seeing)
