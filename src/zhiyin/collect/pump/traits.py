"""Traits of a person as profile fields and identifiers, by the names that Segment reserves.

A value that cannot be read is left out of the profile; what was said is kept beside it, as is what
a value was before it was cleaned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from zhiyin.cleaning.contacts import parse_email, phone_text
from zhiyin.cleaning.customers import parse_birthday
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.mended import NAME_JOINED, rule_of
from zhiyin.cleaning.originals import Original
from zhiyin.cleaning.words import limited, parse_gender, parse_language, parse_name, tidy
from zhiyin.collect.batch import Seen, Was

Fields = dict[str, str | date | list[str]]

_PLACES = {"country": "country", "state": "province", "province": "province", "city": "city"}
_KNOWN = frozenset({
    "name", "firstname", "lastname", "email", "phone", "gender", "birthday", "language", "locale",
    "address", *_PLACES,
})  # fmt: skip
SHORT = 60
LONGEST = 500  # letters of an original


def understood(given: Mapping[str, object], *, today: date) -> tuple[Fields, list[Seen], Was]:
    """The fields of the profile, the identifiers among them, and what was said otherwise."""
    plain = {_plain(name): value for name, value in given.items()}
    fields: Fields = {}
    was: Was = {}

    def take(field: str, text: str, read: Callable[[str], str | date | list[str]]) -> None:
        if text:
            try:
                found = read(text)
            except BadValue as bad:
                was[field] = Original(text[:LONGEST], bad.reason.code)
                return
            if found:
                fields[field] = found
                if str(found) != text:
                    was[field] = Original(text[:LONGEST], rule_of(field).id)

    name = _text(plain.get("name"))
    take("name", name or _whole(plain), lambda text: parse_name(text).text)
    if not name and plain.get("firstname") and plain.get("lastname"):
        apart = " | ".join(_text(plain[one]) for one in ("lastname", "firstname"))
        was["name"] = Original(apart[:LONGEST], NAME_JOINED.id)
    take("email", _text(plain.get("email")), parse_email)
    take("phone", _text(plain.get("phone")), phone_text)
    take("gender", _text(plain.get("gender")), parse_gender)
    language = _text(plain.get("language")) or _text(plain.get("locale"))
    take("language", language, lambda text: parse_language(text).partition("-")[0].lower())
    take("birth_date", _text(plain.get("birthday"))[:10],
         lambda text: parse_birthday(text, today=today))  # fmt: skip
    address = plain.get("address")
    places = dict(plain)
    if isinstance(address, dict):
        places |= {_plain(part): value for part, value in address.items()}
    for trait, field in _PLACES.items():
        if field not in fields:
            take(field, _text(places.get(trait)), lambda text: limited(tidy(text), SHORT))
    seen = [Seen(kind, "", str(fields[kind])) for kind in ("email", "phone") if kind in fields]
    return fields, seen, was


def unknown(given: Mapping[str, object]) -> dict[str, object]:
    """The traits that no field of the profile holds."""
    return {name: value for name, value in given.items() if _plain(name) not in _KNOWN}


def _whole(plain: Mapping[str, object]) -> str:
    """张 + 伟 is 张伟; Ann + Smith is Ann Smith."""
    given, family = _text(plain.get("firstname")), _text(plain.get("lastname"))
    if not given or not family:
        return given or family
    return f"{given} {family}" if family.isascii() else f"{family}{given}"


def _plain(name: str) -> str:
    """firstName, first_name and First Name are one."""
    return name.replace("_", "").replace(" ", "").lower()


def _text(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        return ""
    return str(given).strip()
