"""Provinces, prefectures and counties of China: codes (GB/T 2260) and how people write them.

`divisions.tsv` holds what exists, `former_divisions.tsv` what was renamed or merged since the 1990s
and where it went; both come from the lists of the Ministry of Civil Affairs (民政部). Only what an
address can be sure of is told: a name that several places have belongs to none until its parent is
known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from .simplified import to_simplified

PROVINCES, CITIES = "0000", "00"  # how the codes of these levels end
_SELF_RULED = {
    "内蒙古自治区": "内蒙古", "广西壮族自治区": "广西", "西藏自治区": "西藏",
    "宁夏回族自治区": "宁夏", "新疆维吾尔自治区": "新疆", "东乡族自治县": "东乡",
    "鄂温克族自治旗": "鄂温克", "鄂伦春自治旗": "鄂伦春",
}  # fmt: skip
_PEOPLES = re.compile(
    r"(?:(?:蒙古|回|藏|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|土|仫佬|羌"
    r"|布朗|撒拉|毛南|仡佬|怒|保安|裕固|独龙|鄂温克|普米|阿昌|德昂|哈萨克|达斡尔)族|维吾尔|蒙古|哈萨克|柯尔克孜|达斡尔|锡伯"
    r"|塔吉克|各族)+自治(?P<kind>州|县|旗)$"
)
_ENDING = re.compile(r"(?:特别行政区|新区|矿区|林区|地区|省|市|区|县|盟|旗)$")
# 南京路, 北京西路, 上海大厦: a road or a house that is called after a place is not in it.
_CALLED_AFTER = re.compile(
    r"[东南西北中]?[一二三四五]?(?:路|街|大道|大街|道|巷|里|弄|胡同|广场|大厦|大楼|大酒店|酒店|饭店|宾馆|大桥|桥"
    r"|银行|大学|医院|公寓|花园|中心|国际|镇|乡|村|站|滩|新城)"
)
LONGEST = 15


class Division(NamedTuple):
    """A province, prefecture or county. `code` has six digits."""

    code: str
    name: str

    @property
    def prefix(self) -> str:
        """How the codes begin of all that lies in it."""
        if self.code.endswith(PROVINCES):
            return self.code[:2]
        return self.code[:4] if self.code.endswith(CITIES) else self.code


@dataclass(frozen=True, slots=True)
class Written:
    """A way to write a division: its name, a short one, or one that it had formerly."""

    division: Division
    short: bool = False
    former: bool = False


class Found(NamedTuple):
    """What stands at the beginning of a text: how long it is and what it may mean."""

    length: int
    meant: tuple[Written, ...]


def division(code: str) -> Division | None:
    """The division with this code."""
    return _all().get(code)


def all_divisions() -> Iterator[Division]:
    """Every division there is today."""
    yield from _all().values()


def above(one: Division) -> tuple[Division | None, Division | None]:
    """The province and the prefecture of a division, each None where there is none.

    The districts of 北京, 天津, 上海 and 重庆 lie in no prefecture; the city itself stands for it.
    Counties under a province directly (仙桃市) have none.
    """
    province = division(one.code[:2] + PROVINCES)
    city = division(one.code[:4] + CITIES)
    if city is None and province is not None and province.name.endswith("市"):
        city = province
    return province, None if city == one and one.code.endswith(PROVINCES) else city


def at_start(text: str, *, within: Division | None = None) -> Found | None:
    """The division whose name begins `text`, the longest first; in `within` where that is known.

    A short name of a county counts only where its parent is known, and no short name counts where
    a road or a house is called after the place.
    """
    names = _names()
    for length in range(min(LONGEST, len(text)), 1, -1):
        meant = tuple(
            one
            for one in names.get(text[:length], ())
            if _lies_in(one.division, within) and _counts(one, text[length:], within)
        )
        if meant:
            return Found(length, _highest(meant))
    return None


def _lies_in(one: Division, within: Division | None) -> bool:
    return within is None or (one.code.startswith(within.prefix) and one != within)


def _counts(one: Written, behind: str, within: Division | None) -> bool:
    if not one.short:
        return True
    if within is None and not one.division.code.endswith(CITIES):
        return False
    # 镇江 behind 江苏 is a city although 镇 could begin a town.
    return not _CALLED_AFTER.match(behind) or at_start(behind, within=one.division) is not None


def _highest(meant: tuple[Written, ...]) -> tuple[Written, ...]:
    """吉林 is the province and not the city in it; a name of today goes before a former one."""
    today = tuple(one for one in meant if not one.former) or meant
    for ending in (PROVINCES, CITIES):
        level = tuple(one for one in today if one.division.code.endswith(ending))
        if level:
            return level
    return today


@cache
def _all() -> dict[str, Division]:
    return {code: Division(code, name) for code, name in _lines("divisions.tsv")}


@cache
def _names() -> dict[str, tuple[Written, ...]]:
    found: dict[str, list[Written]] = {}
    for one in _all().values():
        for name, short in _writings(one.name):
            # 乾安 becomes 干安 where a text is made simplified letter by letter.
            for way in {name, to_simplified(name)}:
                found.setdefault(way, []).append(Written(one, short))
    for _, name, code in _lines("former_divisions.tsv"):
        for way, short in _writings(name):
            ones = found.setdefault(way, [])
            if all(other.division.code != code for other in ones):
                ones.append(Written(_all()[code], short, former=True))
    return {name: tuple(ones) for name, ones in found.items()}


def customary(one: Division) -> str:
    """How people call it: 浙江, 杭州, 延边, 昆山, but 丰县."""
    *_, last = _writings(one.name)
    return last[0]


def _writings(name: str) -> Iterator[tuple[str, bool]]:
    """石柱土家族自治县 is also 石柱县 and 石柱, 丰县 only that; and whether a writing is short."""
    yield name, False
    if name in _SELF_RULED:
        yield _SELF_RULED[name], True
    elif match := _PEOPLES.search(name):
        plain = name[: match.start()]
        if match["kind"] != "州":
            yield plain + match["kind"], False
        if len(plain) > 1:
            yield plain, True
    elif 1 < len(short := _ENDING.sub("", name)) < len(name):
        yield short, True


def _lines(name: str) -> list[list[str]]:
    text = files(__package__).joinpath(name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()]
