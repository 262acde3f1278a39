"""Phone numbers and e-mail addresses in the one form by which they can be compared."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import phonenumbers

from .errors import BadValue
from .words import INVISIBLE, MASK_SIGN

_CHINESE_MOBILE = re.compile(r"(?:(?:\+|00)?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})")
_MASK = re.compile(MASK_SIGN + r"|(?<=\d)[xX]{2,}(?=\d|$)")
# Ofcom and Arcep assign these to nobody, so that films and test data can use them.
KEPT_FOR_FICTION = ("+447700900", "+3363998")

# What copying out of a chat or a web page leaves behind; NFKC does not take it away.
_UNSEEN = {**INVISIBLE, 0x200D: None}
_AROUND_SIGNS = re.compile(r"[ \t]*([@.])[ \t]*")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_EMAIL = re.compile(
    r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})"
)


class Phone(NamedTuple):
    """A number in E.164 and the extension behind it."""

    e164: str
    extension: str | None


def parse_phone(text: str, *, region: str = "CN") -> Phone:
    """Read a phone number; numbers without a country code belong to `region`."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix(".0")
    if region == "CN" and (match := _CHINESE_MOBILE.fullmatch(plain)):
        return Phone(f"+86{match[1]}{match[2]}{match[3]}", None)
    if _MASK.search(plain):
        raise BadValue(
            "phone_masked",
            "手机号被打码（含 *），无法用于识别，请提供完整号码",
            "the phone number is masked (contains *); give the whole number",
        )
    if _SCIENTIFIC.fullmatch(plain):
        raise BadValue(
            "phone_scientific",
            "号码被 Excel 变成了科学计数法，请把该列设为文本后重新导出",
            "Excel turned the number into 1.38E+10; format the column as text and export again",
        )
    plain = re.sub(r"(?:转|分机(?:号)?)\s*[:：]?\s*(\d+)$", r" ext. \1", plain)
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException as error:
        raise _not_a_phone() from error
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number) and not e164.startswith(KEPT_FOR_FICTION):
        raise _not_a_phone()
    return Phone(e164, number.extension or None)


def phone_text(text: str, *, region: str = "CN") -> str:
    """E.164, with `;ext=` (RFC 3966) where there is an extension."""
    phone = parse_phone(text, region=region)
    return f"{phone.e164};ext={phone.extension}" if phone.extension else phone.e164


def parse_email(text: str) -> str:
    """An e-mail address in lower case, its domain in ASCII (IDNA)."""
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").translate(_UNSEEN)
    plain = re.sub(r"^mailto:", "", plain.strip().lstrip("'").rstrip(" ,;.、"), flags=re.I)
    if match := re.fullmatch(r"[^<>]*<([^<>]+)>", plain):
        plain = match[1].strip()
    plain = _AROUND_SIGNS.sub(r"\1", plain)
    if "*" in plain:
        raise BadValue(
            "email_masked",
            "邮箱被打码（含 *），请提供完整地址",
            "the e-mail address is masked (contains *); give the whole address",
        )
    local, at, domain = plain.lower().rpartition("@")
    if at and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise _not_an_email(text) from error
    address = f"{local}@{domain}"
    if not _EMAIL.fullmatch(address) or len(address) > 254 or len(local) > 64:
        raise _not_an_email(text)
    return address


def _not_a_phone() -> BadValue:
    return BadValue(
        "phone_invalid",
        "不是有效的电话号码，请检查位数和区号",
        "not a valid phone number; check its digits and area code",
    )


def _not_an_email(text: str) -> BadValue:
    hint = " (no @)" if "@" not in text and "＠" not in text else ""
    zh = "（缺少 @）" if hint else ""
    return BadValue("email_invalid", f"不是有效的邮箱地址{zh}", f"not a valid e-mail address{hint}")
