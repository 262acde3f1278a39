"""Searching for people in the words of somebody who may not see everything that is searched.

Who sees phone and e-mail only masked finds by the name, and by a number or address that they know
whole or by its visible end: probing letter by letter would give away what the mask hides. From whom
one of them is hidden, or the number, so that not even its being there is known, finds nobody by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, Count, F, Func, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers import search
from zhiyin.customers.models import Customer
from zhiyin.objects.definitions import Found

SEARCHED = ("number", "phone", "email")
SMALL = 2000  # so many candidates are taken by their ids, and sorted without an index


def asked(user: User, people: QuerySet[Customer], question: str) -> Found:
    """Those of `people` that this user finds with this question."""
    if not search.fold(question):
        return Found(people, people)
    known = {name: _least(user, name) for name in SEARCHED}
    whole = min(known.values()) >= Level.READ
    # Ids alone, found by the index of grams: who of them is shown, `people` decides.
    candidates: QuerySet[Any] = search.found(question)
    key = "customer_id"
    if not whole:
        found = search.find(Customer.objects.all(), question)
        candidates, key = _seen(found, question, known), "pk"
    with seat.system("candidates of a search, by id"):
        some = candidates.only(key)[: SMALL + 1].aggregate(
            count=Count(key), ids=Cast(ArrayAgg(key, default=Value([])), TextField())
        )
    if some["count"] <= SMALL:
        few = people.filter(pk__among=some["ids"])
        return Found(few, few, None if people.query.has_filters() else some["count"])
    checked, found = search.check(people, question), search.find(people, question)
    if whole:
        return Found(checked, found)
    return Found(_seen(checked, question, known), _seen(found, question, known))


def _least(user: User, name: str) -> Level:
    """How far a field is open on every row in sight: as it is on those that are open least."""
    outermost = access.outermost_ways(user, "customer")
    return min(
        (max((way.levels[name] for way in ways), default=Level.HIDDEN) for ways in outermost),
        default=Level.HIDDEN,
    )


def _seen(
    people: QuerySet[Customer], question: str, known: Mapping[str, Level]
) -> QuerySet[Customer]:
    """Those who are found by what the user sees of them."""
    return people.alias(said=_said(known)).filter(_by_what_is_seen(question, known))


def _said(known: Mapping[str, Level]) -> Combinable:
    """The name with its pinyin, and as its last line the number, where that may be read."""
    if known["number"] >= Level.READ:
        return F("search__names")
    without = Func(
        F("search__names"), Value(r"(^|\n)[^\n]*$"), Value(""), function="regexp_replace",
        output_field=TextField(),
    )  # fmt: skip
    return Case(When(number="", then=F("search__names")), default=without)


def _by_what_is_seen(question: str, known: Mapping[str, Level]) -> Q:
    condition = Q()
    for word in search.fold(question[: search.LONGEST_QUESTION]).split():
        told = search.told(word, "said")
        if known["email"] >= Level.MASKED:
            told |= Q(email__iexact=word)
        digits = word.lstrip("+")
        if known["phone"] < Level.MASKED or not digits.isdigit():
            pass
        elif len(digits) >= 7:
            told |= Q(phone__in=[word, digits, f"+{digits}", f"+86{digits}"])
        elif len(digits) == 4:
            told |= Q(phone__endswith=digits)
        condition &= told
    return condition
