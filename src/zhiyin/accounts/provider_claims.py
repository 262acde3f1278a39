"""What a provider says of somebody, and what follows from it. Pure.

Groups count only where the administrator has named them; everything else a provider says of groups
is not looked at. Whether a second factor was used is what `amr` (RFC 8176) and `acr` say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.roles import Role

_MOST = 500  # groups of one person that are looked at


class Refusal(models.TextChoices):
    """Why the provider's word did not open the door, for the audit and for people."""

    NO_ACCOUNT = "no_account", _("You have no account here; your administrator makes one for you.")
    CLOSED = "closed", _("Your account here is closed.")
    UNVERIFIED = "unverified", _("Your company's sign-in does not vouch for your e-mail address.")
    DOMAIN = "domain", _("Accounts are not made for addresses of your domain.")
    OTHER_IDENTITY = "other_identity", _("The account of this address belongs to another identity.")
    LOCAL = "local", _("This account signs in with its own password only.")
    NO_ROLE = "no_role", _("None of your groups has a role here.")
    NO_SECOND_FACTOR = (
        "no_second_factor",
        _("A second factor is required; use one at your company's sign-in, or set one up here."),
    )


class Refused(Exception):  # noqa: N818  (an outcome; the message is for people)
    """The provider knows them, and still they do not come in."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Claims:
    """What a provider vouches for, after its token was checked."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False
    name: str = ""
    amr: frozenset[str] = frozenset()
    acr: str = ""
    all: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def domain(self) -> str:
        """The part of the address behind the @, in lower case."""
        return self.email.rpartition("@")[2].lower()

    def values(self, name: str) -> frozenset[str]:
        """The texts of a claim: of a list, or the one that it is."""
        told = self.all.get(name) if name else None
        if isinstance(told, str):
            return frozenset({told})
        if isinstance(told, list):
            return frozenset(one for one in told[:_MOST] if isinstance(one, str))
        return frozenset()

    def is_strong(self, acr: Iterable[str]) -> bool:
        """Whether they used a second factor there: `mfa`, or a level the administrator named."""
        return "mfa" in self.amr or (bool(self.acr) and self.acr in set(acr))


def roles_of(groups: Iterable[str], named: Iterable[tuple[str, str]]) -> list[Role]:
    """The roles that somebody's groups give, in the order of `Role`."""
    held = set(groups)
    given = {role for value, role in named if value in held}
    return [role for role in Role if role.value in given]
