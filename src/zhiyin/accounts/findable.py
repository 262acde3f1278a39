"""Colleagues in the command palette, for those who may see the list of users."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.accounts.models import User
from zhiyin.palette import Entry, fits


def users(user: Person, query: str) -> Iterator[Entry]:
    """Users by name, its pinyin, or e-mail."""
    if not query or not access.allowed(user, "user.see"):
        return
    seen = access.scoped(user, User.objects.filter(is_active=True), "user.see")
    for one in seen.only("name", "email").order_by("name")[: palette.LOOKED_AT]:
        if fits(query, one.name) or query.casefold() in one.email.casefold():
            yield Entry(one.name, one.email, reverse("user", args=[one.pk]), "user-cog",
                        gettext("Users"))  # fmt: skip


palette.register(users)
