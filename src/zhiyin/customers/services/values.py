"""A field as somebody types it becomes a field as it is kept, by the same rules as an import's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from django.utils import timezone
from django.utils.translation import get_language, gettext

from zhiyin.cleaning.contacts import parse_email, phone_text
from zhiyin.cleaning.customers import parse_birthday
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.words import limited, tidy
from zhiyin.customers.models import Customer
from zhiyin.objects.faults import CannotBe

Stored = str | date | None
__all__ = ["CannotBe", "Stored", "stored", "text_of"]


def stored(field: str, text: str) -> Stored:
    """What is kept for what was typed; raises `CannotBe`. An empty text empties the field."""
    tidied = tidy(text)
    if not tidied:
        return None if field == "birth_date" else ""
    try:
        return _READERS.get(field, _plain)(tidied)
    except BadValue as error:
        chinese = (get_language() or "zh").startswith("zh")
        raise CannotBe(error.reason.zh if chinese else error.reason.en) from error


def text_of(value: object) -> str:
    """A stored value as text: what a form shows, and what is compared and kept as "before"."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(text: str) -> str:
    return text


def _limited(field: str) -> Callable[[str], str]:
    limit = getattr(Customer._meta.get_field(field), "max_length", None) or 200
    return lambda text: limited(text, limit)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise CannotBe(gettext("Choose one of the list"))
        return text

    return read


_READERS: Mapping[str, Callable[[str], Stored]] = {
    "email": parse_email,
    "phone": phone_text,
    "birth_date": lambda text: parse_birthday(text, today=timezone.localdate()),
    "gender": _one_of(*Customer.Gender.values),
    "language": _one_of(*Customer.Language.values),
    **{
        name: _limited(name)
        for name in ("name", "number", "country", "province", "city", "job_title")
    },
}
