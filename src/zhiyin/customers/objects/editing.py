"""How fields that customers and companies share are read: texts, choices, owner, department."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import Department, User
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.words import limited, tidy
from zhiyin.objects.definitions import Editor, Options, Value
from zhiyin.objects.faults import CannotBe

MOST_CHOICES = 200


def text(length: int, *, required: bool = False) -> Callable[[str, User], Value]:
    """A tidied text of at most so many characters."""

    def read(given: str, by: User) -> Value:
        written = tidy(given)
        if required and not written:
            raise CannotBe(gettext("This cannot be empty"))
        try:
            return limited(written, length)
        except BadValue as error:
            raise CannotBe(gettext("At most %(limit)s characters") % {"limit": length}) from error

    return read


def choice(values: Iterable[str]) -> Callable[[str, User], Value]:
    """One of these, or none."""
    known = frozenset(values)

    def read(given: str, by: User) -> Value:
        if given and given not in known:
            raise CannotBe(gettext("Choose one of the list"))
        return given

    return read


def tags(given: str, by: User) -> Value:
    """Tags between commas, each once."""
    found = [tidy(part) for part in given.replace("，", ",").replace("、", ",").split(",")]
    kept = list(dict.fromkeys(part for part in found if part))
    if any(len(part) > 60 for part in kept) or len(kept) > 50:
        raise CannotBe(gettext("At most 50 tags of at most 60 characters"))
    return list(kept)


def colleague(given: str, by: User) -> Value:
    """A colleague whom the one who writes may name; "me" is oneself."""
    if not given:
        return None
    if given in ("me", str(by.pk)):
        return by.pk
    return _one_of(access.scoped(by, User.objects.filter(is_active=True), "user.see"), given)


def department(given: str, by: User) -> Value:
    """A department of the tree."""
    if not given:
        return None
    return _one_of(Department.objects.all(), given)


def colleagues(by: User) -> Options:
    """Whom a row may be given to."""
    found = access.scoped(by, User.objects.filter(is_active=True), "user.see").order_by("name")
    others = [(str(pk), name) for pk, name in found.values_list("pk", "name")[:MOST_CHOICES]]
    return [("me", gettext("me")), *others]


def assigned(resource: str) -> Editor:
    """The owner is written by those alone whom the policy lets assign."""
    return Editor(colleague, permission=f"{resource}.assign")


def moved(resource: str) -> Editor:
    """So is the department: it decides who sees a row."""
    return Editor(department, permission=f"{resource}.assign")


def _one_of(rows: Iterable[Model], given: str) -> Value:
    try:
        found = rows.filter(pk=UUID(given)).values_list("pk", flat=True).first()  # type: ignore[attr-defined]
    except ValueError:
        found = None
    if found is None:
        raise CannotBe(gettext("Choose one of the list"))
    return UUID(str(found))
