"""Province and city of a customer in the one way in which they are kept: 浙江省 and 杭州.

Shops write 浙江省, 浙江 or nothing beside the same city; territories, segments and counts need one
writing. What is missing is filled in where it follows from the city or the address. Places outside
China stay as they are written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa

from .addresses import Address, parse_address
from .divisions import CITIES, PROVINCES, customary, division
from .report import Action, Rule
from .words import tidy

_CHINA = frozenset(
    ["", "cn", "chn", "china", "prc", "p.r. china", "中国", "中国大陆", "中华人民共和国", "中國"]
)
_DIRECT = frozenset(["11", "12", "31", "50", "81", "82"])  # provinces that are cities
STANDARD = Rule(
    "place_standard",
    Action.MENDED,
    "省份和城市写法不一（浙江、浙江省、杭州市）：已统一为“浙江省”和“杭州”。",
    "Province and city were written in several ways: brought to one (浙江省, 杭州).",
)
ADDED = Rule(
    "place_added",
    Action.MENDED,
    "省份或城市没有填写：已根据城市或地址补上。",
    "Province or city was missing: filled in from the city or the address.",
)
CONTRADICTION = Rule(
    "place_contradiction",
    Action.KEPT,
    "省份、城市和地址互相矛盾：保持原样，请核对。",
    "Province, city and address contradict each other: kept as they are; please check.",
)


class Place(NamedTuple):
    """Where somebody is, and the rules by which it was read so."""

    province: str
    city: str
    rules: tuple[Rule, ...] = ()


def standard_places(
    country: pa.Array, province: pa.Array, city: pa.Array, address: pa.Array
) -> tuple[pa.Array, pa.Array, dict[Rule, pa.Array]]:
    """Columns of province and city in their standard form, and for each rule a mask of its rows."""
    if all(one.null_count == len(one) for one in (province, city, address)):
        return province, city, {}  # most files say nothing of places
    columns = (one.to_pylist() for one in (country, province, city, address))
    places = [
        standard_place(*(text or "" for text in texts)) for texts in zip(*columns, strict=True)
    ]
    return (
        pa.array([one.province or None for one in places], pa.string()),
        pa.array([one.city or None for one in places], pa.string()),
        {
            rule: pa.array([rule in one.rules for one in places], pa.bool_())
            for rule in (STANDARD, ADDED, CONTRADICTION)
        },
    )


@lru_cache(maxsize=65_536)
def standard_place(country: str, province: str, city: str, address: str) -> Place:
    """Province in full and city as people say it, from their columns and the address beside."""
    as_written = Place(province, city)
    if country.strip().casefold() not in _CHINA:
        return as_written
    read = parse_address(address, province=province, city=city)
    if "contradiction" in read.problems:
        return Place(province, city, (CONTRADICTION,))
    found = Place(*_names(read, tidy(city)))
    kept = Place(found.province or province, found.city or city)
    rules = [
        rule
        for rule, applies in (
            (STANDARD, _differ(province, kept.province) or _differ(city, kept.city)),
            (ADDED, (kept.province and not province) or (kept.city and not city)),
        )
        if applies
    ]
    return kept._replace(rules=tuple(rules))


def _names(read: Address, city: str) -> tuple[str, str]:
    """昆山 stays the city of who writes it so although it lies in 苏州, and 朝阳区 is no city."""
    one, province = division(read.code), division(read.code[:2] + PROVINCES)
    if one is None or province is None:
        return "", ""
    prefecture = division(read.code[:4] + CITIES) if read.code[:2] not in _DIRECT else province
    if city and not one.code.endswith(CITIES) and city in (one.name, customary(one)):
        return province.name, customary(one) if one.name.endswith("市") else city
    if prefecture is None:
        prefecture = one
    elif prefecture == province and read.code[:2] not in _DIRECT:
        return province.name, ""
    return province.name, customary(prefecture)


def _differ(before: str, now: str) -> bool:
    return bool(before) and before != now
