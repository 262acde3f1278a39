"""What cannot name a person: the values and names that the lake and what is learnt may hold.

A value is let through by what it is, never by who looks: numbers, truth values and short technical
words. A name of a property that looks like an address or a phone is data that strayed into a name.
"""

from __future__ import annotations

import re
from functools import lru_cache

MOST_LETTERS = 64
_TECHNICAL = re.compile(r"[A-Za-z0-9_./:-]+")
_NUMBERS = frozenset({bool, int, float, type(None)})
_LIKE_A_PHONE = re.compile(r"(?:\d[-./: ]?){7,}")
MOST_NAME = 120
# Where a text says nothing about a person.
_PLAIN = frozenset({
    "currency", "sku", "product_id", "category", "locale", "timezone", "channel", "version",
    "platform", "os", "status", "method", "type", "unit", "plan", "device_type",
})  # fmt: skip
_SMALL = 10_000  # a number of five digits or more may be a phone or a birthday
_OF_PERSONS = (
    "email", "phone", "mobile", "address", "street", "birthday", "birthdate", "firstname",
    "lastname", "fullname", "username", "nickname", "realname", "idcard", "passport", "wechat",
    "openid", "姓名", "电话", "手机", "邮箱", "地址", "生日", "身份证", "昵称", "微信",
    "备注", "留言",
)  # fmt: skip
_WHOLLY = frozenset({"tel", "ssn", "iban", "note", "message", "comment", "remark", "mail", "ip"})


def is_impersonal(value: object) -> bool:
    """Whether the lake may hold this value: a number, a truth value, a short technical word."""
    if type(value) in _NUMBERS:
        return True
    if isinstance(value, list):
        return all(is_impersonal(one) for one in value)
    return isinstance(value, str) and len(value) <= MOST_LETTERS and _is_technical(value)


@lru_cache(maxsize=20_000)  # the same few words come again and again
def _is_technical(text: str) -> bool:
    return bool(_TECHNICAL.fullmatch(text)) and not _LIKE_A_PHONE.search(text)


def is_a_name(text: str) -> bool:
    """Whether this is the name of something, and not data that strayed into a name."""
    return 0 < len(text) <= MOST_NAME and "@" not in text and not _LIKE_A_PHONE.search(text)


def is_an_example(name: str, value: object) -> bool:
    """Whether a value may be kept as an example of its property: far narrower than the lake."""
    if isinstance(value, str):
        return name.lower() in _PLAIN and is_impersonal(value)
    return isinstance(value, bool | int | float) and abs(value) < _SMALL


def looks_personal(name: str, value: object = None) -> bool:
    """Whether the name, or a text under it, suggests that this is about a person."""
    plain = name.replace("_", "").replace("-", "").replace(" ", "").lower()
    if plain in _WHOLLY or any(word in plain for word in _OF_PERSONS):
        return True
    return isinstance(value, str) and ("@" in value or bool(_LIKE_A_PHONE.search(value)))
