"""A person's name taken apart for comparing: family and given name, and how each sounds.

Two ways to write one name have one sound (王小明, 王晓明, 王曉明, Wang Xiaoming), and DuckDB's edit
distances count bytes, of which a hanzi has three; so everything fuzzy is compared on the sound,
which is plain ASCII. Surnames are read as surnames (单 shan, 解 xie).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin

from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.pinyin import COMPOUND_SURNAMES, SURNAMES
from zhiyin.cleaning.simplified import to_simplified
from zhiyin.cleaning.words import is_missing, parse_name

_HANZI = r"[〇㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]"
_CHINESE = re.compile(rf"{_HANZI}+")
_TITLE = re.compile(r"(?<=.)(?:先生|女士|小姐|太太|老师|教授|博士|医生|同志|经理|总|哥|姐)$")
_SIGN = re.compile(r"[^a-z0-9]+")
_MASKED = re.compile(rf"({_HANZI})[*＊xX某]+.*|[*＊]+.*")
_PARTS = re.compile(r"[·•・.．\s,，]+")


class ReadName(NamedTuple):
    """A name as it is compared; empty texts are unknown."""

    name: str = ""  # one way to write it
    family: str = ""
    given: str = ""
    family_sound: str = ""
    given_sound: str = ""
    toned: str = ""  # the sound with its tones, of hanzi alone
    latin: bool = False


def read_name(text: str | None, family: str | None = None, given: str | None = None) -> ReadName:
    """A whole name, or its two parts where the source keeps them apart."""
    if family or given:
        return _in_parts(_plain(family), _plain(given))
    return _whole(_plain(text))


@lru_cache(maxsize=1 << 17)
def _plain(text: str | None) -> str:
    """NFKC, simplified, lower case, without titles and signs."""
    if text is None or is_missing(text):
        return ""
    try:
        name = parse_name(unicodedata.normalize("NFKC", text)).text
    except BadValue:
        return ""
    name = to_simplified(name).casefold()
    if masked := _MASKED.fullmatch(name):  # 王*明 keeps the family name, **明 nothing
        return masked[1] or ""
    if len(name) > 2:
        name = _TITLE.sub("", name)
    joined = "".join(_PARTS.split(name))
    return joined if len(joined) <= 4 and _CHINESE.fullmatch(joined) else name.strip(" .,'-")


@lru_cache(maxsize=1 << 17)
def _whole(name: str) -> ReadName:
    if not name:
        return ReadName()
    parts = [part for part in _PARTS.split(name) if part]
    if len(parts) == 1 and _CHINESE.fullmatch(name):
        split = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
        return _in_parts(name[:split], name[split:])
    if len(parts) == 1:
        return _in_parts(name, "")
    if "," in name or "，" in name:
        return _in_parts(parts[0], " ".join(parts[1:]))
    return _in_parts(parts[-1], " ".join(parts[:-1]))


@lru_cache(maxsize=1 << 17)
def _in_parts(family: str, given: str) -> ReadName:
    if not family and not given:
        return ReadName()
    hanzi = bool(_CHINESE.fullmatch(family + given))
    whole = family + given if hanzi else " ".join(sorted(f"{given} {family}".split()))
    toned = f"{_family_sound(family)} {sound(given, tones=True)}" if hanzi and given else ""
    return ReadName(
        whole, family, given, _family_sound(family), sound(given), toned, latin=not hanzi
    )


def _family_sound(family: str) -> str:
    if family in COMPOUND_SURNAMES:
        return "".join(COMPOUND_SURNAMES[family])
    return SURNAMES.get(family) or sound(family)


def sound(text: str, *, tones: bool = False) -> str:
    """Pinyin in one run; what is not hanzi in plain Latin letters and digits."""
    if not text.isascii():
        style = Style.TONE3 if tones else Style.NORMAL
        read = "".join(lazy_pinyin(text, style=style, v_to_u=False))
        text = "".join(
            letter for letter in unicodedata.normalize("NFKD", read.replace("ß", "ss"))
            if not unicodedata.combining(letter)
        )  # fmt: skip
    return _SIGN.sub("", text.lower())
