"""What a definition's form holds: texts from the browser become a draft, a draft becomes texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.http import QueryDict
from django.utils.translation import gettext

from zhiyin.cleaning.words import tidy
from zhiyin.objects.custom.drafts import Draft
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import PREFIX, Choice, Rules, When

Type = CustomField.Type
CHOICE_PARTS = ("key", "zh", "en", "colour", "closed")


@dataclass(frozen=True)
class Written:
    """A form as it came: the draft, and what could not even be read."""

    draft: Draft
    problems: Mapping[str, str] = field(default_factory=dict)


def read(given: QueryDict, *, key: str = "", type: str = "") -> Written:
    """A draft from a form; a known key and type stand whatever the form says."""
    problems: dict[str, str] = {}

    def text(name: str) -> str:
        return tidy(given.get(name, ""))[:1000]

    def number(name: str) -> Decimal | None:
        written = text(name).replace(",", "")
        try:
            value = Decimal(written) if written else None
        except InvalidOperation:
            value = Decimal("NaN")
        if value is not None and not (value.is_finite() and abs(value) < Decimal(10) ** 18):
            problems[name] = gettext("Write a number")
            return None
        return value

    def whole(name: str) -> int | None:
        value = number(name)
        if value is not None and value != value.to_integral_value():
            problems[name] = gettext("Write a whole number")
            return None
        return None if value is None else int(value)

    wanted_key = text("key").lower()
    kind = type or text("type")
    if kind not in Type.values:  # the form comes back as that of a text, and says what is missing
        problems["type"], kind = gettext("Choose one of the list"), Type.TEXT.value
    rules = Rules(
        required=given.get("required") == "always",
        required_when=_when(given) if given.get("required") == "when" else (),
        unique="unique" in given,
        least=number("least"),
        most=number("most"),
        shortest=whole("shortest"),
        longest=whole("longest"),
        pattern=text("pattern"),
        decimals=whole("decimals"),
        choices=_choices(given) if kind in (Type.CHOICE, Type.CHOICES) else (),
    )
    draft = Draft(
        key=key or (wanted_key if wanted_key.startswith(PREFIX) else PREFIX + wanted_key),
        type=kind,
        label_zh=text("label_zh"),
        label_en=text("label_en"),
        help_zh=text("help_zh"),
        help_en=text("help_en"),
        sensitivity=text("sensitivity") or "plain",
        rules=rules,
        default=text("default"),
        formula=given.get("formula", "").strip()[:1001] if kind == Type.FORMULA else "",
        listed="listed" in given,
    )
    return Written(draft, problems)


def read_needs(given: QueryDict) -> Rules:
    """When a built-in field has to be filled, from its form."""
    return Rules(
        required=given.get("required") == "always",
        required_when=_when(given) if given.get("required") == "when" else (),
    )


def _when(given: QueryDict) -> tuple[When, ...]:
    values = [tidy(one) for one in given.get("when_values", "").replace("，", ",").split(",")]
    kept = tuple(dict.fromkeys(one for one in values if one))
    return (When(tidy(given.get("when_field", "")), kept),)


def _choices(given: QueryDict) -> tuple[Choice, ...]:
    """The rows of the table of values; a row without a name is no value."""
    columns = {part: given.getlist(f"choice_{part}") for part in CHOICE_PARTS}
    made: list[Choice] = []
    taken = {tidy(key) for key in columns["key"] if tidy(key)}
    for at, zh in enumerate(columns["zh"][:300]):
        row = {part: tidy(c[at])[:120] if at < len(c) else "" for part, c in columns.items()}
        if not (row["zh"] or row["en"]):
            continue
        key = row["key"] or _free_key(row["en"], taken)
        taken.add(key)
        made.append(
            Choice(key, row["zh"] or row["en"], row["en"] or zh, row["colour"],
                   closed=row["closed"] == "1")
        )  # fmt: skip
    return tuple(made)


def _free_key(name: str, taken: set[str]) -> str:
    """A key made of the English name; else of a number."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    base = plain[:30]
    if base and base not in taken:
        return base
    at = 1
    while f"v{at}" in taken:
        at += 1
    return f"v{at}"
