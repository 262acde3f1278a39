"""What the builder offers: fields with their operators and choices, events, channels, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.cleaning.pinyin import search_keys
from zhiyin.customers import catalogue
from zhiyin.customers.models import Customer, ModelVersion, Segment
from zhiyin.customers.queries.segments import tongue
from zhiyin.segments import Field, Kind, Op

SUGGESTED = 200
SUGGESTING = ("country", "province", "city")
SUGGESTION_SECONDS = 600

OPERATORS: Mapping[Op, Promise] = {
    Op.IS: pgettext_lazy("condition", "is"),
    Op.IS_NOT: pgettext_lazy("condition", "is not"),
    Op.ONE_OF: pgettext_lazy("condition", "is one of"),
    Op.NONE_OF: pgettext_lazy("condition", "is none of"),
    Op.CONTAINS: pgettext_lazy("condition", "contains"),
    Op.STARTS_WITH: pgettext_lazy("condition", "begins with"),
    Op.BETWEEN: pgettext_lazy("condition", "between"),
    Op.BEFORE: pgettext_lazy("condition", "before"),
    Op.AFTER: pgettext_lazy("condition", "after"),
    Op.WITHIN_LAST: pgettext_lazy("condition", "in the last"),
    Op.OLDER_THAN: pgettext_lazy("condition", "longer ago than"),
    Op.WITHIN_NEXT: pgettext_lazy("condition", "in the next"),
    Op.ANNIVERSARY_WITHIN: pgettext_lazy("condition", "comes round within"),
    Op.HAS: pgettext_lazy("condition", "has"),
    Op.HAS_NOT: pgettext_lazy("condition", "has not"),
    Op.HAS_ANY: pgettext_lazy("condition", "has any of"),
    Op.HAS_ALL: pgettext_lazy("condition", "has all of"),
    Op.IS_EMPTY: pgettext_lazy("condition", "is unknown"),
    Op.NOT_EMPTY: pgettext_lazy("condition", "is known"),
}
_SIGNS = {
    Op.IS: "=", Op.IS_NOT: "≠", Op.AT_LEAST: "≥", Op.AT_MOST: "≤", Op.MORE_THAN: ">",
    Op.LESS_THAN: "<",
}  # fmt: skip
_SCORES = {
    "churn_risk": "churn",
    "value_12m": "value",
    "next_purchase_probability": "next_purchase",
    "rfm_segment": "rfm",
    "persona": "personas",
}
_PREDICTED = {*_SCORES, "tier"}
_TRADE = {"orders", "revenue", "first_order_at", "last_order_at", "last_seen_at"}

WORDS: Mapping[str, Promise] = {
    "all": pgettext_lazy("group", "All of"),
    "any": pgettext_lazy("group", "Any of"),
    "none": pgettext_lazy("group", "Exclude"),
    "condition": _("Condition"),
    "group": _("Group"),
    "profile": _("Profile"),
    "trade": _("Trade"),
    "predicted": _("Predicted"),
    "behaviour": _("Behaviour"),
    "others": _("Consent and segments"),
    "bought": pgettext_lazy("condition", "Purchases"),
    "did": pgettext_lazy("condition", "Actions"),
    "agreed": pgettext_lazy("condition", "Consent"),
    "segment": _("Segment"),
    "did_buy": pgettext_lazy("condition", "bought"),
    "did_not_buy": pgettext_lazy("condition", "did not buy"),
    "did_it": pgettext_lazy("condition", "did"),
    "did_not": pgettext_lazy("condition", "did not"),
    "ever": pgettext_lazy("condition", "ever"),
    "last_days": pgettext_lazy("condition", "in the last"),
    "dates": pgettext_lazy("condition", "from … to"),
    "days": pgettext_lazy("condition", "days"),
    "times": pgettext_lazy("condition", "times"),
    "once": pgettext_lazy("condition", "at least once"),
    "count": pgettext_lazy("condition", "number of times"),
    "amount": pgettext_lazy("condition", "amount in total"),
    "products": pgettext_lazy("condition", "different products"),
    "at_least": "≥",  # type: ignore[dict-item]
    "at_most": "≤",  # type: ignore[dict-item]
    "exactly": "=",  # type: ignore[dict-item]
    "any_product": _("any product"),
    "skus": _("Article numbers, with commas"),
    "name_contains": _("Name contains"),
    "granted": pgettext_lazy("condition", "agreed"),
    "not_granted": pgettext_lazy("condition", "not agreed"),
    "member": pgettext_lazy("condition", "in"),
    "not_member": pgettext_lazy("condition", "not in"),
    "yes": _("yes"),
    "no": _("no"),
    "and": pgettext_lazy("condition", "and"),
    "choose": _("choose"),
    "search": _("Name or pinyin"),
    "more": _("More"),
    "move": _("Drag to another place"),
    "up": _("Move up"),
    "down": _("Move down"),
    "double": _("Duplicate"),
    "remove": _("Remove"),
    "what": pgettext_lazy("condition", "What"),
    "how": _("How"),
    "value": pgettext_lazy("condition", "Value"),
    "window": pgettext_lazy("condition", "When"),
    "match": _("How its conditions hold together"),
    "from": pgettext_lazy("range", "from"),
    "to": pgettext_lazy("range", "to"),
    "left": pgettext_lazy("waterfall", "left"),
    "of": pgettext_lazy("waterfall", "of"),
    "slow": _("Too broad: the database was stopped after 20 seconds. Narrow the first condition."),
    "unreachable": _("The server did not answer. The count is not current."),
    "draft": _("Draft of {time}, only in this browser"),
    "people": pgettext_lazy("count", "people"),
    "comma": _(", "),
}


def offered(user: User, *, besides: Segment | None = None) -> dict[str, Any]:
    """Everything the builder needs to draw rows, in the language of the request."""
    known = catalogue.current(user)
    language = tongue()
    versions = dict(ModelVersion.objects.filter(current=True).values_list("name", "version"))
    own = str(besides.pk) if besides else ""
    return {
        "fields": [_field(one, language, versions) for one in known.fields.values()],
        "events": _pairs({name: text[language] for name, text in known.events.items()}),
        "channels": _pairs({name: text[language] for name, text in known.channels.items()}),
        "purposes": _pairs({name: text[language] for name, text in known.purposes.items()}),
        "segments": _pairs({id_: name for id_, name in known.segments.items() if id_ != own}),
        "suggested": _suggested(user),
        "currency": settings.CURRENCY,
        "words": {name: str(word) for name, word in WORDS.items()},
    }


def _field(one: Field, language: str, versions: Mapping[str, int]) -> dict[str, Any]:
    sized = one.kind in (Kind.NUMBER, Kind.MONEY)
    model = _SCORES.get(one.name, "")
    return {
        "name": one.name,
        "kind": one.kind.value,
        "label": one.label[language],
        "group": "predicted" if one.name in _PREDICTED else "trade" if one.name in _TRADE
        else "profile",
        "operators": [
            [op.value, str(_SIGNS[op] if sized and op in _SIGNS else OPERATORS[op])]
            for op in one.operators
        ],
        "choices": [
            [value, text[language], _keys(text["zh"], text["en"])]
            for value, text in one.choices.items()
        ],
        "percent": one.percent,
        "usable": one.usable,
        "version": versions.get(model),
    }  # fmt: skip


def _keys(*names: str) -> str:
    """What a choice is found by when typed: its words, their pinyin and the first letters."""
    found: list[str] = []
    for name in names:
        keys = search_keys(name)
        found += [name.casefold(), keys.joined, keys.initials]
    return " ".join(dict.fromkeys(found))


def _pairs(known: Mapping[str, str]) -> list[list[str]]:
    return [[name, text, _keys(text)] for name, text in known.items()]


def _suggested(user: User) -> dict[str, list[str]]:
    """Values that the people this user may see have: countries, provinces, cities, tags."""

    def ask() -> dict[str, list[str]]:
        people = access.scoped(user, Customer.objects.all(), "customer.see").order_by()
        levels = access.levels(user, "customer")
        told = [name for name in SUGGESTING if levels[name] >= Level.READ]
        found = {
            name: [
                each for each in people.values_list(name, flat=True).distinct()[:SUGGESTED] if each
            ]
            for name in told
        }
        if levels["tags"] < Level.READ:
            return {name: sorted(values) for name, values in found.items()}
        where, params = access.scope_sql(user, "customer")
        with connection.cursor() as cursor:
            cursor.execute(
                "select distinct unnest(tags) from customers_customer"  # noqa: S608
                f" where tags <> '{{}}' and {where} limit {SUGGESTED}",
                list(params),
            )
            found["tags"] = [row[0] for row in cursor.fetchall()]
        return {name: sorted(values) for name, values in found.items()}

    key = f"segment-suggestions:{user.pk}"
    return cache.get_or_set(key, ask, SUGGESTION_SECONDS) or {}
