"""How a name is found by typing it: full pinyin and initials of Chinese names.

「林静姝」 is found by "lin jing shu", "linjingshu" and "ljs". Surnames are read as surnames
(单 Shan, not dan), which general dictionaries get wrong; what is not hanzi is kept in lower case.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin

from .words import tidy

# Readings of characters as surnames where they differ from the usual one
# (《现代汉语词典》第七版, entries marked 姓; 《通用规范汉字表》).
SURNAMES = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "区": "ou", "查": "zha", "盖": "ge",
    "任": "ren", "朴": "piao", "尉": "wei", "缪": "miao", "翟": "zhai", "乐": "yue", "华": "hua",
    "宁": "ning", "那": "na", "覃": "qin", "冼": "xian", "逄": "pang", "繁": "po", "折": "she",
    "召": "shao", "晟": "cheng", "种": "chong", "重": "chong", "祭": "zhai", "黑": "he",
    "秘": "bi", "冯": "feng", "隗": "wei", "员": "yun", "贠": "yun", "洗": "xian", "钭": "tou",
    "郗": "xi", "葛": "ge", "柏": "bai", "卜": "bu", "车": "che", "褚": "chu", "薄": "bo",
    "俞": "yu", "於": "yu", "殷": "yin", "燕": "yan", "应": "ying", "哈": "ha", "纪": "ji",
    "靳": "jin", "过": "guo", "强": "qiang", "相": "xiang", "幸": "xing", "适": "kuo",
    "嵇": "ji", "牟": "mu", "佴": "nai", "撒": "sa", "万": "wan", "郇": "xun", "句": "gou",
    "阚": "kan", "厘": "li", "能": "nai", "乜": "nie", "弗": "fu", "訾": "zi", "都": "du",
    "少": "shao", "教": "jiao", "干": "gan", "長": "zhang", "瞿": "qu", "沈": "shen",
}  # fmt: skip
COMPOUND_SURNAMES = {
    "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "单于": ("chan", "yu"), "澹台": ("tan", "tai"),
    "长孙": ("zhang", "sun"), "令狐": ("ling", "hu"), "宰父": ("zai", "fu"),
    "亓官": ("qi", "guan"), "皇甫": ("huang", "fu"), "呼延": ("hu", "yan"),
    "鲜于": ("xian", "yu"), "宿勤": ("su", "qin"), "独孤": ("du", "gu"), "欧阳": ("ou", "yang"),
    "司马": ("si", "ma"), "上官": ("shang", "guan"), "诸葛": ("zhu", "ge"),
    "夏侯": ("xia", "hou"), "东方": ("dong", "fang"), "赫连": ("he", "lian"),
    "公孙": ("gong", "sun"), "慕容": ("mu", "rong"), "宇文": ("yu", "wen"),
    "司徒": ("si", "tu"), "司空": ("si", "kong"), "轩辕": ("xuan", "yuan"),
    "钟离": ("zhong", "li"), "闻人": ("wen", "ren"), "端木": ("duan", "mu"),
    "百里": ("bai", "li"), "南宫": ("nan", "gong"), "西门": ("xi", "men"),
    "贺兰": ("he", "lan"), "纳兰": ("na", "lan"), "区阳": ("ou", "yang"),
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")


class SearchKeys(NamedTuple):
    """What a name can be found by: syllables with spaces, and their first letters."""

    full: str
    initials: str

    @property
    def joined(self) -> str:
        """The syllables without spaces, as people type them."""
        return self.full.replace(" ", "")


@lru_cache(maxsize=65_536)
def search_keys(name: str) -> SearchKeys:
    """The search keys of a person's or company's name; empty where nothing can be typed."""
    syllables: list[str] = []
    for run, chinese in _runs(tidy(name)):
        if chinese:
            syllables.extend(_read(run, surname=not syllables))
        else:
            syllables.extend(_WORD.findall(_without_accents(run)))
    return SearchKeys(" ".join(syllables), "".join(word[0] for word in syllables))


def _runs(text: str) -> list[tuple[str, bool]]:
    """`text` cut where hanzi and other letters meet."""
    runs: list[tuple[str, bool]] = []
    for letter in text:
        chinese = _is_hanzi(letter)
        if runs and runs[-1][1] == chinese:
            runs[-1] = (runs[-1][0] + letter, chinese)
        else:
            runs.append((letter, chinese))
    return runs


def _read(hanzi: str, *, surname: bool) -> list[str]:
    if surname and hanzi[:2] in COMPOUND_SURNAMES and len(hanzi) > 2:
        return [*COMPOUND_SURNAMES[hanzi[:2]], *_syllables(hanzi[2:])]
    if surname and hanzi[0] in SURNAMES and len(hanzi) <= 4:
        return [SURNAMES[hanzi[0]], *_syllables(hanzi[1:])]
    return _syllables(hanzi)


def _syllables(hanzi: str) -> list[str]:
    if not hanzi:
        return []
    # A hanzi without a known reading gives nothing to type and is left out.
    read = lazy_pinyin(hanzi, style=Style.NORMAL, errors="ignore", v_to_u=False)
    return [syllable.lower() for syllable in read]


def _is_hanzi(letter: str) -> bool:
    code = ord(letter)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
        or code == 0x3007
    )


def _without_accents(text: str) -> str:
    """é → e, for typing; only for search, never for display."""
    parts = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
