"""What the screen of this room shows: how consents stand, what changed, and who is suppressed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from zhiyin.accounts import access, seat
from zhiyin.accounts.models import User
from zhiyin.customers.models import Customer
from zhiyin.govern.models import Channel, Consent, ConsentChange, Purpose, Suppression
from zhiyin.govern.services import address_hash

PAGE = 50


@dataclass(frozen=True)
class Standing:
    """One channel and purpose: how many granted it, how many withdrew it."""

    channel: str
    purpose: str
    granted: int
    withdrawn: int

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)

    @property
    def purpose_label(self) -> str:
        return str(Purpose(self.purpose).label)


@seat.system("how many agreed to what; nobody is told apart")
def register() -> list[Standing]:
    """How consents stand now; whoever is not in it allowed nothing."""
    rows = (
        Consent.objects.values("channel", "purpose")
        .annotate(yes=Count("pk", filter=Q(granted=True)), no=Count("pk", filter=Q(granted=False)))
        .order_by("purpose", "channel")
    )
    return [Standing(row["channel"], row["purpose"], row["yes"], row["no"]) for row in rows]


def changes(user: User, *, before: str = "") -> list[ConsentChange]:
    """A page of grants and withdrawals of the people whom this user may see, the newest first."""
    found = ConsentChange.objects.select_related("customer", "by")
    if access.scope_of(user, "customer.see") is not access.Scope.ALL:
        found = found.filter(
            customer__in=access.scoped(user, Customer.objects.all(), "customer.see")
        )
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def suppressions(*, before: str = "") -> list[Suppression]:
    """A page of the suppression list, the newest first, and one more to tell that there are."""
    found = Suppression.objects.select_related("by")
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def suppressed(address: str) -> list[Suppression]:
    """Whether an address is on the list: the list holds only keyed hashes of addresses."""
    return list(Suppression.objects.filter(address_hash=address_hash(address)))
