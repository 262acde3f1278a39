"""What kinds of identifiers there are, and how far each may be trusted.

A personal identifier belongs to one human being for long; a carrier (device, cookie) is only used
by one for a while. The numbers are defaults for a shop of the usual kind; whoever knows better
passes guards of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an identifier is."""

    IDENTITY_CARD = "identity_card"
    NUMBER = "number"  # of a customer in one source
    CARD = "card"  # of a member
    PHONE = "phone"
    EMAIL = "email"
    OPEN_ID = "open_id"  # WeChat and its like, for one app
    SHOP_ACCOUNT = "shop_account"
    RECORD = "record"  # a row of a source that has no identifier of its own
    DEVICE = "device"
    COOKIE = "cookie"


@dataclass(frozen=True)
class KindRule:
    """How a kind may link.

    personal: may make two into one person; what is not is a carrier, which goes to whoever used it
        last and joins nobody.
    most: how many of it one person may have (carriers without bound: they join nobody).
    most_in_namespace: how many of it from one namespace (a source, an app).
    most_neighbours: linked to more personal identifiers than that, it is public (a till's tablet,
        a shop's own phone) and links nobody any more.
    """

    personal: bool
    most: int
    most_in_namespace: int
    most_neighbours: int


_KINDS: Mapping[str, KindRule] = {
    Kind.IDENTITY_CARD: KindRule(True, 1, 1, 20),
    Kind.NUMBER: KindRule(True, 20, 10, 30),
    Kind.CARD: KindRule(True, 10, 5, 30),
    Kind.PHONE: KindRule(True, 8, 8, 12),
    Kind.EMAIL: KindRule(True, 8, 8, 12),
    Kind.OPEN_ID: KindRule(True, 10, 3, 20),
    Kind.SHOP_ACCOUNT: KindRule(True, 15, 5, 20),
    Kind.RECORD: KindRule(True, 40, 40, 60),
    Kind.DEVICE: KindRule(False, 0, 0, 20),
    Kind.COOKIE: KindRule(False, 0, 0, 20),
}


@dataclass(frozen=True)
class Guards:
    """The bounds within which links make people.

    largest_person: personal identifiers; what would grow over it is held for somebody to look at.
    big_merge: a merge that moves more identifiers than this goes by a lane of its own.
    """

    kinds: Mapping[str, KindRule] = field(default_factory=lambda: dict(_KINDS))
    largest_person: int = 50
    big_merge: int = 10

    def of(self, kind: str) -> KindRule:
        """The rule of a kind; an unknown one is an error and not a guess."""
        try:
            return self.kinds[kind]
        except KeyError:
            raise UnknownKindError(kind, sorted(self.kinds)) from None

    def with_one_record_from(self, kind: str) -> Guards:
        """The same guards where each namespace of this kind holds a person at most once."""
        rule = self.of(kind)
        alone = KindRule(rule.personal, rule.most, 1, rule.most_neighbours)
        return Guards({**self.kinds, kind: alone}, self.largest_person, self.big_merge)


class UnknownKindError(ValueError):
    """An identifier of a kind for which there is no rule."""

    def __init__(self, kind: str, known: list[str]) -> None:
        super().__init__(f"no kind of identifier {kind!r}; there are {', '.join(known)}")
