"""How a custom field is filled in a form: which control, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language, gettext

from zhiyin.accounts.models import User
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.reading import BETWEEN

Type = CustomField.Type
_INPUTS = {
    Type.DATE: "date", Type.MOMENT: "datetime-local", Type.URL: "url", Type.EMAIL: "email",
    Type.PHONE: "tel",
}  # fmt: skip


@dataclass(frozen=True)
class Control:
    """`kind` is input, area, choice or boxes."""

    kind: str
    input: str = "text"
    mode: str = ""
    text: str = ""
    options: tuple[tuple[str, str, str], ...] = ()  # key, name, colour
    chosen: tuple[str, ...] = ()
    longest: int = 500


def control_of(field: CustomField, text: str = "") -> Control:
    """The control of a field that holds this text."""
    match field.type:
        case Type.LONG_TEXT:
            return Control("area", text=text, longest=10_000)
        case Type.BOOL:
            options = (("yes", gettext("Yes"), ""), ("no", gettext("No"), ""))
            return Control("choice", text=text, options=(("", "–", ""), *options))
        case Type.CHOICE:
            return Control("choice", text=text, options=(("", "–", ""), *_choices(field, text)))
        case Type.CHOICES:
            chosen = tuple(one for one in text.split(BETWEEN) if one)
            return Control("boxes", options=_choices(field, *chosen), chosen=chosen)
        case Type.USER:
            people = User.objects.filter(is_active=True).order_by("name")[:500]
            names = tuple((str(one.pk), one.name, "") for one in people)
            return Control("choice", text=text, options=(("", "–", ""), *names))
        case Type.NUMBER | Type.MONEY:
            return Control("input", mode="decimal", text=text)
        case _:
            return Control("input", input=_INPUTS.get(Type(field.type), "text"), text=text)


def _choices(field: CustomField, *held: str) -> tuple[tuple[str, str, str], ...]:
    """The values that are offered, and those that the row holds though they are closed."""
    language = get_language() or "zh"
    return tuple(
        (one.key, one.label(language), one.colour)
        for one in field.checks.choices
        if not one.closed or one.key in held
    )
