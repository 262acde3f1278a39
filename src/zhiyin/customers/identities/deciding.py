"""What people decide of who is one person, as statements in the book.

Every decision is a set of statements under one id, so that it can be taken back as a whole: what it
asserted is retracted, and what it retracted is asserted anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from zhiyin.accounts.models import User
from zhiyin.collect.models import Source
from zhiyin.customers.identities import book, moving
from zhiyin.customers.identities.book import Decided, Said
from zhiyin.customers.identities.kinds import Kind
from zhiyin.customers.models import Customer, Identifier, Link, OwnProfile, Statement
from zhiyin.customers.services import golden
from zhiyin.identity.explain import By, explain
from zhiyin.identity.guarded import Held
from zhiyin.ids import uuid7

A_PERSON_SAID_SO, KEPT_APART = "a person said so", "kept apart"


@dataclass(frozen=True)
class Outcome:
    """What a decision did: its id takes it back; who is touched and there now."""

    id: UUID
    touched: frozenset[UUID]


class Refused(ValueError):  # noqa: N818  (it says what became of the wish)
    """A bound of identity is against it; `why` is the first of them, by its link."""

    def __init__(self, why: Held | None) -> None:
        super().__init__(why.value if why else "nothing joins them")
        self.why = why


def claim(
    customer: Customer, kind: str, space: str, value: str, found: Identifier | None, *,
    by: User | None,
) -> None:  # fmt: skip
    """An identifier that nobody has becomes this customer's."""
    if found is not None and found.customer_id == customer.pk:
        return
    now, source = timezone.now(), golden.by_hand()
    anchor = _anchor_of(customer.pk)
    if found is None and anchor is None:
        _new(kind, space, value, source, now, customer=customer.pk, own=customer.pk)
        return
    if found is None:
        found = _new(kind, space, value, source, now, customer=None, own=uuid7())
    if anchor is None:
        anchor = _written_down(customer.pk, source, now)
    if found.public:
        return  # it tells nobody apart; the profile shows it all the same
    decide([_said(anchor.pk, found.pk, A_PERSON_SAID_SO, source, now, by)], at=now, by=by)


def merge(customers: Sequence[UUID], *, by: User | None, rule: str = A_PERSON_SAID_SO,
          probability: float = 1.0) -> Outcome:  # fmt: skip
    """These customers are one person; raises `Refused` where a bound is against it.

    Where somebody kept them apart before, that is taken back.
    """
    now, source = timezone.now(), golden.by_hand()
    anchors = [anchor_of(one, source, now) for one in customers]
    first, rest = anchors[0], anchors[1:]
    said = [_said(first.pk, one.pk, rule, source, now, by, probability) for one in rest]
    if by is not None:
        said += _taken_back(_apart_among(customers), by)
    outcome, decided = _decide(said, at=now, by=by)
    whose = {decided.now[one.pk].customer for one in anchors}
    theirs = [id_ for id_, stands in decided.before.items() if stands.customer in customers]
    if len(whose) > 1:
        raise Refused(_what_holds(anchors))
    if whose != {decided.now[id_].customer for id_ in theirs}:
        raise Refused(Held.TOO_MANY)  # the link would hold, and others would give way to it
    return outcome


def split(customer: UUID, chosen: Collection[UUID], *, by: User) -> Outcome:
    """These identifiers are one person, and kept apart from the rest of this customer's."""
    now, source = timezone.now(), golden.by_hand()
    theirs = set(Identifier.objects.filter(customer=customer).values_list("pk", flat=True))
    parted, rest = sorted(set(chosen) & theirs), sorted(theirs - set(chosen))
    if not parted or not rest:
        raise Refused(None)
    said = [_said(parted[0], one, A_PERSON_SAID_SO, source, now, by) for one in parted[1:]]
    said += [_said(one, two, KEPT_APART, source, now, by) for one in parted for two in rest]
    return decide(said, at=now, by=by)


def keep_apart(one: UUID, other: UUID, *, by: User) -> Outcome:
    """These two customers are never one person, whatever is seen."""
    now, source = timezone.now(), golden.by_hand()
    ends = [anchor_of(each, source, now).pk for each in (one, other)]
    return decide([_said(ends[0], ends[1], KEPT_APART, source, now, by)], at=now, by=by)


def retract(links: Collection[int], *, by: User | None) -> Outcome:
    """Take links back, or what keeps identifiers apart."""
    rows = list(Statement.objects.filter(pk__in=links, retracts=None))
    return decide(_taken_back(rows, by), at=timezone.now(), by=by)


def take_back(decision: UUID, *, by: User) -> Outcome:
    """Undo a decision: what it said is retracted, what it took back is said again."""
    rows = list(Statement.objects.filter(batch=decision).exclude(by=None).order_by("pk"))
    if not rows:
        raise Refused(None)
    gone = set(Statement.objects.filter(retracts__in=[one.pk for one in rows])
               .values_list("retracts", flat=True))  # fmt: skip
    said = _taken_back([one for one in rows if one.retracts is None and one.pk not in gone], by)
    said += [
        Said(one.a_id, one.b_id, one.rule, one.source_id, one.seen_at, one.probability, by.pk)
        for one in rows if one.retracts is not None
    ]  # fmt: skip
    if not said:
        raise Refused(None)
    return decide(said, at=timezone.now(), by=by)


def decide(said: Sequence[Said], *, at: datetime, by: User | None) -> Outcome:
    """Write a decision down and bring everything up to it."""
    return _decide(said, at=at, by=by)[0]


def anchor_of(
    customer: UUID, source: Source | None = None, at: datetime | None = None
) -> Identifier:
    """The identifier that would be this customer alone; of who has none, a record is made."""
    found = _anchor_of(customer)
    return found or _written_down(customer, source or golden.by_hand(), at or timezone.now())


def _decide(said: Sequence[Said], *, at: datetime, by: User | None) -> tuple[Outcome, Decided]:
    id_ = uuid7()
    marked = [
        Said(one.a, one.b, one.rule, one.source, one.seen_at, one.probability, one.by, id_,
             one.retracts)
        for one in said
    ]  # fmt: skip
    decided = book.append([], marked, at=at)
    touched = moving.apply(decided, at=at, by=by, big=True)
    return Outcome(id_, frozenset(touched)), decided


def _said(
    a: UUID, b: UUID, rule: str, source: Source, at: datetime, by: User | None,
    probability: float = 1.0,
) -> Said:  # fmt: skip
    low, high = sorted((a, b))
    return Said(low, high, rule, source.pk, at, probability, by.pk if by else None)


def _taken_back(rows: Iterable[Statement], by: User | None) -> list[Said]:
    return [
        Said(one.a_id, one.b_id, one.rule, one.source_id, one.seen_at, one.probability,
             by.pk if by else None, retracts=one.pk)
        for one in rows
    ]  # fmt: skip


def _apart_among(customers: Collection[UUID]) -> list[Statement]:
    """What keeps identifiers of these customers apart from each other."""
    whose = dict(Identifier.objects.filter(customer__in=customers).values_list("pk", "customer_id"))
    rows = Statement.objects.filter(rule=KEPT_APART, retracts=None, a__in=whose, b__in=whose)
    gone = Statement.objects.filter(retracts__in=rows.values("pk")).values("retracts")
    return [one for one in rows.exclude(pk__in=gone) if whose[one.a_id] != whose[one.b_id]]


def _what_holds(anchors: Sequence[Identifier]) -> Held | None:
    """Why these do not become one."""
    from zhiyin.customers.identities.kinds import GUARDS

    identifiers, links = book.opened_at([one.pk for one in anchors])
    for one in anchors[1:]:
        told = explain(identifiers, links, GUARDS, str(anchors[0].pk), str(one.pk), By.STRONGEST)
        if not told.one_person:
            return next((step.held for step in told.in_the_way if step.held), None)
    return None


def _anchor_of(customer: UUID) -> Identifier | None:
    place = OwnProfile.objects.filter(customer=customer).values_list("place", flat=True).first()
    rows = Identifier.objects.filter(customer=place or customer, own_customer=customer)
    shell = Identifier.objects.filter(own_customer=customer, public=True, customer=None)
    return rows.order_by("number").first() or shell.order_by("number").first()


def _written_down(customer: UUID, source: Source, at: datetime) -> Identifier:
    """A record for somebody of whom there is nothing else."""
    return _new(Kind.RECORD, "", customer.hex, source, at, customer=customer, own=customer)


def _new(
    kind: str, space: str, value: str, source: Source, at: datetime, *, customer: UUID | None,
    own: UUID,
) -> Identifier:  # fmt: skip
    made = Identifier.objects.create(
        kind=kind, namespace=space, value=value, customer_id=customer, own_customer=own,
        source=source, first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
    if customer is not None:
        Link.objects.create(identifier=made, customer_id=customer, since=at)
    return made
