"""A definition as somebody writes it down, and everything that is wrong with it.

Pure but for what it is handed: the object, the other definitions, the texts.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from django.utils.translation import get_language, gettext

from zhiyin.accounts.access import Sensitivity
from zhiyin.cleaning.errors import BadValue
from zhiyin.formulas import FormulaError
from zhiyin.objects.custom import computing, patterns, reading
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import (
    CHOICE_KEY,
    COLOURS,
    KEY,
    LONGEST_LONG_TEXT,
    LONGEST_TEXT,
    MOST_CHOICES,
    Rules,
    kept_rules,
)
from zhiyin.objects.definitions import ObjectType

Type = CustomField.Type
_TEXTS = (Type.TEXT, Type.LONG_TEXT)
_NUMBERS = (Type.NUMBER, Type.MONEY)
_ONCE = (Type.TEXT, Type.NUMBER, Type.EMAIL, Type.PHONE, Type.URL)
_PERSONAL = (Type.EMAIL, Type.PHONE)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a definition says; the key and the object never change after it was added."""

    key: str
    type: str
    label_zh: str
    label_en: str
    help_zh: str = ""
    help_en: str = ""
    sensitivity: str = "plain"
    rules: Rules = Rules()
    default: str = ""
    formula: str = ""
    listed: bool = False


def draft_of(field: CustomField) -> Draft:
    """The draft that would make this definition."""
    return Draft(
        key=field.key, type=field.type, label_zh=field.label_zh, label_en=field.label_en,
        help_zh=field.help_zh, help_en=field.help_en, sensitivity=field.sensitivity,
        rules=field.checks, default=field.default, formula=field.formula, listed=field.listed,
    )  # fmt: skip


def unsaved(of: ObjectType, draft: Draft) -> CustomField:
    """The definition in memory, to try values on."""
    field = CustomField(object_type=of.name)
    write(field, draft)
    return field


def write(field: CustomField, draft: Draft) -> None:
    """Put a draft into a definition."""
    for name in ("key", "type", "label_zh", "label_en", "help_zh", "help_en", "sensitivity",
                 "default", "formula", "listed"):  # fmt: skip
        setattr(field, name, getattr(draft, name))
    field.rules = kept_rules(draft.rules)
    field.__dict__.pop("checks", None)


def faults(
    draft: Draft, of: ObjectType, others: Iterable[CustomField], *, is_new: bool
) -> dict[str, str]:
    """What has to be mended, by the field of the form."""
    found: dict[str, str] = {}
    others = list(others)
    _check_words(draft, found)
    if draft.type not in Type.values:
        found["type"] = gettext("Choose one of the list")
        return found
    if not KEY.match(draft.key):
        found["key"] = gettext(
            "A key begins with c_ and a letter, then small letters, digits and _; at most 40"
        )
    elif is_new and any(one.key == draft.key for one in others):
        found["key"] = gettext("This key is taken, perhaps by a retired field")
    if draft.sensitivity not in [one.value for one in Sensitivity]:
        found["sensitivity"] = gettext("Choose one of the list")
    elif draft.type in _PERSONAL and draft.sensitivity == "plain":
        found["sensitivity"] = gettext("An e-mail address or a phone is personal at least")
    _check_rules(draft, of, others, found)
    _check_formula(draft, of, others, found)
    if draft.default and not found:
        _check_default(draft, of, found)
    return found


def _check_words(draft: Draft, found: dict[str, str]) -> None:
    for name in ("label_zh", "label_en"):
        if not 1 <= len(getattr(draft, name).strip()) <= 80:
            found[name] = gettext("Give it a name of 1 to 80 characters")
    for name in ("help_zh", "help_en"):
        if len(getattr(draft, name)) > 300:
            found[name] = gettext("At most %(limit)s characters") % {"limit": 300}


def _check_rules(
    draft: Draft, of: ObjectType, others: list[CustomField], found: dict[str, str]
) -> None:
    rules = draft.rules
    misplaced = {
        "least": rules.least is not None and draft.type not in _NUMBERS,
        "most": rules.most is not None and draft.type not in _NUMBERS,
        "decimals": rules.decimals is not None and draft.type not in (*_NUMBERS, Type.FORMULA),
        "shortest": rules.shortest is not None and draft.type not in _TEXTS,
        "longest": rules.longest is not None and draft.type not in _TEXTS,
        "pattern": bool(rules.pattern) and draft.type not in _TEXTS,
        "unique": rules.unique and draft.type not in _ONCE,
        "choices": bool(rules.choices) and draft.type not in (Type.CHOICE, Type.CHOICES),
        "required": (rules.required or bool(rules.required_when)) and draft.type == Type.FORMULA,
    }
    for name, wrong in misplaced.items():
        if wrong:
            found[name] = gettext("This does not apply to a field of this type")
    if rules.decimals is not None and not 0 <= rules.decimals <= 6:
        found["decimals"] = gettext("From 0 to 6")
    if rules.least is not None and rules.most is not None and rules.least > rules.most:
        found["most"] = gettext("The least is above the most")
    longest = LONGEST_LONG_TEXT if draft.type == Type.LONG_TEXT else LONGEST_TEXT
    sizes = [one for one in (rules.shortest, rules.longest) if one is not None]
    if any(not 0 <= one <= longest for one in sizes) or sizes != sorted(sizes):
        found["longest"] = gettext("From 0 to %(limit)s, the shortest first") % {"limit": longest}
    if rules.pattern and "pattern" not in found:
        _check_pattern(rules.pattern, found)
    if draft.type in (Type.CHOICE, Type.CHOICES):
        _check_choices(rules, found)
    known = {one.key for one in of.fields} | {one.key for one in others if not one.is_formula}
    for when in rules.required_when:
        if when.field not in known or when.field == draft.key or not when.values:
            found["required_when"] = gettext("Choose another field of this object and its values")


def _check_pattern(pattern: str, found: dict[str, str]) -> None:
    try:
        patterns.parse(pattern)
    except patterns.PatternError as error:
        found["pattern"] = gettext(
            "This cannot be read from character %(at)s on; there are no groups and no “|”"
        ) % {"at": error.at + 1}


def _check_choices(rules: Rules, found: dict[str, str]) -> None:
    keys = [one.key for one in rules.choices]
    names = [(one.zh.strip(), one.en.strip()) for one in rules.choices]
    if not 1 <= len(keys) <= MOST_CHOICES:
        found["choices"] = gettext("From 1 to %(limit)s values") % {"limit": MOST_CHOICES}
    elif any(not CHOICE_KEY.match(key) for key in keys):
        found["choices"] = gettext("A value's key has small letters, digits, - and _ only")
    elif len(set(keys)) < len(keys) or len({zh for zh, _ in names}) < len(keys):
        found["choices"] = gettext("Each value stands here once")
    elif any(not zh or not en for zh, en in names):
        found["choices"] = gettext("Each value has a name in both languages")
    elif any(one.colour not in COLOURS for one in rules.choices):
        found["choices"] = gettext("Choose one of the colours")


def _check_formula(
    draft: Draft, of: ObjectType, others: list[CustomField], found: dict[str, str]
) -> None:
    if draft.type != Type.FORMULA:
        if draft.formula:
            found["formula"] = gettext("This does not apply to a field of this type")
        return
    reads = computing.inputs(of, (one for one in others if not one.is_formula))
    try:
        computing.checked(draft.formula, reads)
    except FormulaError as error:
        problem = error.problem
        found["formula"] = gettext("Character %(at)s: %(problem)s") % {
            "at": problem.start + 1, "problem": problem.message(get_language() or "zh"),
        }  # fmt: skip


def _check_default(draft: Draft, of: ObjectType, found: dict[str, str]) -> None:
    if draft.type == Type.USER:  # a person differs between installations, and comes and goes
        found["default"] = gettext("This does not apply to a field of this type")
        return
    try:
        reading.read(unsaved(of, draft), draft.default)
    except BadValue as error:
        chinese = (get_language() or "zh").startswith("zh")
        found["default"] = error.reason.zh if chinese else error.reason.en
