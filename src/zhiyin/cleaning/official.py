"""Numbers that authorities and banks issue: identity card, unified credit code, bank card.

Each is checked by its own check digit, so a typing error is refused and not stored. What stands in
them (birthday, sex, place of registration) is read, never what a register would say of a person:
that a number is well formed does not mean that it was issued.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from .errors import BadValue
from .words import MASK_SIGN

_NO_SIGNS = re.compile(r"[\s\-–—_.·'’]")
_MASKED = re.compile(MASK_SIGN + r"|(?<=\d)[xX]{2,}(?=\d)")
# The alphabet of GB 32100 leaves these out because they are taken for digits.
_TAKEN_FOR = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5"})
_OLD_CARD = re.compile(r"\d{15}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class IdentityCard(NamedTuple):
    """A number of 18 places (GB 11643), and what stands in it; `region` is a GB/T 2260 code."""

    number: str
    birthday: date
    gender: str
    region: str


def parse_identity_card(text: str, *, today: date) -> IdentityCard:
    """A resident identity card; one of fifteen digits (before 1999) in its form of today."""
    number = _plain(text, "identity_card_masked", "身份证号", "the identity card number")
    if _OLD_CARD.fullmatch(number):
        number = _modern(number)
    try:
        number = ric.validate(number)
        birthday = ric.get_birth_date(number)
    except ValidationError as error:
        raise _wrong_card() from error
    if birthday > today:
        raise _wrong_card()
    return IdentityCard(number, birthday, "male" if int(number[16]) % 2 else "female", number[:6])


def parse_credit_code(text: str) -> str:
    """A unified social credit code (GB 32100); letters taken for digits are put right."""
    code = _plain(text, "credit_code_masked", "统一社会信用代码", "the credit code")
    try:
        return uscc.validate(code.translate(_TAKEN_FOR))
    except ValidationError as error:
        raise BadValue(
            "credit_code_invalid",
            "不是有效的统一社会信用代码：应为 18 位且校验位正确",
            "not a valid unified social credit code: 18 places with a right check character",
        ) from error


def parse_bank_card(text: str) -> str:
    """The number of a payment card: 12 to 19 digits (ISO/IEC 7812) with a right check digit."""
    number = _plain(text, "bank_card_masked", "银行卡号", "the card number")
    if not re.fullmatch(r"[2-9]\d{11,18}", number) or not luhn.is_valid(number):
        raise BadValue(
            "bank_card_invalid",
            "不是有效的银行卡号：请检查位数和是否抄错",
            "not a valid card number: check its length and digits",
        )
    return number


def _plain(text: str, code: str, zh: str, en: str) -> str:
    plain = _NO_SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if _MASKED.search(plain):
        raise BadValue(
            code,
            f"{zh}被打码（含 *），请提供完整号码",
            f"{en} is masked (contains *); give it whole",
        )
    return plain


def _modern(old: str) -> str:
    """Fifteen digits have no century (all were born in the 1900s) and no check digit."""
    number = f"{old[:6]}19{old[6:]}"
    rest = sum(int(one) * weight for one, weight in zip(number, _WEIGHTS, strict=True)) % 11
    return number + "10X98765432"[rest]


def _wrong_card() -> BadValue:
    return BadValue(
        "identity_card_invalid",
        "不是有效的身份证号：请检查位数、出生日期和最后一位校验码",
        "not a valid identity card number: check its length, birthday and last place",
    )
