"""What was set aside, for the screen: pages by key, and the file that leaves the product."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect import masked_messages, set_aside_services
from zhiyin.collect.models import SetAside, Source
from zhiyin.collect.reasons import REASONS

PAGE = 50
MOST_EXPORTED = 50_000
MOST_COUNTED = 10_000
State = SetAside.State


@dataclass(frozen=True)
class Asked:
    """Which of them: state, source, reason, and after which row."""

    state: str = State.WAITING.value
    source: str = ""
    reason: str = ""
    before: tuple[datetime, UUID] | None = None

    def query(self, **changes: str) -> str:
        """The same as a query of an address."""
        told = {"state": "" if self.state == State.WAITING else self.state, "source": self.source,
                "reason": self.reason} | changes  # fmt: skip
        return urlencode({name: value for name, value in told.items() if value})


def asked(given: dict[str, str]) -> Asked:
    """From an address; what is no such thing is left out."""
    state, reason = given.get("state", ""), given.get("reason", "")
    return Asked(
        state=state if state in State.values else State.WAITING.value,
        source=given.get("source", "")[:60],
        reason=reason if reason in REASONS else "",
        before=_place(given.get("before", "")),
    )


def _place(text: str) -> tuple[datetime, UUID] | None:
    at, _, pk = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(pk)) if moment.tzinfo else None
    except ValueError:
        return None


def place_of(row: SetAside) -> str:
    """How an address says after which row a page begins."""
    return f"{row.received_at.isoformat()}_{row.pk}"


def found(user: User, wanted: Asked) -> QuerySet[SetAside]:
    """Those that this user may see, the newest first."""
    rows = access.scoped(user, SetAside.objects.all(), "set_aside.see").filter(state=wanted.state)
    if wanted.source:
        rows = rows.filter(source__in=Source.objects.filter(key=wanted.source))
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.before is not None:
        at, pk = wanted.before
        rows = rows.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk))
    return rows.select_related("source").order_by("-received_at", "-pk")


def counted(user: User, wanted: Asked) -> int:
    """How many there are, counted up to MOST_COUNTED."""
    every = Asked(wanted.state, wanted.source, wanted.reason)
    return found(user, every).order_by().select_related(None)[:MOST_COUNTED].count()


def exported(user: User, wanted: Asked) -> Iterator[bytes]:
    """One JSON a line; the message is masked for who may not see persons."""
    whole = set_aside_services.may_read(user)
    for row in found(user, wanted)[:MOST_EXPORTED].iterator(chunk_size=500):
        said = row.message if whole else masked_messages.masked(row.message)
        told = {
            "id": str(row.pk), "source": row.source.key, "received_at": row.received_at.isoformat(),
            "kind": row.kind, "event": row.name, "reason": row.reason, "detail": row.detail,
            "message": said,
        }  # fmt: skip
        yield json.dumps(told, ensure_ascii=False).encode() + b"\n"
