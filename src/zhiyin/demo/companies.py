"""Companies for the demo, and who of its customers buys for which. Simulated, like the profiles.

The orders are those of a gift wholesaler, so they say themselves who buys for a business: whoever
takes most pieces at a time. The upper third does; people of one place become colleagues, most of
them alone, some with three or four others. Names are made up in the way of the place, numbers
begin with SIM, so that nobody takes one for a registered company.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zhiyin.demo.chance import Ints, pick
from zhiyin.demo.orders import OrderBook
from zhiyin.demo.people import People

BUYERS = 1 / 3  # share of the customers who buy for a business
COLLEAGUES = (1, 2, 3, 4, 6, 9)  # people of one company …
OFTEN = (62.0, 18.0, 9.0, 6.0, 4.0, 1.0)  # … and how often
TRADES = (
    ("retail", 46, ("礼品", "家居", "百货", "文创"), ("Gifts", "Home", "Trading", "Store")),
    ("wholesale", 20, ("商贸", "供应链", "贸易"), ("Wholesale", "Supplies", "Imports")),
    ("hospitality", 16, ("酒店管理", "餐饮管理", "茶饮"), ("Hotels", "Tea Rooms", "Catering")),
    ("services", 12, ("会展服务", "婚庆策划", "文化传媒"), ("Events", "Weddings", "Media")),
    ("education", 6, ("教育咨询", "艺术培训"), ("Schools", "Craft Courses")),
)
SYLLABLES = "瑞嘉和禾木云溪青松锦华安远知乐宜朗景星澜拾光柏舟微澄"
FIRST = ("Ash", "Wren", "Linden", "Harbour", "Kestrel", "Rowan", "Marlow", "Thistle", "Alder",
         "Juniper", "Finch", "Copper", "Lark", "Hazel", "Willow", "Quince")  # fmt: skip
SECOND = ("field", "wood", "gate", "brook", "stone", "mere", "ridge", "combe", "wick", "dale")
FORMS = {
    "United Kingdom": "Ltd", "Ireland": "Ltd", "Germany": "GmbH", "Austria": "GmbH",
    "Switzerland": "AG", "France": "SARL", "Belgium": "SRL", "Netherlands": "B.V.",
    "Spain": "S.L.", "Portugal": "Lda", "Italy": "S.r.l.", "Poland": "sp. z o.o.",
    "Sweden": "AB", "Norway": "AS", "Denmark": "ApS", "Finland": "Oy", "Japan": "K.K.",
    "Australia": "Pty Ltd", "Singapore": "Pte Ltd", "United States": "Inc.", "Canada": "Inc.",
}  # fmt: skip
TITLES_ZH = ("采购", "店长", "总经理", "行政", "财务")
TITLES_EN = ("Buyer", "Shop manager", "Owner", "Office manager", "Accounts")


@dataclass(frozen=True)
class Companies:
    """Two exports: the companies, and the customers who buy for them."""

    companies: pa.Table
    members: pa.Table


def make(rng: np.random.Generator, people: People, book: OrderBook) -> Companies:
    """Companies around those who take most pieces at a time."""
    cities = people.city.to_pylist()
    countries = people.country.to_pylist()
    provinces = people.province.to_pylist()
    departments = people.department.to_pylist()
    names = _Names(rng)
    companies: list[dict[str, object]] = []
    members: list[dict[str, object]] = []
    for group in _colleagues(rng, people, _buyers(people, book)):
        first = int(group[0])
        china = countries[first] == "China"
        trade = int(pick(rng, [float(one[1]) for one in TRADES], 1)[0])
        number = f"SIM-{len(companies) + 1:05d}"
        companies.append({
            "Number": number, "Name": names.of(trade, china, cities[first], countries[first]),
            "Industry": TRADES[trade][0], "Size": _size(rng, len(group)),
            "Country": countries[first], "Province": provinces[first], "City": cities[first],
            "Department": departments[first], "Simulated": True,
        })  # fmt: skip
        for place, one in enumerate(group):
            titles = TITLES_ZH if people.chinese[one] else TITLES_EN
            members.append({
                "Customer": people.ref[int(one)].as_py(), "Number": number,
                "Job title": titles[min(place, len(titles) - 1)], "Simulated": True,
            })  # fmt: skip
    return Companies(pa.Table.from_pylist(companies, _COMPANIES),
                     pa.Table.from_pylist(members, _MEMBERS))  # fmt: skip


_COMPANIES = pa.schema([
    *((name, pa.string()) for name in ("Number", "Name", "Industry", "Size", "Country",
                                       "Province", "City", "Department")),
    ("Simulated", pa.bool_()),
])  # fmt: skip
_MEMBERS = pa.schema([
    *((name, pa.string()) for name in ("Customer", "Number", "Job title")),
    ("Simulated", pa.bool_()),
])  # fmt: skip


def _buyers(people: People, book: OrderBook) -> Ints:
    """Those who take most pieces at a time, the largest first; one account a human being."""
    pieces = np.add.reduceat(book.quantity.to_numpy(zero_copy_only=False), book.line_start[:-1])
    bought = np.bincount(book.invoices.buyer, minlength=book.size)
    taken = np.bincount(book.invoices.buyer, weights=pieces, minlength=book.size)
    usual = taken / np.maximum(bought, 1)
    usual[people.person != np.arange(len(people))] = -1
    order = np.argsort(-usual, kind="stable")
    found: Ints = order[: int(len(people) * BUYERS)]
    return found[usual[found] > 0]


def _colleagues(rng: np.random.Generator, people: People, buyers: Ints) -> list[Ints]:
    """The buyers of each place in groups, the largest buyers first in each."""
    places: dict[tuple[str, str], list[int]] = {}
    cities, countries = people.city.to_pylist(), people.country.to_pylist()
    for one in buyers.tolist():
        places.setdefault((countries[one], cities[one]), []).append(one)
    groups = []
    for there in places.values():
        at = 0
        for step in pick(rng, list(OFTEN), len(there)).tolist():
            if at >= len(there):
                break
            groups.append(np.array(there[at : at + COLLEAGUES[step]]))
            at += COLLEAGUES[step]
    return groups


def _size(rng: np.random.Generator, known: int) -> str:
    """How many work there: at least those who are known, usually many more."""
    staff = known * (1 + rng.gamma(1.2, 14.0))
    limits = (("micro", 10), ("small", 50), ("medium", 250), ("large", 1000))
    return next((name for name, limit in limits if staff < limit), "huge")


class _Names:
    """Names that are given once each."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def of(self, trade: int, china: bool, city: str, country: str) -> str:
        for _ in range(20):
            made = self._chinese(trade, city) if china else self._other(trade, country)
            if made not in self._given:
                break
        else:  # every name of this kind is given: whoever comes later is told apart by a figure
            made = f"{made} {len(self._given)}"
        self._given.add(made)
        return made

    def _chinese(self, trade: int, city: str) -> str:
        first, second = self._rng.choice(len(SYLLABLES), 2, replace=False)
        kind = TRADES[trade][2][int(self._rng.integers(len(TRADES[trade][2])))]
        return f"{city}{SYLLABLES[first]}{SYLLABLES[second]}{kind}有限公司"

    def _other(self, trade: int, country: str) -> str:
        first = FIRST[int(self._rng.integers(len(FIRST)))]
        second = SECOND[int(self._rng.integers(len(SECOND)))]
        kind = TRADES[trade][3][int(self._rng.integers(len(TRADES[trade][3])))]
        return f"{first}{second} {kind} {FORMS.get(country, 'Ltd')}"
