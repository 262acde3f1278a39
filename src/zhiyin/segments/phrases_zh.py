"""Single conditions in Chinese, as a person in the trade would say them."""

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
from zhiyin.segments.wording import glue, quoted

_SIZES = {
    Op.IS: "等于",
    Op.IS_NOT: "不等于",
    Op.AT_LEAST: "不低于",
    Op.AT_MOST: "不高于",
    Op.MORE_THAN: "高于",
    Op.LESS_THAN: "低于",
}
_TIMES = {
    Comparison.AT_LEAST: "至少",
    Comparison.AT_MOST: "最多",
    Comparison.EXACTLY: "正好",
}
_SPENT = {
    Comparison.AT_LEAST: "消费满",
    Comparison.AT_MOST: "消费不超过",
    Comparison.EXACTLY: "消费正好",
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
            name = quoted(catalogue.segments[condition.segment], "zh")
            return f"属于分群{name}" if condition.member else f"不属于分群{name}"


def agreed(channels: list[str], purpose: str, catalogue: Catalogue, granted: bool = True) -> str:
    """Consent for one or for any of several channels."""
    names = wording.either([catalogue.channels[each]["zh"] for each in channels], "zh")
    return glue("同意" if granted else "没有同意", names, catalogue.purposes[purpose]["zh"])


def _window(window: Window) -> str:
    if isinstance(window, Ever):
        return ""
    if isinstance(window, Between):
        first, last = wording.day(window.first, "zh"), wording.day(window.last, "zh")
        if window.first == window.last:
            return first
        if window.first.year == window.last.year:
            last = last.split(" 年 ", 1)[1]
        return f"{first}至 {last}"
    if window.days % 365 == 0:
        return f"过去 {window.days // 365 * 12} 个月"
    return f"最近 {window.days} 天"


def _products(products: Products | None, fallback: str = "") -> str:
    if products is None:
        return fallback
    parts = []
    if products.skus:
        parts.append(glue("货号", wording.either(products.skus, "zh")))
    if products.name_contains:
        parts.append(f"名称含{quoted(products.name_contains, 'zh')}")
    return glue("、".join(parts), "的商品")


def _bought(condition: Bought, catalogue: Catalogue) -> str:
    when = _window(condition.window)
    if condition.measure is Measure.AMOUNT:
        amount = wording.money(values.read_money(condition.value), catalogue.currency, "zh")
        on = f"在{_products(condition.products)}上" if condition.products else ""
        return glue(when or "累计", on, _SPENT[condition.comparison], amount)
    if condition.measure is Measure.PRODUCTS:
        kinds = f"{_TIMES[condition.comparison]}买过 {condition.value} 种"
        return glue(when, kinds, _products(condition.products, "商品"))
    what = _products(condition.products)
    if _is_never(condition):
        return glue(when, "没有买过" if when else "从没买过", what)
    if _is_once(condition):
        return glue(when, "买过", what)
    return glue(when, f"{_TIMES[condition.comparison]}买过 {condition.value} 次", what)


def _did(condition: Did, catalogue: Catalogue) -> str:
    when = _window(condition.window)
    label = catalogue.events.get(condition.event)
    what = quoted(label["zh"] if label else condition.event, "zh")
    if condition.products is not None:
        what = glue("对", _products(condition.products), "的", what)
    if condition.measure is Measure.PRODUCTS:
        counted = f"{_TIMES[condition.comparison]} {condition.value} 种商品"
        return glue(when, "有过", what, "，涉及", counted)
    if _is_never(condition):
        return glue(when, "没有过" if when else "从没有过", what)
    if _is_once(condition):
        return glue(when, "有过", what)
    return glue(when, "有过", what, f"{_TIMES[condition.comparison]} {condition.value} 次")


def _is_never(condition: Bought | Did) -> bool:
    at_most = condition.comparison in (Comparison.AT_MOST, Comparison.EXACTLY)
    return not condition.did or (at_most and condition.value == 0)


def _is_once(condition: Bought | Did) -> bool:
    return condition.comparison is Comparison.AT_LEAST and condition.value == 1


def _field(condition: FieldIs, catalogue: Catalogue) -> str:
    field = catalogue.fields[condition.field]
    op, value = condition.op, values.read(field, condition.op, condition.value)
    label = field.label["zh"]
    if op is Op.IS_EMPTY:
        return f"没有{label}" if field.kind is Kind.TAGS else f"{label}没有填"
    if op is Op.NOT_EMPTY:
        return f"有{label}" if field.kind is Kind.TAGS else f"{label}已填"
    if field.kind is Kind.DATE:
        return _date(label, op, value)
    if field.kind is Kind.TAGS:
        return _tags(label, op, value)
    if field.kind is Kind.BOOL:
        if field.phrase is not None:
            return glue("" if value else "不", field.phrase["zh"].replace("{value}", ""))
        return glue(label, "：是" if value else "：否")
    if isinstance(value, tuple) and op is Op.BETWEEN:
        low, high = (_shown(field, each, catalogue) for each in value)
        return glue(label, "在", low, "到", high, "之间")
    if isinstance(value, tuple):
        names = wording.either([_shown(field, each, catalogue) for each in value], "zh")
        if op is Op.ONE_OF and field.phrase is not None:
            return glue(*_filled(field.phrase["zh"], names))
        return glue(label, "是" if op is Op.ONE_OF else "不是", names)
    shown = _shown(field, value, catalogue)
    if op is Op.CONTAINS:
        return f"{label}含{quoted(shown, 'zh')}"
    if op is Op.STARTS_WITH:
        return f"{label}以{quoted(shown, 'zh')}开头"
    if field.kind in (Kind.NUMBER, Kind.MONEY):
        return glue(label, _SIZES[op], shown)
    if op is Op.IS and field.phrase is not None:
        return glue(*_filled(field.phrase["zh"], shown))
    return glue(label, "是" if op is Op.IS else "不是", shown)


def _filled(phrase: str, value: str) -> tuple[str, str, str]:
    before, _, after = phrase.partition("{value}")
    return before, value, after


def _shown(field: Field, value: object, catalogue: Catalogue) -> str:
    if field.kind is Kind.MONEY and isinstance(value, Decimal):
        return wording.money(value, catalogue.currency, "zh")
    if isinstance(value, int | float | Decimal):
        return wording.number(value, percent=field.percent)
    text = str(value)
    return field.choices[text]["zh"] if text in field.choices else text


def _tags(label: str, op: Op, value: values.Plain) -> str:
    names = [quoted(str(each), "zh") for each in (value if isinstance(value, tuple) else [value])]
    match op:
        case Op.HAS_NOT:
            return f"没有{names[0]}{label}"
        case Op.HAS_ANY:
            return f"有{wording.either(names, 'zh')}{label}"
        case Op.HAS_ALL if len(names) > 1:
            return f"同时有{wording.both(names, 'zh')}{label}"
    return f"有{names[0]}{label}"


def _date(label: str, op: Op, value: values.Plain) -> str:
    match op, value:
        case Op.WITHIN_LAST, int(days):
            return f"{label}在最近 {days} 天内"
        case Op.OLDER_THAN, int(days):
            return f"{label}在 {days} 天以前"
        case ((Op.WITHIN_NEXT | Op.ANNIVERSARY_WITHIN), int(days)):
            return f"{label}在未来 {days} 天内"
        case Op.BETWEEN, (first, last):
            return glue(label, "在", _day(first), "到", _day(last), "之间")
        case Op.BEFORE, day:
            return glue(label, "早于", _day(day))
        case Op.AFTER, day:
            return glue(label, "晚于", _day(day))
        case _, day:
            return glue(label, "是", _day(day))


def _day(value: object) -> str:
    return wording.day(values.read_date(str(value)), "zh")
