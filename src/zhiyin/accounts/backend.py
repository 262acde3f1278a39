"""Who may sign in: people whose account is open. Service accounts ask by a token only."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from zhiyin.accounts.models import User


class PeopleBackend(AuthenticationBackend):  # type: ignore[misc]
    """allauth's backend; Django asks it at every sign-in and again for every request."""

    def user_can_authenticate(self, user: User) -> bool:
        return user.is_active and user.kind == User.Kind.PERSON
