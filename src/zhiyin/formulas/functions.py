"""The functions of a formula: what each takes and gives, how Python computes it, how SQL says it.

Each is total: where there is no answer (a division by nothing, a day after the year 9999) it is
empty, in Python as in PostgreSQL. SQL patterns take their arguments by number, and may repeat one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

from zhiyin.formulas.tree import Kind

Value = Decimal | str | bool | date | datetime | None
# Large enough that nothing a bounded formula adds or multiplies is ever rounded.
EXACT = Context(prec=20_000, Emax=50_000, Emin=-50_000, rounding=ROUND_HALF_UP, traps=[])
FURTHEST = 1_000_000  # days that add_days goes; more leaves the calendar anyway
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FOLD = str.maketrans(UPPER, UPPER.lower())

_N, _T, _D, _B = Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.BOOL


@dataclass(frozen=True)
class Function:
    """One function. `same` are arguments that must all be of one kind, any of `kinds`."""

    name: str
    zh: str
    en: str
    example: str
    compute: Callable[..., Value]
    sql: str  # {0}, {1}…; {all} is every argument, with commas between
    kinds: tuple[Kind, ...] = ()
    result: Kind | None = None  # None: that of the `same` arguments
    same: tuple[Kind, ...] = ()
    fixed_last: tuple[int, int] | None = None  # the last argument is a whole number written there
    strict: bool = True  # empty where any argument is

    def repeats(self) -> bool:
        """Whether it takes any number of arguments."""
        return bool(self.same)


def plain_text(number: Decimal) -> str:
    """A number without idle zeros and never as a power of ten."""
    if not number:
        return "0"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(number: Decimal, digits: Decimal) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP, EXACT)


def _added(day: date, days: Decimal) -> date | None:
    if not -FURTHEST <= days <= FURTHEST:
        return None
    try:
        return day + timedelta(days=int(days.to_integral_value(ROUND_FLOOR)))
    except OverflowError:
        return None


def _first(*given: Value) -> Value:
    return next((one for one in given if one is not None), None)


def _extreme(pick: Callable[[list[Any]], Value]) -> Callable[..., Value]:
    def of(*given: Value) -> Value:
        known = [one for one in given if one is not None]
        return pick(known) if known else None

    return of


def _joined(*given: str | None) -> str:
    return "".join(one or "" for one in given)


def _plain(*known: Function) -> Mapping[str, Function]:
    return {each.name: each for each in known}


_ANY = (_N, _T, _D, Kind.MOMENT, _B)
_ORDERED = (_N, _D)

FUNCTIONS: Mapping[str, Function] = _plain(
    Function(
        "round", "四舍五入到几位小数", "rounds half up to so many decimals", "round(revenue, 2)",
        _rounded, "round({0}, {1}::int)", (_N, _N), _N, fixed_last=(0, 10),
    ),
    Function(
        "floor", "向下取整", "the whole number below", "floor(revenue)",
        lambda n: n.to_integral_value(ROUND_FLOOR), "floor({0})", (_N,), _N,
    ),
    Function(
        "ceil", "向上取整", "the whole number above", "ceil(revenue)",
        lambda n: n.to_integral_value(ROUND_CEILING), "ceil({0})", (_N,), _N,
    ),
    Function("abs", "绝对值", "without its sign", "abs(revenue)", EXACT.abs, "abs({0})", (_N,), _N),
    Function(
        "min", "最小的一个，空值不计", "the least; empty ones do not count", "min(orders, 10)",
        _extreme(min), "least({all})", same=_ORDERED, strict=False,
    ),
    Function(
        "max", "最大的一个，空值不计", "the greatest; empty ones do not count", "max(orders, 1)",
        _extreme(max), "greatest({all})", same=_ORDERED, strict=False,
    ),
    Function(
        "coalesce", "第一个不为空的", "the first that is not empty", "coalesce(value_12m, 0)",
        _first, "coalesce({all})", same=_ANY, strict=False,
    ),
    Function(
        "concat", "连成一段文本，空值不计", "texts set together; empty ones do not count",
        'concat(city, " ", country)', _joined, "concat({all})", same=(_T,), strict=False,
    ),
    Function(
        "lower", "A–Z 改成小写", "A to Z in lower case", "lower(name)",
        lambda t: t.translate(_FOLD), f"translate({{0}}, '{UPPER}', '{UPPER.lower()}')", (_T,), _T,
    ),
    Function(
        "trim", "去掉首尾空格", "without spaces at its ends", "trim(name)",
        lambda t: t.strip(" "), "btrim({0})", (_T,), _T,
    ),
    Function(
        "length", "字符数", "how many characters", "length(name)",
        lambda t: Decimal(len(t)), "char_length({0})::numeric", (_T,), _N,
    ),
    Function(
        "left", "前几个字符", "its first so many characters", "left(name, 1)",
        lambda t, n: t[: int(n)], "left({0}, {1}::int)", (_T, _N), _T, fixed_last=(0, 1000),
    ),
    Function(
        "contains", "是否包含", "whether one text holds another", 'contains(name, "公司")',
        lambda t, part: part in t, "(strpos({0}, {1}) > 0)", (_T, _T), _B,
    ),
    Function(
        "starts_with", "是否以其开头", "whether a text begins with another",
        'starts_with(number, "V")',
        lambda t, part: t.startswith(part), "(strpos({0}, {1}) = 1)", (_T, _T), _B,
    ),
    Function(
        "text", "把数字写成文本", "a number as text", "text(orders)",
        plain_text, "trim_scale({0})::text", (_N,), _T,
    ),
    Function(
        "year", "年份", "its year", "year(birth_date)",
        lambda d: Decimal(d.year), "extract(year from {0})::numeric", (_D,), _N,
    ),
    Function(
        "month", "月份", "its month", "month(birth_date)",
        lambda d: Decimal(d.month), "extract(month from {0})::numeric", (_D,), _N,
    ),
    Function(
        "day", "几号", "its day of the month", "day(birth_date)",
        lambda d: Decimal(d.day), "extract(day from {0})::numeric", (_D,), _N,
    ),
    Function(
        "days_between", "从前一天到后一天的天数", "days from the first to the second",
        "days_between(last_order_at, today())",
        lambda a, b: Decimal((b - a).days), "({1} - {0})::numeric", (_D, _D), _N,
    ),
    Function(
        "add_days", "几天之后的日期", "the day so many days later", "add_days(last_order_at, 30)",
        _added,
        f"case when {{1}} between {-FURTHEST} and {FURTHEST} then case when"
        " {0} + floor({1})::int between date '0001-01-01' and date '9999-12-31'"
        " then {0} + floor({1})::int end end",
        (_D, _N), _D,
    ),
    Function(
        "is_empty", "是否为空", "whether it is empty", "is_empty(city)",
        lambda x: x is None or x == "", "", _ANY[:1], _B, strict=False,
    ),
    Function(
        "if", "条件成立取第二个，否则取第三个", "the second where the first holds, else the third",
        'if(orders >= 3, "回头客", "新客")',
        lambda c, a, b: a if c is True else b, "case when {0} then {1} else {2} end",
        strict=False,
    ),
    Function(
        "today", "今天", "today", "today()", lambda: None, "", (), _D, strict=False,
    ),
    Function(
        "day_of", "一个时刻所在的日期", "the day of a moment", "day_of(last_order_at)",
        lambda m: None, "", (Kind.MOMENT,), _D,
    ),
)  # fmt: skip
