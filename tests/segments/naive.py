"""What a rule means, said a second time in plain Python, one person at a time."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from zhiyin import segments as s

from .world import AS_OF, CATALOGUE, SHANGHAI, Line, Person


def belongs(node: s.Node, person: Person) -> bool:
    match node:
        case s.Group(match=s.Match.ALL):
            return all(belongs(item, person) for item in node.items)
        case s.Group(match=s.Match.ANY):
            return any(belongs(item, person) for item in node.items)
        case s.Group():
            return not any(belongs(item, person) for item in node.items)
        case s.Agreed():
            return person.consents.get(node.channel, False) == node.granted
        case s.InSegment():
            return (node.segment in person.segments) == node.member
        case s.FieldIs():
            return field_holds(node, person)
        case s.Bought() | s.Did():
            measured = measure(node, person)
            if not node.did:
                return measured == 0
            limit = Decimal(str(node.value))
            return {
                s.Comparison.AT_LEAST: measured >= limit,
                s.Comparison.AT_MOST: measured <= limit,
                s.Comparison.EXACTLY: measured == limit,
            }[node.comparison]


def local(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def inside(window: s.Between | s.LastDays | s.Ever, at: datetime) -> bool:
    if at >= AS_OF:
        return False
    if isinstance(window, s.LastDays):
        return AS_OF - at <= timedelta(days=window.days)
    if isinstance(window, s.Between):
        return window.first <= local(at) <= window.last
    return True


def measure(node: s.Bought | s.Did, person: Person) -> Decimal | int:
    products = node.products
    if isinstance(node, s.Did):
        events = [e for e in person.events if e.name == node.event and inside(node.window, e.at)]
        if products is not None:
            events = [e for e in events if e.sku in products.skus]
        if node.measure is s.Measure.COUNT:
            return len(events)
        return len({e.sku for e in events if e.sku is not None})
    if products is None and node.measure is not s.Measure.PRODUCTS:
        orders = [o for o in person.orders if inside(node.window, o.at)]
        if node.measure is s.Measure.AMOUNT:
            return sum((o.total for o in orders), Decimal(0))
        return sum(o.kind == "sale" for o in orders)

    def wanted(line: Line) -> bool:
        if not inside(node.window, line.at):
            return False
        if products is None:
            return True
        return (not products.skus or line.sku in products.skus) and (
            products.name_contains.lower() in line.name.lower()
        )

    lines = [line for line in person.lines if wanted(line)]
    if node.measure is s.Measure.AMOUNT:
        return sum((line.amount for line in lines), Decimal(0))
    sold = [line for line in lines if line.quantity > 0]
    return len({line.sku if node.measure is s.Measure.PRODUCTS else line.order for line in sold})


COLUMNS = {
    "orders": "orders_total",
    "churn_risk": "churn",
    "birthday": "birth_date",
    "last_order": "last_order_at",
}


def field_holds(node: s.FieldIs, person: Person) -> bool:
    field = CATALOGUE.fields[node.field]
    have = getattr(person, COLUMNS.get(node.field, node.field))
    op, value = node.op, node.value
    empty = have is None or have in ("", [])
    if op is s.Op.IS_EMPTY:
        return empty
    if op is s.Op.NOT_EMPTY:
        return not empty
    if op is s.Op.IS_NOT:
        return have is None or not field_holds(s.FieldIs(node.field, s.Op.IS, value), person)
    if op is s.Op.NONE_OF:
        return have not in value
    if op is s.Op.HAS_NOT:
        return value not in (have or [])
    if have is None:
        return False
    if field.kind is s.Kind.DATE:
        return date_holds(op, value, have)
    if field.kind is s.Kind.MONEY:
        value = (
            tuple(Decimal(str(v)) for v in value)
            if isinstance(value, tuple)
            else Decimal(str(value))
        )
    match op:
        case s.Op.IS:
            return have == value
        case s.Op.ONE_OF:
            return have in value
        case s.Op.CONTAINS:
            return value.lower() in have.lower()
        case s.Op.STARTS_WITH:
            return have.lower().startswith(value.lower())
        case s.Op.AT_LEAST:
            return have >= value
        case s.Op.AT_MOST:
            return have <= value
        case s.Op.MORE_THAN:
            return have > value
        case s.Op.LESS_THAN:
            return have < value
        case s.Op.BETWEEN:
            return value[0] <= have <= value[1]
        case s.Op.HAS:
            return value in have
        case s.Op.HAS_ANY:
            return any(v in have for v in value)
        case s.Op.HAS_ALL:
            return all(v in have for v in value)
    raise AssertionError(op)


def date_holds(op: s.Op, value: object, have: date | datetime) -> bool:
    today = local(AS_OF)
    if op is s.Op.ANNIVERSARY_WITHIN:
        coming = [today + timedelta(days=n) for n in range(value)]
        return any(is_birthday(have, day) for day in coming)
    if op in (s.Op.WITHIN_LAST, s.Op.OLDER_THAN, s.Op.WITHIN_NEXT):
        if isinstance(have, datetime):
            days, recent = timedelta(days=value), AS_OF - have
            return {
                s.Op.WITHIN_LAST: timedelta(0) < recent <= days,
                s.Op.OLDER_THAN: recent > days,
                s.Op.WITHIN_NEXT: timedelta(0) <= -recent < days,
            }[op]
        back = (today - have).days
        return {
            s.Op.WITHIN_LAST: 0 <= back < value,
            s.Op.OLDER_THAN: back >= value,
            s.Op.WITHIN_NEXT: 0 <= -back < value,
        }[op]
    day = local(have) if isinstance(have, datetime) else have
    read = date.fromisoformat
    match op:
        case s.Op.IS:
            return day == read(value)
        case s.Op.BEFORE:
            return day < read(value)
        case s.Op.AFTER:
            return day > read(value)
        case s.Op.BETWEEN:
            return read(value[0]) <= day <= read(value[1])
    raise AssertionError(op)


def is_birthday(born: date, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and day.year % 4 != 0:
        return (day.month, day.day) == (2, 28)
    return (born.month, born.day) == (day.month, day.day)
