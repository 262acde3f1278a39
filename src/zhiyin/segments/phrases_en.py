"""Single conditions in English, as clauses that follow "people": who did, whose field is."""

from decimal import Decimal

from zhiyin.segments import values, wording
from zhiyin.segments.catalogue import Catalogue, Field, Kind
from zhiyin.segments.tree import (
    Agreed,
    Between,
    Bought,
    Comparison,
    Condition,
    Did,
    Ever,
    FieldIs,
    InSegment,
    Measure,
    Op,
    Products,
    Window,
)
from zhiyin.segments.wording import quoted

_SIZES = {
    Op.IS: "",
    Op.IS_NOT: "not ",
    Op.AT_LEAST: "at least ",
    Op.AT_MOST: "at most ",
    Op.MORE_THAN: "above ",
    Op.LESS_THAN: "below ",
}
_AMOUNTS = {
    Comparison.AT_LEAST: "at least",
    Comparison.AT_MOST: "at most",
    Comparison.EXACTLY: "exactly",
}


def phrase(condition: Condition, catalogue: Catalogue) -> str:
    """The condition as a clause without a full stop."""
    match condition:
        case FieldIs():
            return _field(condition, catalogue)
        case Bought():
            return _bought(condition, catalogue)
        case Did():
            return _did(condition, catalogue)
        case Agreed():
            return agreed([condition.channel], condition.purpose, catalogue, condition.granted)
        case InSegment():
            name = quoted(catalogue.segments[condition.segment], "en")
            return f"who are {'' if condition.member else 'not '}in the segment {name}"


def agreed(channels: list[str], purpose: str, catalogue: Catalogue, granted: bool = True) -> str:
    """Consent for one or for any of several channels."""
    names = wording.either([catalogue.channels[each]["en"] for each in channels], "en")
    verb = "agreed" if granted else "have not agreed"
    return f"who {verb} to {names} {catalogue.purposes[purpose]['en']}"


def _window(window: Window) -> str:
    if isinstance(window, Ever):
        return ""
    if isinstance(window, Between):
        first, last = wording.day(window.first, "en"), wording.day(window.last, "en")
        return f" on {first}" if first == last else f" from {first} to {last}"
    if window.days % 365 == 0:
        return f" in the past {window.days // 365 * 12} months"
    return " in the last day" if window.days == 1 else f" in the last {window.days} days"


def _products(products: Products | None, fallback: str = "") -> str:
    if products is None:
        return fallback
    parts = []
    if products.skus:
        parts.append(f"SKU {wording.either(products.skus, 'en')}")
    if products.name_contains:
        parts.append(f"a name containing {quoted(products.name_contains, 'en')}")
    return f"products with {' and '.join(parts)}"


def _times(condition: Bought | Did) -> str:
    counted = {1: "once", 2: "twice"}.get(int(condition.value), f"{condition.value} times")
    return f"{_AMOUNTS[condition.comparison]} {counted}"


def _bought(condition: Bought, catalogue: Catalogue) -> str:
    when = _window(condition.window)
    if condition.measure is Measure.AMOUNT:
        amount = wording.money(values.read_money(condition.value), catalogue.currency, "en")
        on = f" on {_products(condition.products)}" if condition.products else ""
        return f"who spent {_AMOUNTS[condition.comparison]} {amount}{on}{when}"
    if condition.measure is Measure.PRODUCTS:
        different = f"{_AMOUNTS[condition.comparison]} {condition.value} different"
        return f"who bought {different} {_products(condition.products, 'products')}{when}"
    what = f" {_products(condition.products)}" if condition.products else ""
    if _is_never(condition):
        return f"who have {'not' if when else 'never'} bought{what}{when}"
    if condition.comparison is Comparison.AT_LEAST and condition.value == 1:
        return f"who bought{what or ('' if when else ' at least once')}{when}"
    return f"who bought{what} {_times(condition)}{when}"


def _did(condition: Did, catalogue: Catalogue) -> str:
    when = _window(condition.window)
    label = catalogue.events.get(condition.event)  # a past tense: "viewed a product"
    what = label["en"] if label else f"had {quoted(condition.event, 'en')}"
    if condition.products is not None:
        what += f" ({_products(condition.products)})"
    if condition.measure is Measure.PRODUCTS:
        different = f"{_AMOUNTS[condition.comparison]} {condition.value} different products"
        return f"who {what}, of {different}{when}"
    if _is_never(condition):
        return f"none of whom {'' if when else 'ever '}{what}{when}"
    if condition.comparison is Comparison.AT_LEAST and condition.value == 1:
        return f"who {what}{when}"
    return f"who {what} {_times(condition)}{when}"


def _is_never(condition: Bought | Did) -> bool:
    at_most = condition.comparison in (Comparison.AT_MOST, Comparison.EXACTLY)
    return not condition.did or (at_most and condition.value == 0)


def _field(condition: FieldIs, catalogue: Catalogue) -> str:
    field = catalogue.fields[condition.field]
    op, value = condition.op, values.read(field, condition.op, condition.value)
    label = field.label["en"]
    if op in (Op.IS_EMPTY, Op.NOT_EMPTY):
        if field.kind is Kind.TAGS:
            return f"who have {'no' if op is Op.IS_EMPTY else 'some'} {label}"
        return f"whose {label} is {'empty' if op is Op.IS_EMPTY else 'filled in'}"
    if field.kind is Kind.DATE:
        return _date(label, op, value)
    if field.kind is Kind.TAGS:
        return _tags(label, op, value)
    if field.kind is Kind.BOOL:
        return f"with {quoted(label, 'en')}: {'yes' if value else 'no'}"
    if isinstance(value, tuple) and op is Op.BETWEEN:
        low, high = (_shown(field, each, catalogue) for each in value)
        return f"whose {label} is between {low} and {high}"
    if isinstance(value, tuple):
        names = wording.either([_shown(field, each, catalogue) for each in value], "en")
        if op is Op.ONE_OF and field.phrase is not None:
            return field.phrase["en"].replace("{value}", names)
        return f"whose {label} is {'' if op is Op.ONE_OF else 'not '}{names}"
    shown = _shown(field, value, catalogue)
    if op is Op.CONTAINS:
        return f"whose {label} contains {quoted(shown, 'en')}"
    if op is Op.STARTS_WITH:
        return f"whose {label} starts with {quoted(shown, 'en')}"
    if op is Op.IS and field.phrase is not None:
        return field.phrase["en"].replace("{value}", shown)
    return f"whose {label} is {_SIZES[op]}{shown}"


def _shown(field: Field, value: object, catalogue: Catalogue) -> str:
    if field.kind is Kind.MONEY and isinstance(value, Decimal):
        return wording.money(value, catalogue.currency, "en")
    if isinstance(value, int | float | Decimal):
        return wording.number(value, percent=field.percent)
    text = str(value)
    return field.choices[text]["en"] if text in field.choices else text


def _tags(label: str, op: Op, value: values.Plain) -> str:
    names = [quoted(str(each), "en") for each in (value if isinstance(value, tuple) else [value])]
    match op:
        case Op.HAS_NOT:
            return f"without {names[0]} among their {label}"
        case Op.HAS_ANY:
            return f"with {wording.either(names, 'en')} among their {label}"
    return f"with {wording.both(names, 'en')} among their {label}"


def _date(label: str, op: Op, value: values.Plain) -> str:
    match op, value:
        case Op.WITHIN_LAST, int(days):
            return f"whose {label} is in the last {days} days"
        case Op.OLDER_THAN, int(days):
            return f"whose {label} is more than {days} days ago"
        case ((Op.WITHIN_NEXT | Op.ANNIVERSARY_WITHIN), int(days)):
            return f"whose {label} is in the next {days} days"
        case Op.BETWEEN, (first, last):
            return f"whose {label} is between {_day(first)} and {_day(last)}"
        case Op.BEFORE, day:
            return f"whose {label} is before {_day(day)}"
        case Op.AFTER, day:
            return f"whose {label} is after {_day(day)}"
        case _, day:
            return f"whose {label} is {_day(day)}"


def _day(value: object) -> str:
    return wording.day(values.read_date(str(value)), "en")
