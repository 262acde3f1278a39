"""Who is one person, and why: pairs to be looked at, the links behind a person, now or on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyarrow as pa
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language

from zhiyin.accounts import access, seat
from zhiyin.accounts.models import User
from zhiyin.customers.fields import levels_for, shown_identifier
from zhiyin.customers.identities import book, own
from zhiyin.customers.identities.kinds import GUARDS
from zhiyin.customers.models import Customer, Identifier, Link, Proposal
from zhiyin.identity.edges import RULES, Effect
from zhiyin.identity.explain import By, Explanation, Step, explain
from zhiyin.identity.network import UnknownIdentifierError
from zhiyin.identity.words import SAID

PAGE = 50
SORTS = {"likeliest": ("-probability", "id"), "doubtful": ("probability", "id"),
         "newest": ("-found_at", "id"), "decided": ("-decided_at", "id")}  # fmt: skip
_WHY = "why somebody is one person stands on links of identifiers, whoever holds those next to them"


@dataclass(frozen=True)
class Asked:
    """Which pairs: in which state, waiting for which reason, in which order."""

    state: str = Proposal.State.OPEN
    why: str = ""
    sort: str = "likeliest"
    page: int = 0


def asked(given: dict[str, str]) -> Asked:
    """From an address; what is no such thing is left out."""
    state, sort, page = given.get("state", ""), given.get("sort", ""), given.get("page", "")
    return Asked(
        state if state in Proposal.State.values else Proposal.State.OPEN,
        given.get("why", "") if given.get("why", "") in SAID else "",
        sort if sort in SORTS else "likeliest",
        int(page) if page.isdecimal() and len(page) < 5 else 0,
    )


def pairs(user: User, wanted: Asked) -> QuerySet[Proposal]:
    """The pairs of which this user sees both; while they wait, both are still there."""
    people = access.scoped(user, Customer.objects.all(), "customer.see").order_by()
    rows = Proposal.objects.filter(state=wanted.state).order_by(*SORTS[wanted.sort])
    if wanted.why:
        rows = rows.filter(why=wanted.why)
    one, two = (people.filter(pk=OuterRef(end)) for end in ("customer_id", "other_id"))
    if wanted.state == Proposal.State.MERGED:  # one of them is part of the other
        return rows.filter(Exists(one) | Exists(two))
    return rows.filter(Exists(one), Exists(two))


def waiting(user: User) -> int:
    """How many pairs wait for this user, as far as it is worth counting."""
    return pairs(user, Asked()).order_by()[:1000].count()


def both(user: User, rows: Sequence[Proposal]) -> dict[UUID, Customer]:
    """The customers of these pairs whom this user sees."""
    ids = {end for one in rows for end in (one.customer_id, one.other_id)}
    found = access.scoped(user, Customer.objects.filter(pk__in=ids), "customer.see")
    return {one.pk: one for one in found.select_related("owner", "department", "company")}


def place_of(customer: UUID) -> UUID | None:
    """The customer whom this one has become part of; who may open that is asked there."""
    with seat.system("an address of somebody who was merged leads to the one who stayed"):
        return own.place_of(customer)


@dataclass(frozen=True)
class Shown:
    """An identifier as a reader may see it."""

    id: UUID
    kind: str
    label: str
    text: str
    source: str
    first_seen_at: datetime
    public: bool


@dataclass(frozen=True)
class Tie:
    """A link between two identifiers: by which rule, from where, when; why it does not count."""

    id: str
    a: Shown | None
    b: Shown | None
    rule: str
    probability: float
    source: str
    seen_at: datetime
    at: datetime
    held: str
    apart: bool


@dataclass(frozen=True)
class Told:
    """What makes somebody one person: their identifiers, the links, and what was held back."""

    identifiers: list[Shown]
    ties: list[Tie]
    held: list[Tie]


@seat.system(_WHY)
def told(customer: Customer, user: User, at: datetime | None = None) -> Told:
    """The identifiers of this person and the links between them, now or as they stood at `at`."""
    ids = _theirs(customer, at)
    identifiers, links = _around(ids, at)
    explained = _explained(identifiers, links, ids)
    known = _shown(customer, user, identifiers)
    ties = [_tie(step, known, known) for step in explained if {step.a, step.b} & ids]
    return Told(
        [one for id_, one in known.items() if id_ in ids],
        [one for one in ties if not one.held],
        [one for one in ties if one.held],
    )


@seat.system(_WHY)
def road(
    customer: Customer, user: User, a: UUID, b: UUID, at: datetime | None = None,
    by: By = By.STRONGEST,
) -> tuple[bool, list[Tie]] | None:  # fmt: skip
    """Why these two are one person: the links from one to the other; or what stands in the way.

    None where one of them is not known (yet).
    """
    ids = _theirs(customer, at) | {str(a), str(b)}
    identifiers, links = _around(ids, at)
    try:
        found: Explanation = explain(identifiers, links, GUARDS, str(a), str(b), by)
    except (UnknownIdentifierError, KeyError):
        return None
    known = _shown(customer, user, identifiers)
    steps = found.road or found.in_the_way
    return found.one_person, [_tie(step, known, known) for step in steps]


def _theirs(customer: Customer, at: datetime | None) -> set[str]:
    if at is None:
        here = Identifier.objects.filter(customer=customer).values_list("pk", flat=True)
        return {str(one) for one in here}
    rows = Link.objects.filter(customer_id=customer.pk, since__lte=at)
    past = rows.filter(Q(until=None) | Q(until__gt=at)).values_list("identifier", flat=True)
    return {str(one) for one in past}


def _around(ids: set[str], at: datetime | None) -> tuple[pa.Table, pa.Table]:
    return book.opened_at([UUID(one) for one in ids], at)


def _explained(identifiers: pa.Table, links: pa.Table, ids: set[str]) -> list[Step]:
    """Every link around these, with what holds it back."""
    from zhiyin.identity.explain import steps

    return steps(identifiers, links, GUARDS)


def _shown(customer: Customer, user: User, identifiers: pa.Table) -> dict[str, Shown]:
    levels = levels_for(user, customer)
    chinese = (get_language() or "zh").startswith("zh")
    rows = Identifier.objects.filter(pk__in=identifiers["identifier"].to_pylist())
    found = {}
    for one in rows.select_related("source").order_by("number"):
        theirs = one.customer_id == customer.pk
        found[str(one.pk)] = Shown(
            one.pk, one.kind, one.get_kind_display(),
            shown_identifier(one, levels) if theirs else "",
            one.source.name_zh if chinese else one.source.name_en, one.first_seen_at, one.public,
        )  # fmt: skip
    return found


def _tie(step: Step, a: dict[str, Shown], b: dict[str, Shown]) -> Tie:
    place = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return Tie(
        step.edge, a.get(step.a), b.get(step.b), getattr(SAID[step.rule], place),
        step.probability, step.source, step.seen_at, step.at,
        getattr(SAID[step.held.value], place) if step.held else "",
        RULES[step.rule].effect == Effect.KEEPS_APART,
    )  # fmt: skip
