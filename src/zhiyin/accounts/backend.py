"""Who may sign in: people whose account is open. Service accounts ask by a token only."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from zhiyin.accounts import sign_in_rules
from zhiyin.accounts.models import User
from zhiyin.accounts.session_store import user_of_session


class PeopleBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend; Django asks it at every sign-in and again for every request."""

    def get_user(self, user_id: object) -> User | None:
        """Whose session this is, where they may still sign in."""
        user = user_of_session(user_id)
        if user is None:
            found: User | None = super().get_user(user_id)
            return found
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: User) -> bool:
        return user.is_active and user.kind == User.Kind.PERSON

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        """The user with this password; where the company's provider is the only way in, only those
        who break the glass. The password is looked at first, so that all wait equally long."""
        user: User | None = super().authenticate(request, **credentials)
        if user is None or self._is_asked_again(request, user):
            return user
        return user if sign_in_rules.may_sign_in_here(user) else None

    @staticmethod
    def _is_asked_again(request: HttpRequest | None, user: User) -> bool:
        """Somebody who is in already proves that it is still them; that opens nothing new."""
        return getattr(getattr(request, "user", None), "pk", None) == user.pk
