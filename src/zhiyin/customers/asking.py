"""Searching for people in the words of somebody who may not see everything that is searched.

Who sees phone and e-mail only masked finds by the name, and by a number or address that they know
whole or by its visible end: probing letter by letter would give away what the mask hides.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers import search
from zhiyin.customers.models import Customer
from zhiyin.objects.definitions import Found

SMALL = 2000  # so many candidates are taken by their ids, and sorted without an index


def asked(user: User, people: QuerySet[Customer], question: str) -> Found:
    """Those of `people` that this user finds with this question."""
    if not search.fold(question):
        return Found(people, people)
    whole = all(
        any(min(way.levels["phone"], way.levels["email"]) >= Level.READ for way in ways)
        for ways in access.outermost_ways(user, "customer")
    )
    # Ids alone, found by the index of grams: who of them is shown, `people` decides.
    candidates: QuerySet[Any] = search.found(question)
    key = "customer_id"
    if not whole:
        known = search.find(Customer.objects.all(), question)
        candidates, key = known.filter(_by_what_is_seen(question)), "pk"
    with seat.system("candidates of a search, by id"):
        some = candidates.only(key)[: SMALL + 1].aggregate(
            count=Count(key), ids=Cast(ArrayAgg(key, default=Value([])), TextField())
        )
    if some["count"] <= SMALL:
        few = people.filter(pk__among=some["ids"])
        return Found(few, few, None if people.query.has_filters() else some["count"])
    seen = Q() if whole else _by_what_is_seen(question)
    return Found(
        search.check(people, question).filter(seen), search.find(people, question).filter(seen)
    )


def _by_what_is_seen(question: str) -> Q:
    condition = Q()
    for word in search.fold(question[: search.LONGEST_QUESTION]).split():
        known = search.told(word, "search__names") | Q(email__iexact=word)
        digits = word.lstrip("+")
        if digits.isdigit() and len(digits) >= 7:
            known |= Q(phone__in=[word, digits, f"+{digits}", f"+86{digits}"])
        elif digits.isdigit() and len(digits) == 4:
            known |= Q(phone__endswith=digits)
        condition &= known
    return condition
