"""`If-Match`: write only what is still as it was read; otherwise 412, and nothing is written.

The `ETag` of one record is the state of what people write in it, a dot, and a digest of the answer.
`If-Match` holds the state against the row, so that a figure that was counted anew, another role or
another choice of fields does not stand in the way of a write. Nobody has to send it (no 428).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.http import parse_etags

from zhiyin.accounts.api.problems import Problem

HEADER = "If-Match"
Row = TypeVar("Row", bound=Model)
_CHANGED = {
    "zh": "读取之后已被修改，请重新读取后再写",
    "en": "It was changed since it was read; read it again before you write",
}


class State:
    """Which columns of a table say whether somebody wrote in a row."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns

    def of(self, row: Model) -> str:
        """The state, keyed, so that nobody guesses at what it was made of."""
        held = [getattr(row, name) for name in self.columns]
        text = f"{row.pk}{json.dumps(held, sort_keys=True, default=_plain)}"
        return salted_hmac("zhiyin.api.state", text, algorithm="sha256").hexdigest()[:16]

    def tell(self, request: HttpRequest, row: Row) -> Row:
        """Let the answer to this request carry the state of the row."""
        request.record_state = self.of(row)  # type: ignore[attr-defined]
        return row

    @contextmanager
    def unchanged(self, request: HttpRequest, row: Model) -> Iterator[None]:
        """In one transaction: the row is held, and is what `If-Match` names; then the write."""
        with self.as_named(named_in(request), row):
            yield

    @contextmanager
    def as_named(self, given: str | None, row: Model) -> Iterator[None]:
        """The same with the tags that a row of many names for itself."""
        with transaction.atomic():
            if given is not None:
                held = type(row)._default_manager.select_for_update(of=("self",))
                now = held.filter(pk=row.pk).first()
                if now is None or not matches(given, self.of(now)):
                    raise Problem(412, _CHANGED)
            yield


def named_in(request: HttpRequest) -> str | None:
    """The tags that a request names; None where it names none."""
    return request.headers.get(HEADER)


def _plain(value: object) -> str:
    """The same text for a value that was just set and for what the database gives back."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def matches(header: str, state: str) -> bool:
    """Whether one of the tags is strong and of this state; `*` is any."""
    tags = parse_etags(header)
    return tags == ["*"] or any(tag.partition(".")[0] == f'"{state}' for tag in tags)


def told(request: HttpRequest) -> str | None:
    """The state that an endpoint told of its record."""
    found: str | None = getattr(request, "record_state", None)
    return found
