"""Where sessions are kept: Django's rows in the database, with columns for the list of sessions.

What is shown of a session travels in it, so that the columns follow every change of its key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

if TYPE_CHECKING:
    from zhiyin.accounts.models import Session

ABOUT = "_zhiyin_about"  # agent, network and start of a signed-in session


class SessionStore(DatabaseStore):
    """Django's store over our table."""

    row: Session | None = None  # as it was loaded

    @classmethod
    def get_model_class(cls) -> type[Session]:
        from zhiyin.accounts.models import Session

        return Session

    def _get_session_from_db(self) -> Session | None:
        self.row = super()._get_session_from_db()  # type: ignore[misc]
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be written."""
        made: Session = super().create_model_instance(data)  # type: ignore[assignment]
        about = data.get(ABOUT, {})
        made.public_id = public_id(made.session_key)
        made.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        made.agent, made.network = about.get("agent", ""), about.get("network", "")
        made.started_at = datetime.fromisoformat(about["since"]) if about else None
        made.seen_at = timezone.now()
        return made


def public_id(session_key: str) -> UUID:
    """What a page may say of a session; it does not lead back to the key."""
    return UUID(bytes=hashlib.sha256(f"zhiyin.session:{session_key}".encode()).digest()[:16])
