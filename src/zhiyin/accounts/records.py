"""Which records there are, by type and id, for what hangs on any of them: files, comments, notices.

A room names its records here when Django starts (in its records.py); whoever keeps
something beside a record asks here whether a user may see or change it. What a room has not named
does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, OutOfSight, PolicyError
from zhiyin.accounts.models import User

Ref = tuple[str, UUID]


@dataclass(frozen=True)
class RecordKind:
    """One type of record: how to read some, what one is called, where its page is.

    `read` gives rows by id, whoever asks. Rights follow the policy's `resource` unless `may` is
    given, which is then asked (user, action, row) for "see" and "change".
    """

    name: str
    label: str | Promise
    read: Callable[[Collection[UUID]], Iterable[Model]]
    title: Callable[[Model], str]
    address: Callable[[Model], str]
    resource: str = ""
    is_host: bool = True  # whether files and comments may hang on it; else notices only lead here
    may: Callable[[User, str, Model], bool] | None = None

    def lets(self, user: User, action: str, row: Model) -> bool:
        """Whether the user may "see" or "change" this row."""
        if self.may is not None:
            return user.is_active and self.may(user, action, row)
        return access.can_reach(user, f"{self.resource or self.name}.{action}", row)


_kinds: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> RecordKind:
    """Let files, comments and notices hang on records of this type."""
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise PolicyError(f"the record type {kind.name!r} is registered twice")
    return kind


def of_model(model: type[Model]) -> Callable[[Collection[UUID]], QuerySet[Model]]:
    """The usual `read`: the rows of a table by their ids."""
    return lambda ids: model._default_manager.filter(pk__in=ids)


def kinds() -> Mapping[str, RecordKind]:
    """Everything registered, by name."""
    return dict(_kinds)


def find(user: User, ref: Ref, action: str = "see") -> Model:
    """The record on which something hangs, for this user.

    Raises `OutOfSight`, or `Denied` where the user may only see it.
    """
    name, pk = ref
    kind = _kinds.get(name)
    row = next(iter(kind.read([pk])), None) if kind is not None else None
    if kind is None or row is None or not kind.is_host or not kind.lets(user, "see", row):
        raise OutOfSight
    if action != "see" and not kind.lets(user, action, row):
        raise Denied(f"{kind.resource or name}.{action}")
    return row


def visible(user: User, refs: Iterable[Ref]) -> dict[Ref, Model]:
    """Those of the records that the user may see now: one query a type."""
    wanted: dict[str, set[UUID]] = {}
    for name, pk in refs:
        wanted.setdefault(name, set()).add(pk)
    found: dict[Ref, Model] = {}
    for name, ids in wanted.items():
        kind = _kinds.get(name)
        for row in kind.read(ids) if kind is not None else ():
            if kind is not None and kind.lets(user, "see", row):
                found[name, row.pk] = row
    return found


def title_of(ref: Ref, row: Model) -> str:
    """What the record is called."""
    return _kinds[ref[0]].title(row)


def address_of(ref: Ref, row: Model) -> str:
    """Where the record's page is."""
    return _kinds[ref[0]].address(row)


def attached_to(refs: Iterable[Ref]) -> Q:
    """The rows of a table with `record_type` and `record_id` that hang on these records."""
    found = Q(pk__in=[])
    for name, pk in refs:
        found |= Q(record_type=name, record_id=pk)
    return found
