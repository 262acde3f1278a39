"""How many: exact where that is quick, otherwise an honest "about" or "more than".

A large table is never counted: PostgreSQL's own estimate answers, marked as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Model, QuerySet

CAP = 10_000  # beyond this nobody reads the number, but everybody waits for it
EXACT_UNTIL = 50_000  # tables of this size are counted outright
KEEP_SECONDS = 600


@dataclass(frozen=True)
class Total:
    """A count: exact, about (an estimate), or more than."""

    count: int
    kind: str = "exact"  # exact, about, more

    @property
    def text(self) -> str:
        mark = {"exact": "", "about": "≈ ", "more": ""}[self.kind]
        return f"{mark}{self.count:,}{'+' if self.kind == 'more' else ''}"

    @property
    def exact(self) -> int | str:
        """The number where it is one, for "select all"."""
        return self.count if self.kind == "exact" else ""


def everything(model: type[Model]) -> Total:
    """All rows of a table, by its statistics when there are many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select reltuples::bigint from pg_class where oid = %s::regclass",
            [model._meta.db_table],
        )
        row = cursor.fetchone()
    estimate = int(row[0]) if row else -1
    if estimate > EXACT_UNTIL:
        return Total(estimate, "about")
    return Total(model._default_manager.count())


def capped(rows: QuerySet[Any], key: str = "") -> Total:
    """How many these are, up to the cap. That there are more than that is remembered under `key`:
    it is the dearest answer, and the one that changes least."""
    slot = f"rows:more:{sha256(key.encode()).hexdigest()}"
    if key and cache.get(slot):
        return Total(CAP, "more")
    found = rows.order_by().values("pk")[: CAP + 1].count()
    if found <= CAP:
        return Total(found)
    if key:
        cache.set(slot, True, KEEP_SECONDS)
    return Total(CAP, "more")


def remember(of: str, user_id: UUID, view: str, total: Total) -> None:
    """Keep a view's count for its tab."""
    cache.set(f"rows:view:{of}:{user_id}:{view}", total, KEEP_SECONDS)


def remembered(of: str, user_id: UUID, view: str) -> Total | None:
    """The count that a view had when it was last opened."""
    found = cache.get(f"rows:view:{of}:{user_id}:{view}")
    return found if isinstance(found, Total) else None
