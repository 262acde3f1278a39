"""Chinese addresses as people type them: province, city, district, then road, number and room.

What is left out is filled in only where it follows from what is written; what may be two places
stays open, and what contradicts itself is told. The text as it came is never thrown away: callers
keep it beside what is read here. Addresses of other countries are tidied and not taken apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .divisions import CITIES, PROVINCES, Division, Found, above, at_start
from .simplified import to_simplified
from .words import tidy

_SIGNS = r"[\s,，、;；:：.。·/|>_-]"
_LEAD = re.compile(
    r"(?:[(（【\[][^)）】\]]{0,12}[)）】\]]|(?:收货|详细|联系|公司|家庭|办公)?地址\s*[:：]"
    rf"|中国(?:大陆)?(?!路|街|大|人|银)|中华人民共和国|{_SIGNS})+"
)
_BETWEEN = re.compile(rf"{_SIGNS}*")
_POSTCODE = re.compile(
    r"^(?P<first>\d{6})(?=\D)|(?:邮编|邮政编码)\s*[:：]?\s*(?P<named>\d{6})|[(（](?P<last>\d{6})[)）]$"
)
_TOWN = re.compile(r"[一-鿿]{1,8}?(?:街道办事处|街道|苏木|镇|乡)(?!路|街|企业|道|大道|中心|村)")
_ROAD = re.compile(
    r"[一-鿿A-Za-z0-9]{1,10}?(?:大道|大街|胡同|路|街|巷|弄|道)"
    r"(?:[东南西北中]段|[一二三四五六七八九十\d]{1,2}段)?(?!口|边|旁|交|社区|办)"
)
_NUMBER = re.compile(r"\s*(\d+(?:[-－之]\d+)?)\s*号(?!楼|院|线|门|厂|地块)")
_COUNTED = re.compile(
    r"[零〇一二三四五六七八九十百]{1,5}(?=号|楼|层|室|单元|栋|幢|座|期|弄|[ABCD]?区$)"
)
_RUN = re.compile(r"(?<![A-Za-z])[A-Za-z]{1,2}(?=-?\d|座|栋|幢|区|塔|楼)|\d+")
_DIGITS = {one: n for n, one in enumerate("零一二三四五六七八九")} | {"〇": 0}


@dataclass(frozen=True, slots=True)
class Address:
    """What an address says. Empty texts are unknown; `code` is the deepest division (GB/T 2260).

    `rest` is what follows the divisions, `numbers` its house, building and room in their order,
    for comparing two addresses; `rules` name what was added or changed, `problems` what cannot be.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    code: str = ""
    postcode: str = ""
    town: str = ""
    road: str = ""
    number: str = ""
    rest: str = ""
    numbers: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The address in one line, each division once and in full."""
        city = "" if self.city == self.province else self.city
        return f"{self.province}{city}{self.district}{self.rest}"


def parse_address(text: str, *, province: str = "", city: str = "", district: str = "") -> Address:
    """Read an address; `province`, `city` and `district` are what columns beside it say."""
    tidied = tidy(text)
    plain = to_simplified(tidied)
    walk = _Walk(rules={"traditional": None} if plain != tidied else {})
    walk.columns(province, city, district)
    plain, postcode = _without_postcode(plain)
    rest = walk.along(plain[_end(_LEAD, plain) :])
    return walk.address(rest, postcode)


@dataclass(slots=True)
class _Walk:
    """From province to district; `deepest` is how far it came, `beside` what columns said."""

    rules: dict[str, None]
    deepest: Division | None = None
    beside: Division | None = None
    open_name: str = ""
    problems: dict[str, None] = field(default_factory=dict)

    def columns(self, *names: str) -> None:
        """What stands in columns of its own; a column that is no place in China says nothing."""
        for name in names:
            plain = to_simplified(tidy(name))
            found = at_start(plain, within=self.beside) or at_start(plain)
            if not found or found.length < len(plain) or len(found.meant) > 1:
                continue
            meant = found.meant[0].division
            if self.beside is None or meant.code.startswith(self.beside.prefix):
                self.beside = meant
                self._note(found, plain)
            elif not self.beside.code.startswith(meant.prefix):
                self.problems["contradiction"] = None

    def along(self, text: str) -> str:
        """Take the divisions off the beginning of `text`; what follows them is returned."""
        whole = text
        while found := self._next(text):
            if len(found.meant) > 1:
                self.open_name, text = text[: found.length], text[found.length :]
                self.problems["ambiguous"] = None
                break
            meant = found.meant[0].division
            if self._contradicts(meant):
                self.problems["contradiction"] = None
                self.deepest = None
                return whole
            if self.deepest is not None and self.deepest.code.startswith(meant.prefix):
                self.rules["repeated"] = None
            else:
                self.deepest = meant
                self._note(found, text)
            text = text[found.length :]
            text = text[_end(_BETWEEN, text) :]
        return text[_end(_BETWEEN, text) :]

    def address(self, rest: str, postcode: str) -> Address:
        """What was found, with the parts of the street."""
        deepest = self.deepest or self.beside
        if self.deepest and self.beside and self.beside.code.startswith(self.deepest.prefix):
            deepest = self.beside
        if "contradiction" in self.problems:
            deepest = None
        province, city, district = _levels(deepest)
        return Address(
            province, city, district or self.open_name, deepest.code if deepest else "", postcode,
            *_street(rest), rules=tuple(self.rules), problems=tuple(self.problems),
        )  # fmt: skip

    def _next(self, text: str) -> Found | None:
        if self.deepest is not None:
            return at_start(text, within=self.deepest) or self._again(text)
        found = at_start(text)
        if found is None or (self.beside and not self._fits(found)):
            found = at_start(text, within=self.beside) or found
        if found and len(found.meant) > 1 and self.beside:
            found = at_start(text, within=self.beside) or found
        return found

    def _again(self, text: str) -> Found | None:
        """A place that was named before, or a whole name of somewhere else."""
        found = at_start(text)
        if not found or not self.deepest:
            return None
        meant = found.meant[0]
        if self.deepest.code.startswith(meant.division.prefix):
            return found
        county = not self.deepest.code.endswith(CITIES)
        sure = not (meant.short or meant.former) and meant.division.code.endswith(CITIES)
        return found if sure and not county else None

    def _fits(self, found: Found) -> bool:
        return any(not _apart(one.division, self.beside) for one in found.meant)

    def _contradicts(self, meant: Division) -> bool:
        return _apart(meant, self.deepest) or (self.deepest is None and _apart(meant, self.beside))

    def _note(self, found: Found, text: str) -> None:
        written = found.meant[0]
        if written.former:
            self.rules["former_name"] = None
        elif written.short:
            self.rules["name_in_full"] = None


def _apart(one: Division, other: Division | None) -> bool:
    """Whether neither lies in the other."""
    return other is not None and not (
        one.code.startswith(other.prefix) or other.code.startswith(one.prefix)
    )


def _levels(deepest: Division | None) -> tuple[str, str, str]:
    """The names of the three levels; a city without districts or a prefecture is a city."""
    if deepest is None:
        return "", "", ""
    province, city = above(deepest)
    over = province.name if province else ""
    if deepest.code.endswith(PROVINCES):
        return over, over if over.endswith("市") else "", ""
    if deepest.code.endswith(CITIES) or city is None:
        return over, deepest.name, ""
    return over, city.name, deepest.name


def _street(rest: str) -> tuple[str, str, str, str, tuple[str, ...]]:
    """Town, road, number, the whole rest, and its numbers."""
    behind = rest
    town = ""
    if match := _TOWN.match(behind):
        town, behind = match[0], behind[match.end() :]
    road = _ROAD.search(behind)
    number = _NUMBER.match(behind, road.end()) if road else None
    return town, road[0] if road else "", number[1] if number else "", rest, _numbers(rest)


def _numbers(rest: str) -> tuple[str, ...]:
    plain = _COUNTED.sub(lambda match: str(_counted(match[0])), rest)
    return tuple(run.upper().lstrip("0") or "0" for run in _RUN.findall(plain))


def _counted(numeral: str) -> int:
    """三 is 3, 十二 12, 一百零三 103, 二〇三 203."""
    if "十" not in numeral and "百" not in numeral:
        return int("".join(str(_DIGITS[one]) for one in numeral))
    total = last = 0
    for one in numeral:
        if one == "百":
            total, last = total + (last or 1) * 100, 0
        elif one == "十":
            total, last = total + (last or 1) * 10, 0
        else:
            last = _DIGITS[one]
    return total + last


def _without_postcode(text: str) -> tuple[str, str]:
    match = _POSTCODE.search(text)
    if not match:
        return text, ""
    code = next(part for part in match.groups() if part)
    return (text[: match.start()] + text[match.end() :]).strip(), code


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0
