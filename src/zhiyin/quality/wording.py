"""Rules, faults and evidence in words, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models import Identifier
from zhiyin.quality.catalogue import PROPERTY, Subject
from zhiyin.quality.rules import (
    Allowed,
    Before,
    Dimension,
    Faulty,
    Fresh,
    Implies,
    OneNumber,
    Outlier,
    Pattern,
    PlacesAgree,
    Range,
    Refers,
    Required,
    Rule,
    Unique,
)

DIMENSIONS: Mapping[Dimension, Promise] = {
    Dimension.COMPLETENESS: _("Completeness"), Dimension.VALIDITY: _("Validity"),
    Dimension.UNIQUENESS: _("Uniqueness"), Dimension.CONSISTENCY: _("Consistency"),
    Dimension.TIMELINESS: _("Timeliness"),
}  # fmt: skip
PATTERNS: Mapping[str, Promise] = {
    "email": _("an e-mail address"), "e164": _("a phone number in international form"),
    "cn_mobile": _("a Chinese mobile number"), "credit_code": _("a unified social credit code"),
    "cn_postcode": _("a Chinese postcode"), "url": _("a web address"),
    "digits": _("digits alone"), "code": _("letters and digits without spaces"),
    "currency": _("a currency code"), "uuid": _("a UUID"), "iso_day": _("a day like 2026-01-31"),
    "no_edges": _("a text without spaces at its ends"),
    "name": _("a name without digits and signs"),
}  # fmt: skip
TARGETS: Mapping[str, Promise] = {
    "product": _("the product catalogue"), "order": _("the orders"),
    "customer": _("the customers' numbers"), "company": _("the companies' numbers"),
}  # fmt: skip
KINDS: Mapping[str, Promise] = {
    "required": _("must be filled"), "pattern": _("must look like"), "range": _("must lie between"),
    "allowed": _("must be one of"), "unique": _("must be unique"), "refers": _("must exist in"),
    "before": _("must not be after"), "implies": _("calls for another field"),
    "fresh": _("must not be older than"), "outlier": _("must not be far from the others"),
    "places": _("city must lie in the province"), "one_number": _("one identifier a person"),
}  # fmt: skip
_SHOWN = 6


def label(name: str, of: Subject) -> str:
    """What a field is called."""
    known = of.fields.get(name)
    return str(known.label) if known else name.removeprefix(PROPERTY)


def sentence(rule: Rule, of: Subject) -> str:
    """The rule in one sentence."""
    field = label(rule.field, of)
    match rule:
        case Required():
            return gettext("%(field)s is filled") % {"field": field}
        case Pattern():
            what = PATTERNS.get(rule.pattern, rule.pattern)
            return gettext("%(field)s is %(what)s") % {"field": field, "what": what}
        case Range():
            return _range(rule, field)
        case Allowed():
            values = ", ".join(rule.values[:_SHOWN])
            if len(rule.values) > _SHOWN:
                values += " …"
            return gettext("%(field)s is one of: %(values)s") % {"field": field, "values": values}
        case Unique():
            return gettext("%(field)s is of one row only") % {"field": field}
        case Refers():
            to = TARGETS.get(rule.to, rule.to)
            return gettext("%(field)s exists in %(to)s") % {"field": field, "to": to}
        case Before():
            facts = {"field": field, "then": label(rule.then, of)}
            return gettext("%(field)s is not after %(then)s") % facts
        case Implies():
            return _implies(rule, field, label(rule.then, of))
        case Fresh():
            text = ngettext(
                "%(field)s is at most %(n)s day old", "%(field)s is at most %(n)s days old",
                rule.days,
            )  # fmt: skip
            return text % {"field": field, "n": f"{rule.days:,}"}
        case Outlier():
            facts = {"field": field, "z": f"{rule.z:g}"}
            return gettext("%(field)s is no outlier (robust z up to %(z)s)") % facts
        case PlacesAgree():
            return gettext("The city lies in the province")
        case OneNumber():
            kind = dict(Identifier.Kind.choices).get(rule.kind, rule.kind)
            return gettext("One identifier of this kind a person: %(kind)s") % {"kind": kind}


def _range(rule: Range, field: str) -> str:
    facts = {"field": field, "low": rule.low, "high": rule.high}
    if rule.low and rule.high:
        return gettext("%(field)s lies between %(low)s and %(high)s") % facts
    if rule.low:
        return gettext("%(field)s is at least %(low)s") % facts
    return gettext("%(field)s is at most %(high)s") % facts


def _implies(rule: Implies, field: str, then: str) -> str:
    facts = {"field": field, "then": then, "value": rule.value, "then_value": rule.then_value}
    if rule.value and rule.then_value:
        text = gettext("Where %(field)s is %(value)s, %(then)s is %(then_value)s")
    elif rule.value:
        text = gettext("Where %(field)s is %(value)s, %(then)s is filled")
    elif rule.then_value:
        text = gettext("Where %(field)s is filled, %(then)s is %(then_value)s")
    else:
        text = gettext("Where %(field)s is filled, %(then)s is filled")
    return text % facts


def fault(error: Faulty) -> str:
    """Why a rule cannot be asked, and what to do."""
    known: Mapping[str, Promise | str] = {
        "no_field": _("There is no such field any more: %(detail)s"),
        "no_rule": _("The rule is not complete"),
        "not_text": _("This can be said of a text only"),
        "not_number": _("This can be said of a number only"),
        "not_time": _("This can be said of a date only"),
        "not_ordered": _("Bounds can be set for numbers and dates only"),
        "no_pattern": _("Choose one of the patterns"),
        "no_target": _("Choose where a text must exist"),
        "no_bound": _("Give a lower or an upper bound"),
        "bound": _("This is no bound: %(detail)s. Write a number, or a day like 2026-01-31"),
        "bounds_crossed": _("The lower bound is above the upper one"),
        "values": _("Give 1 to 200 values of at most 200 characters, one a line"),
        "same_field": _("Choose another field"),
        "days": _("Give a number of days from 1 on"),
        "z": _("Give a number from 1 to 100; 3.5 is usual"),
    }
    return str(known.get(error.code, error.code)) % {"detail": error.detail}


def evidence(found: Mapping[str, object]) -> str:
    """What a proposal rests on."""
    rows, share = found.get("rows"), found.get("share")
    parts = [gettext("%(n)s rows looked at") % {"n": f"{_whole(rows):,}"}]
    if isinstance(share, int | float):
        parts.append(gettext("%(share)s%% of them fit already") % {"share": f"{share:.2f}"})
    values = found.get("values")
    if isinstance(values, list):
        told = ", ".join(f"{value} {_whole(count):,}" for value, count in values[:_SHOWN])
        parts.append(gettext("seen: %(values)s") % {"values": told})
    if "low" in found and "high" in found:
        facts = {"low": found["low"], "high": found["high"]}
        parts.append(gettext("from %(low)s to %(high)s") % facts)
    return gettext(", ").join(parts)


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
