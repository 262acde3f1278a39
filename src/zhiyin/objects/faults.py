"""What a person can do something about when a value, a condition or a change is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhiyin.accounts.models import User


class CannotBe(ValueError):  # noqa: N818  (it names the value; the message is for people)
    """The value cannot be kept; the message says why and how to mend it."""

    field = ""  # whose value it is, where the one who tried does not know


@dataclass(eq=False)  # not frozen: whoever passes it on writes its traceback
class Conflict(Exception):  # noqa: N818  (an outcome that a person decides)
    """Somebody changed the same field meanwhile: both values, and who it was."""

    theirs: str
    mine: str
    version: int
    by: User | None
    at: datetime | None
