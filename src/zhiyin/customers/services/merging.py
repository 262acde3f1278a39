"""Merging customers who are one person, and parting them again: by people, with a way back.

Each use case is one decision in the book of identity; its id takes it back. What follows from it
(profiles, orders, consents …) is the work of `identities`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access, seat
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.customers.identities import deciding
from zhiyin.customers.identities.deciding import Outcome, Refused
from zhiyin.customers.models import Customer, Identifier, Proposal, Statement
from zhiyin.customers.services.values import CannotBe
from zhiyin.identity.guarded import Held

MOST_AT_ONCE = 20  # customers of one merge
WORDS: dict[Held | None, str | Promise] = {
    Held.APART: _("Somebody said that these are two people"),
    Held.TOO_MANY: _("One person cannot have that many identifiers of one kind"),
    Held.TOO_LARGE: _("One person cannot have that many identifiers"),
    Held.PUBLIC: _("What they have in common, many share"),
    Held.SWITCHED: _("A device that both used makes nobody one person"),
    None: _("Nothing would change by it"),
}
_WHY = "the book of identity is one for everybody; who asks was asked for each of these customers"


@transaction.atomic
def merge(customers: Sequence[Customer], *, by: User) -> Outcome:
    """These customers are one person. The older one stays, with everything of all."""
    ids = list(dict.fromkeys(one.pk for one in customers))
    for one in customers:
        access.require(by, "customer.merge", one)
    if not 2 <= len(ids) <= MOST_AT_ONCE:
        raise CannotBe(gettext("Choose two customers or more, at most %(n)s") % {"n": MOST_AT_ONCE})
    with seat.system(_WHY), _told():
        done = deciding.merge(ids, by=by)
        _settle_proposals(ids, Proposal.State.MERGED, by, done.id)
    return done


@transaction.atomic
def split(customer: Customer, identifiers: Collection[UUID], *, by: User) -> Outcome:
    """Part these identifiers from the customer: they are a person of their own, and stay so."""
    access.require(by, "customer.merge", customer)
    with seat.system(_WHY), _told():
        return deciding.split(customer.pk, identifiers, by=by)


@transaction.atomic
def keep_apart(one: Customer, other: Customer, *, by: User) -> Outcome:
    """These two are never one person, whatever is seen of them."""
    for each in (one, other):
        access.require(by, "customer.merge", each)
    if one.pk == other.pk:
        raise CannotBe(gettext("Choose two customers"))
    with seat.system(_WHY):
        done = deciding.keep_apart(one.pk, other.pk, by=by)
        _settle_proposals([one.pk, other.pk], Proposal.State.APART, by, done.id)
    record(by, "customer.kept_apart", one, other=other.pk)
    return done


@transaction.atomic
def retract(links: Collection[int], *, by: User) -> Outcome:
    """Take links back; whoever was one person by them alone is not any more."""
    rows = list(Statement.objects.filter(pk__in=links, retracts=None))
    if not rows:
        raise access.OutOfSight
    _require_all(rows, by)
    with seat.system(_WHY), _told():
        done = deciding.retract([one.pk for one in rows], by=by)
    record(by, "identity.retracted", None, links=[one.pk for one in rows])
    return done


@transaction.atomic
def undo(decision: UUID, *, by: User) -> Outcome:
    """Take a decision back as a whole."""
    with seat.system(_WHY):
        rows = list(Statement.objects.filter(batch=decision).exclude(by=None))
    if not rows:
        raise access.OutOfSight
    _require_all(rows, by)
    with seat.system(_WHY), _told():
        done = deciding.take_back(decision, by=by)
        Proposal.objects.filter(decision=decision).update(
            state=Proposal.State.OPEN, by=None, decided_at=None, decision=None
        )
    record(by, "identity.undone", None, decision=decision)
    return done


def _require_all(rows: Iterable[Statement], by: User) -> None:
    """Whoever takes links back may merge everybody whom they are about."""
    ends = {end for one in rows for end in (one.a_id, one.b_id)}
    with seat.system(_WHY):
        owners = Identifier.objects.filter(pk__in=ends).exclude(customer=None)
        people = list(Customer.objects.filter(pk__in=owners.values("customer")))
    if not people:
        raise access.OutOfSight
    for one in people:
        access.require(by, "customer.merge", one)


def _settle_proposals(ids: Sequence[UUID], state: Proposal.State, by: User, decision: UUID) -> None:
    """What was proposed of these is decided; what nobody proposed is noted when they are two."""
    among = Proposal.objects.filter(customer_id__in=ids, other_id__in=ids)
    now = timezone.now()
    among.update(state=state, by=by, decided_at=now, decision=decision)
    one, other = min(ids), max(ids)
    if len(ids) == 2 and not among.filter(Q(customer_id=one, other_id=other)).exists():
        Proposal.objects.create(
            customer_id=one, other_id=other, probability=0, bits=0, model="", state=state,
            found_at=now, decided_at=now, by=by, decision=decision,
        )  # fmt: skip


class _told:  # noqa: N801  (it reads as a statement)
    """A bound of identity in words that people can act on."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refused):
            raise CannotBe(str(WORDS[error.why])) from error
