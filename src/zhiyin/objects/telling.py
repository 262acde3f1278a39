"""Conditions in plain words, in the reader's language: what a chip says, and what a group means."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Department, User
from zhiyin.objects.conditions import All, Any, Has, Is, Node, Not
from zhiyin.objects.definitions import (
    Asked,
    Field,
    Kind,
    ObjectType,
    Operator,
    fields_of,
    object_type,
)

SIGNS: Mapping[Operator, str] = {
    Operator.AT_LEAST: "≥", Operator.AT_MOST: "≤", Operator.OLDER: ">", Operator.IS_NOT: "≠",
}  # fmt: skip
PATTERNS: Mapping[Operator, Promise] = {
    Operator.IS: _("%(field)s is %(value)s"),
    Operator.IS_NOT: _("%(field)s is not %(value)s"),
    Operator.CONTAINS: _("%(field)s contains “%(value)s”"),
    Operator.STARTS: _("%(field)s starts with “%(value)s”"),
    Operator.AT_LEAST: _("%(field)s is at least %(value)s"),
    Operator.AT_MOST: _("%(field)s is at most %(value)s"),
    Operator.BETWEEN: _("%(field)s is from %(low)s to %(high)s"),
    Operator.OLDER: _("%(field)s is more than %(value)s days ago"),
    Operator.WITHIN: _("%(field)s is within the last %(value)s days"),
    Operator.EMPTY: _("%(field)s is empty"),
    Operator.FILLED: _("%(field)s is filled in"),
}
NAMES: Mapping[Operator, Promise] = {
    Operator.IS: pgettext_lazy("operator", "is"),
    Operator.IS_NOT: pgettext_lazy("operator", "is not"),
    Operator.CONTAINS: pgettext_lazy("operator", "contains"),
    Operator.STARTS: pgettext_lazy("operator", "starts with"),
    Operator.AT_LEAST: pgettext_lazy("operator", "at least"),
    Operator.AT_MOST: pgettext_lazy("operator", "at most"),
    Operator.BETWEEN: pgettext_lazy("operator", "between"),
    Operator.OLDER: pgettext_lazy("operator", "more than … days ago"),
    Operator.WITHIN: pgettext_lazy("operator", "in the last … days"),
    Operator.EMPTY: pgettext_lazy("operator", "is empty"),
    Operator.FILLED: pgettext_lazy("operator", "is filled in"),
}


def tell(node: Node, of: ObjectType, asked: Asked) -> str:
    """The tree as a sentence; raises `KeyError` where it names what is not here."""
    if isinstance(node, Is):
        return _field(node, of, asked)
    if isinstance(node, Not):
        return gettext("not (%(what)s)") % {"what": tell(node.of, of, asked)}
    if isinstance(node, Has):
        relation = {one.key: one for one in of.relations}[node.relation]
        inner = tell(node.where, object_type(relation.target), asked)
        pattern = (
            gettext("one of its %(relation)s: %(what)s")
            if relation.many
            else gettext("its %(relation)s: %(what)s")
        )
        return pattern % {"relation": relation.label, "what": inner}
    if not node.of:
        return gettext("everything") if isinstance(node, All) else gettext("nothing")
    word = (
        pgettext("conditions", " and ") if isinstance(node, All) else pgettext("conditions", " or ")
    )
    return word.join(_part(one, of, asked) for one in node.of)


def _part(node: Node, of: ObjectType, asked: Asked) -> str:
    text = tell(node, of, asked)
    return f"（{text}）" if isinstance(node, All | Any) and len(node.of) > 1 else text


def _field(one: Is, of: ObjectType, asked: Asked) -> str:
    field = fields_of(of)[one.field]
    told = [
        text if one.op in (Operator.OLDER, Operator.WITHIN) else value_told(field, text, asked)
        for text in one.values
    ]
    unit = unit_of(field, one.op)
    low, high = [*told, "", ""][:2]
    either = pgettext("conditions", " or ").join(f"{text}{unit}" for text in told)
    return str(PATTERNS[one.op]) % {
        "field": field.label, "value": either,
        "low": f"{low}{unit}", "high": f"{high}{unit}",
    }  # fmt: skip


def unit_of(field: Field, operator: Operator) -> str:
    """The sign behind a value."""
    days = operator in (Operator.OLDER, Operator.WITHIN)
    return "%" if field.kind is Kind.PERCENT and not days else ""


def value_told(field: Field, text: str, asked: Asked) -> str:
    """One value of a condition as people read it."""
    if field.named is not None:
        return field.named(text)
    if field.kind is Kind.USER:
        return gettext("me") if text == "me" else _named(User, text)
    if field.kind is Kind.DEPARTMENT:
        return _named(Department, text)
    if field.kind is Kind.BOOL:
        return gettext("yes") if text.lower() in ("yes", "true", "1") else gettext("no")
    if field.choices is not None:
        return next((str(word) for key, word in field.choices() if key == text), text)
    return text


def _named(model: type[User] | type[Department], text: str) -> str:
    try:
        found = model._default_manager.filter(pk=UUID(text)).first()
    except ValueError:
        return text
    return str(found.name) if found else "?"
