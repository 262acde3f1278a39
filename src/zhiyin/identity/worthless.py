"""Values that stand where an identifier should: zeros, "null", a till's own phone number.

One such value makes ten thousand people one (PostHog's identify(null), Segment's blocked values,
Android's one device id for all emulators), so it is refused before it becomes an identifier. The
list holds what is known the world over; what is common in one company only, the bound of
neighbours in `kinds` finds.
"""

from __future__ import annotations

import re
import unicodedata

from zhiyin.cleaning.errors import Reason
from zhiyin.identity.kinds import Kind

_ZEROS = re.compile(r"[0:.\-\s]*")
_WORDS = {
    *"""
    null none nil nan n/a na undefined unknown anonymous anon guest test tester user admin root
    default empty missing false true id userid user_id distinct_id -1 [] {}
    匿名 未知 游客 测试 无 空 暂无 未填写 默认
    """.split(),  # noqa: SIM905 (a list that people read and extend)
    "[object object]",
}
# China Mobile's service number 13800138000 and what people type to get past a form.
_TYPED = re.compile(
    r"1380013800\d|1[3-9]\d0{8}|1[3-9]\d12345678|12345678901?|1[3-9]123456789"
    r"|(\d)\1{10}|1[3-9](\d)\2{8}"
)
_MAIL_LOCAL = frozenset(
    """
    test noreply no-reply donotreply none null admin info abc a aa aaa asd qwe
    123 1234 12345 123456 1234567 12345678 123456789
    """.split()  # noqa: SIM905 (a list that people read and extend)
)
_MAIL_SERVICE = re.compile(r"(?:no-?reply|do-?not-?reply|postmaster|mailer-daemon)[\w.+-]*@.*")
_MAIL_DOMAIN = re.compile(
    r".*@(?:.*\.)?(?:example\.(?:com|org|net)|test\.com|none\.com|abc\.com|localhost|invalid)"
)
# One id that early Android gave to every device and emulator (issue 10603); MACs since iOS 7.
_DEVICES = frozenset({"9774d56d682e549c", "02:00:00:00:00:00", "unknown device", "goldfish"})


def worthless(kind: str, value: str) -> Reason | None:
    """Why this value may not be an identifier; None where it may."""
    plain = unicodedata.normalize("NFKC", value).strip().casefold()
    if _ZEROS.fullmatch(plain):
        return Reason("identifier_zeros", "标识只有 0，没有内容", "nothing but zeros")
    if plain in _WORDS:
        return Reason(
            "identifier_placeholder",
            "这是占位文字，不是标识",
            "a word that stands where a value is missing",
        )
    if kind == Kind.PHONE and _TYPED.fullmatch(_national(plain)):
        return Reason(
            "phone_not_personal",
            "这个号码谁都会填，不能用来认人",
            "a number that everybody types; it tells nobody apart",
        )
    if kind == Kind.EMAIL and _is_nobodys(plain):
        return Reason(
            "email_not_personal",
            "这个邮箱谁都会填，不能用来认人",
            "an address that everybody types; it tells nobody apart",
        )
    if kind in (Kind.DEVICE, Kind.COOKIE) and plain in _DEVICES:
        return Reason(
            "device_not_unique",
            "许多设备共用这个编号，不能用来认人",
            "an id that many devices share",
        )
    return None


def _national(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits.removeprefix("86") if len(digits) == 13 else digits


def _is_nobodys(address: str) -> bool:
    local = address.partition("@")[0]
    return bool(
        local in _MAIL_LOCAL or _MAIL_SERVICE.fullmatch(address) or _MAIL_DOMAIN.fullmatch(address)
    )
