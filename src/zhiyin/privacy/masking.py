"""What is shown of a personal value to someone who may see that it is there, but not all of it.

A mask leaves enough to recognise a record on the phone ("ending in 6207?") and never more than
about half of it. The number of stars says nothing about the length where the length would
identify. Masks are for eyes; they are no encryption and no anonymisation.
"""

import re
import unicodedata
from datetime import date

STAR = "*"
_COMPOUND = (
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 司徒 夏侯 端木 独孤 南宫 轩辕 "
    "百里 呼延 闻人 申屠 太史 澹台 公冶 宗政 濮阳 淳于 单于 钟离 鲜于 闾丘 仲孙 司空 亓官 万俟 "
    "赫连 拓跋 東方 歐陽 司馬 諸葛 公孫 長孫 獨孤 南宮 軒轅"
)
_COMPOUND_SURNAMES = frozenset(_COMPOUND.split())


def _letters(text: str) -> list[str]:
    """The letters as readers see them: a base character with its marks, emoji joined as one."""
    letters: list[str] = []
    joined = False
    for char in unicodedata.normalize("NFC", text):
        extends = (
            unicodedata.category(char) in ("Mn", "Me", "Mc")
            or char in "\u200d\ufe0e\ufe0f"
            or "\U0001f3fb" <= char <= "\U0001f3ff"
            or "\U000e0100" <= char <= "\U000e01ef"
        )
        if letters and (extends or joined):
            letters[-1] += char
        else:
            letters.append(char)
        joined = char == "\u200d"
    return letters


def mask_text(text: str, *, head: int = 1, tail: int = 0, stars: int = 4) -> str:
    """The first and last letters with stars between; a short text loses its letters first."""
    letters = _letters(text.strip())
    if not letters:
        return ""
    keep = len(letters) // 2
    head = min(head, keep)
    tail = min(tail, keep - head)
    end = "".join(letters[len(letters) - tail :])
    return f"{''.join(letters[:head])}{STAR * stars}{end}"


def mask_phone(phone: str) -> str:
    """138****6207 for a mainland mobile, +44 77****901 for a number with a country code."""
    text = unicodedata.normalize("NFKC", phone).strip()
    digits = "".join(char for char in text if char in "0123456789")
    if not digits:
        return STAR * 4 if text else ""
    international = text.startswith("+") or (digits.startswith("00") and len(digits) > 10)
    if not international:
        if len(digits) == 11 and digits[0] == "1":
            return f"{digits[:3]}{STAR * 4}{digits[-4:]}"
        return _national(digits)
    digits = digits if text.startswith("+") else digits[2:]
    code = _country_code(digits)
    national = digits[len(code) :]
    if code == "86" and len(national) == 11:
        return f"+86 {national[:3]}{STAR * 4}{national[-4:]}"
    return f"+{code} {_national(national)}"


def _national(digits: str) -> str:
    if len(digits) >= 8:
        return f"{digits[:2]}{STAR * 4}{digits[-3:]}"
    return f"{STAR * 4}{digits[-2:]}" if len(digits) >= 5 else STAR * 4


# Codes of one and two digits (ITU-T E.164); every other country code has three.
_SHORT = (
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 "
    "64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_SHORT_CODES = frozenset(_SHORT.split())


def _country_code(digits: str) -> str:
    for length in (1, 2):
        if digits[:length] in _SHORT_CODES:
            return digits[:length]
    return digits[:3]


def mask_email(email: str) -> str:
    """l****@qq.com: the first letter and the domain, which says little about a person."""
    text = unicodedata.normalize("NFC", email).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain:
        return mask_text(text)
    first = _letters(local)[0] if len(_letters(local)) > 1 else ""
    return f"{first}{STAR * 4}@{domain}"


def mask_name(name: str) -> str:
    """林** for a Chinese name, 欧阳** with a compound surname, S**** W**** for others."""
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not text:
        return ""
    if all(_is_han(char) for char in text):
        surname = 2 if text[:2] in _COMPOUND_SURNAMES and len(text) > 2 else 1
        return STAR * 2 if len(text) == 1 else f"{text[:surname]}{STAR * 2}"
    pieces = [piece for piece in re.split(r"[\s·・•]+", text) if piece]
    joint = "·" if re.search("[·・•]", text) else " "
    stars = STAR * 2 if any(_is_han(char) for char in text) else STAR * 4
    return joint.join(
        f"{_letters(piece)[0]}{stars}" if len(_letters(piece)) > 1 else STAR * 2 for piece in pieces
    )


def _is_han(char: str) -> bool:
    return (
        "\u3400" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\U00020000" <= char <= "\U0003ffff"
        or char == "\u3007"
    )


def mask_birthday(birthday: date | str) -> str:
    """1987-**-**: the year is enough for an age, month and day are not shown."""
    if isinstance(birthday, date):
        return f"{birthday.year:04d}-**-**"
    found = re.match(r"\s*((?:19|20)\d\d)(?!\d)", unicodedata.normalize("NFKC", birthday))
    if found is None:
        return STAR * 4 if birthday.strip() else ""
    return f"{found.group(1)}-**-**"


def mask_id(number: str) -> str:
    """An identity, passport, bank card or member number: only the last four, of a long one."""
    text = "".join(unicodedata.normalize("NFKC", number).split())
    if not text:
        return ""
    shown = 4 if len(text) >= 12 else 2 if len(text) >= 6 else 0
    return STAR * 4 + (text[-shown:] if shown else "")


_PROVINCE = re.compile(
    r"(?:(?:北京|上海|天津|重庆)市?|[\u3400-\u9fff]{2,8}?(?:省|自治区|特别行政区))?"
    r"(?:[\u3400-\u9fff]{2,10}?(?:市|自治州|地区|盟))?"
)


def mask_address(address: str) -> str:
    """浙江省杭州市**** : province and city of a Chinese address, the last part of another."""
    text = " ".join(unicodedata.normalize("NFC", address).split())
    if not text:
        return ""
    region = _PROVINCE.match(text)
    if region is not None and region.group() and len(region.group()) < len(text):
        return f"{region.group()}{STAR * 4}"
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > 1 and not any(char.isdigit() for char in parts[-1]):
        return f"{STAR * 4}, {parts[-1]}"
    return STAR * 4
