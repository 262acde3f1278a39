"""Forgetting a person in what was learnt of a source: values kept as examples, and names of
events and properties that hold an address.

An example does not say whose it was, and its event may be gone from PostgreSQL, so all that are
text go; those who come next give new ones. A pump holds back what it learnt for some seconds: that
is why this is done again before the files are written anew.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from zhiyin.accounts.forgetting import Leaving
from zhiyin.collect.models import Learnt, PlanDay

_TEXTS = ~Q(examples=[]) & Q(as_text__gt=0)


def count(leaving: Leaving) -> int:
    """How many properties have examples that may be theirs, and names that hold an address."""
    return Learnt.objects.filter(_TEXTS).count() + sum(
        len(_named(model, leaving)) for model in (Learnt, PlanDay)
    )


def forget(leaving: Leaving) -> int:
    """Those examples go, and rows under such a name."""
    named = [model.objects.filter(pk__in=_named(model, leaving)) for model in (Learnt, PlanDay)]
    return sum(rows.delete()[0] for rows in named) + Learnt.objects.filter(_TEXTS).update(
        examples=[]
    )


def _named(model: type[models.Model], leaving: Leaving) -> list[int]:
    if not leaving.spoken:
        return []
    rows = model._default_manager.values_list("pk", "event", "property").iterator()
    return [pk for pk, event, name in rows if leaving.mentioned_in(f"{event} {name}")]
