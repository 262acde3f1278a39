"""Where sessions are kept: Django's rows in the database, with columns for the list of sessions.

What is shown of a session travels in it, so that the columns follow every change of its key.
"""

from __future__ import annotations

import hashlib
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from zhiyin.accounts import seat

if TYPE_CHECKING:
    from zhiyin.accounts.models import Session, User

ABOUT = "_zhiyin_about"  # agent, network, start and provider of a signed-in session
_came_with: ContextVar[User | None] = ContextVar("zhiyin_session_user", default=None)


class SessionStore(DatabaseStore):
    """Django's store over our table."""

    row: Session | None = None  # as it was loaded

    @classmethod
    def get_model_class(cls) -> type[Session]:
        from zhiyin.accounts.models import Session

        return Session

    def _get_session_from_db(self) -> Session | None:
        """The row and, in the same statement, whose it is: every request asks for both."""
        found = self.get_model_class().objects.select_related("user")
        try:
            with seat.seated(seat.ANY):
                self.row = found.get(session_key=self.session_key, expire_date__gt=timezone.now())
        except ObjectDoesNotExist:
            self.row = self._session_key = None
        _came_with.set(self.row.user if self.row else None)
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be written."""
        made: Session = super().create_model_instance(data)  # type: ignore[assignment]
        about = data.get(ABOUT, {})
        made.public_id = public_id(made.session_key)
        made.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        made.agent, made.network = about.get("agent", ""), about.get("network", "")
        made.provider_session = about.get("provider", "")
        made.started_at = datetime.fromisoformat(about["since"]) if about else None
        made.seen_at = timezone.now()
        return made


def user_of_session(user_id: object) -> User | None:
    """The user who was read with the session just now, once; None where it was somebody else."""
    user = _came_with.get()
    _came_with.set(None)
    return user if user is not None and str(user.pk) == str(user_id) else None


def public_id(session_key: str) -> UUID:
    """What a page may say of a session; it does not lead back to the key."""
    return UUID(bytes=hashlib.sha256(f"zhiyin.session:{session_key}".encode()).digest()[:16])
