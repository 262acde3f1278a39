"""Who may be written to, and why not: the decisions of a campaign, without a database.

Not here: fetching what is known of a person (facts.py), rendering a message (template.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from uuid import UUID

from zhiyin.engage.models import CampaignMember

Outcome = CampaignMember.Outcome
CAP_PERIOD = timedelta(days=30)
LONGEST_ADDRESS = 254


@dataclass(frozen=True)
class Recipient:
    """What is known of one person of the segment at the moment of sending."""

    customer_id: UUID
    held_out: bool = False
    address: str = ""
    suppressed: bool = False
    consented: bool = False
    recent_messages: int = 0  # of all campaigns, within CAP_PERIOD
    missing: str = ""  # the placeholder without a value and without a default


@dataclass(frozen=True)
class Decision:
    """What becomes of one person; PENDING means that a message may go."""

    customer_id: UUID
    outcome: CampaignMember.Outcome
    detail: str = ""

    @property
    def may_send(self) -> bool:
        return self.outcome is Outcome.PENDING


def decide(person: Recipient, *, cap: int, taken: bool = False) -> Decision:
    """The first reason not to write, in the order that matters most to the person.

    `taken` says that this address belongs to somebody else of the campaign as well: whoever was
    written to already is not written to twice, and who is held out not by way of a second account.
    """
    outcome, detail = Outcome.PENDING, ""
    if person.held_out:
        outcome = Outcome.HELD_OUT
    elif person.suppressed:
        outcome = Outcome.SUPPRESSED
    elif not person.consented:
        outcome = Outcome.NO_CONSENT
    elif not is_address(person.address):
        outcome = Outcome.NO_ADDRESS
    elif taken:
        outcome = Outcome.DUPLICATE
    elif person.recent_messages >= cap:
        outcome, detail = Outcome.CAPPED, f"{person.recent_messages}/{cap}"
    elif person.missing:
        outcome, detail = Outcome.TEMPLATE, person.missing
    return Decision(person.customer_id, outcome, detail)


def decide_all(people: Iterable[Recipient], *, cap: int, taken: set[str]) -> Iterator[Decision]:
    """One decision a person; `taken` holds the addresses in use and gets those that are chosen."""
    for person in people:
        address = normal_address(person.address)
        decision = decide(person, cap=cap, taken=address in taken)
        if decision.may_send:
            taken.add(address)
        yield decision


def is_address(text: str) -> bool:
    """Whether a mail server could take this: one mailbox, one domain, nothing hidden behind."""
    address = text.strip()
    if not address or len(address) > LONGEST_ADDRESS or not address.isprintable():
        return False
    local, at, domain = address.rpartition("@")
    if not at or not local or "@" in local or "." not in domain.strip("."):
        return False
    return " " not in address and parseaddr(address)[1] == address


def normal_address(text: str) -> str:
    """The one spelling under which addresses are compared."""
    return text.strip().casefold()
