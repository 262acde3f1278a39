"""The language of quality rules: a small closed set of typed sentences about rows of one object.

A rule names fields of the catalogue and says what must hold; which rows it speaks of follows from
it (a pattern is about filled fields only). Pure: what fields there are is passed in, SQL is made in
`compiling`, sentences for people in `wording`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import msgspec

MOST_VALUES, LONGEST_VALUE = 200, 200
ROBUST_Z = 3.5  # Iglewicz and Hoaglin (1993): beyond this the modified z score is an outlier


class Dimension(StrEnum):
    """What a rule measures."""

    COMPLETENESS = "completeness"
    VALIDITY = "validity"
    UNIQUENESS = "uniqueness"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"


class Type(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    ROW = "row"  # another row: a company, a customer
    YES_NO = "yes_no"


class Required(msgspec.Struct, frozen=True, tag="required"):
    """The field is filled."""

    field: str


class Pattern(msgspec.Struct, frozen=True, tag="pattern"):
    """What is filled looks like one of `PATTERNS`."""

    field: str
    pattern: str


class Range(msgspec.Struct, frozen=True, tag="range"):
    """What is filled lies between two bounds, of which one may be open; days as 2026-01-31."""

    field: str
    low: str = ""
    high: str = ""


class Allowed(msgspec.Struct, frozen=True, tag="allowed"):
    """What is filled is one of these."""

    field: str
    values: tuple[str, ...]


class Unique(msgspec.Struct, frozen=True, tag="unique"):
    """No two rows have the same."""

    field: str


class Refers(msgspec.Struct, frozen=True, tag="refers"):
    """What is filled exists in `TARGETS`."""

    field: str
    to: str


class Before(msgspec.Struct, frozen=True, tag="before"):
    """Where both are filled, the one day is not after the other."""

    field: str
    then: str


class Implies(msgspec.Struct, frozen=True, tag="implies"):
    """Where the field is filled (or is `value`), another is filled (or is `then_value`)."""

    field: str
    then: str
    value: str = ""
    then_value: str = ""


class Fresh(msgspec.Struct, frozen=True, tag="fresh"):
    """What is filled is no older than so many days."""

    field: str
    days: int


class Outlier(msgspec.Struct, frozen=True, tag="outlier"):
    """The number lies within `z` robust deviations of the median; `log`: of its logarithm."""

    field: str
    z: float = ROBUST_Z
    log: bool = False


class PlacesAgree(msgspec.Struct, frozen=True, tag="places"):
    """The city lies in the province, where both are known to the list of divisions."""

    field: str = "city"


class OneNumber(msgspec.Struct, frozen=True, tag="one_number"):
    """A person has no more than one identifier of this kind."""

    kind: str = "number"
    field: str = "number"


Rule = (
    Required | Pattern | Range | Allowed | Unique | Refers | Before | Implies | Fresh | Outlier
    | PlacesAgree | OneNumber
)  # fmt: skip

DIMENSIONS: Mapping[type, Dimension] = {
    Required: Dimension.COMPLETENESS, Pattern: Dimension.VALIDITY, Range: Dimension.VALIDITY,
    Allowed: Dimension.VALIDITY, Outlier: Dimension.VALIDITY, Unique: Dimension.UNIQUENESS,
    OneNumber: Dimension.UNIQUENESS, Refers: Dimension.CONSISTENCY, Before: Dimension.CONSISTENCY,
    Implies: Dimension.CONSISTENCY, PlacesAgree: Dimension.CONSISTENCY, Fresh: Dimension.TIMELINESS,
}  # fmt: skip

# Regular expressions that PostgreSQL and Python read alike, anchored by both.
PATTERNS: Mapping[str, str] = {
    "email": r"[^\s@]+@[^\s@]+\.[^\s@.]{2,}",
    "e164": r"\+[1-9][0-9]{6,14}(;ext=[0-9]{1,8})?",
    "cn_mobile": r"(\+86)?1[3-9][0-9]{9}",
    "credit_code": r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}",
    "cn_postcode": r"[0-9]{6}",
    "url": r"(https?://)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?(/\S*)?",
    "digits": r"[0-9]+",
    "code": r"[A-Za-z0-9][A-Za-z0-9_.:/-]*",
    "currency": r"[A-Z]{3}",
    "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "iso_day": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "no_edges": r"\S(.*\S)?",
    "name": r"[^0-9@#<>{}\[\]|\\/]{1,200}",
}
TARGETS = ("product", "order", "customer", "company")
_NUMBERS, _TIMES = {Type.NUMBER}, {Type.DATE, Type.MOMENT}


class Faulty(ValueError):  # noqa: N818 (it names the rule)
    """The rule cannot be asked; `code` says why, for `wording`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def load(data: object) -> Rule:
    """A rule from JSON; raises `Faulty`."""
    try:
        found: Rule = msgspec.convert(data, Rule)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Faulty("no_rule", str(error)[:200]) from error
    return found


def dump(rule: Rule) -> dict[str, object]:
    """The rule as JSON."""
    found: dict[str, object] = msgspec.to_builtins(rule)
    return found


def dimension(rule: Rule) -> Dimension:
    """What the rule measures."""
    if isinstance(rule, Range) and rule.field == "delay_minutes":
        return Dimension.TIMELINESS
    return DIMENSIONS[type(rule)]


def fields_of(rule: Rule) -> tuple[str, ...]:
    """The fields that the rule names."""
    if isinstance(rule, PlacesAgree):
        return ("city", "province")
    if isinstance(rule, Before | Implies):
        return (rule.field, rule.then)
    return (rule.field,)


def check(rule: Rule, types: Mapping[str, Type]) -> None:
    """Raises `Faulty` where the rule cannot be asked of fields of these types."""
    for name in fields_of(rule):
        if name not in types:
            raise Faulty("no_field", name)
    of = types[rule.field]
    match rule:
        case Pattern():
            _must(of is Type.TEXT, "not_text")
            _must(rule.pattern in PATTERNS, "no_pattern")
        case Range():
            _must(bool(rule.low or rule.high), "no_bound")
            low, high = (_bound(text, of) for text in (rule.low, rule.high))
            _must(low is None or high is None or low <= high, "bounds_crossed")  # type: ignore[operator]
        case Allowed():
            _must(of is Type.TEXT, "not_text")
            _must(0 < len(rule.values) <= MOST_VALUES, "values")
            _must(all(0 < len(one) <= LONGEST_VALUE for one in rule.values), "values")
        case Unique():
            _must(of is Type.TEXT, "not_text")
        case Refers():
            _must(of is Type.TEXT and rule.to in TARGETS, "no_target")
        case Before():
            _must(of in _TIMES and types[rule.then] in _TIMES, "not_time")
        case Implies():
            _must(rule.field != rule.then, "same_field")
            for given, name in ((rule.value, rule.field), (rule.then_value, rule.then)):
                _must(not given or types[name] is Type.TEXT, "not_text")
                _must(len(given) <= LONGEST_VALUE, "values")
        case Fresh():
            _must(of in _TIMES, "not_time")
            _must(0 < rule.days <= 36_500, "days")
        case Outlier():
            _must(of in _NUMBERS, "not_number")
            _must(1 <= rule.z <= 100, "z")
        case _:
            pass


def _must(holds: bool, code: str) -> None:
    if not holds:
        raise Faulty(code)


def _bound(text: str, of: Type) -> float | date | None:
    if not text:
        return None
    try:
        if of in _NUMBERS:
            return float(text)
        if of in _TIMES:
            return date.fromisoformat(text)
    except ValueError as error:
        raise Faulty("bound", text[:40]) from error
    raise Faulty("not_ordered")
