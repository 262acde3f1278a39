"""A small made-up company for the segment tests: its catalogue, its rows, and both databases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from zhiyin import segments as s

AS_OF = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNELS = ("sms", "wechat")
SEGMENTS = tuple(str(UUID(int=900 + n)) for n in range(2))
EVENTS = ("Page Viewed", "Product Viewed")
SKUS = ("T-1", "T-2", "壶-3")
NAMES = ("凤凰单丛", "Rock Tea", "rock pot")
TEXTS = ("上海", "Leeds", "leeds", "O'Hara%s", "")
TIERS = ("gold", "diamond", "basic")
TAGS = ("vip", "投诉", "it's")


def label(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


CATALOGUE = s.Catalogue(
    fields={
        each.name: each
        for each in (
            s.Field("city", s.Kind.TEXT, label("城市", "city"), "city"),
            s.Field(
                "tier",
                s.Kind.CHOICE,
                label("会员等级", "tier"),
                "tier",
                choices={
                    "gold": label("金卡", "Gold"),
                    "diamond": label("钻石", "Diamond"),
                    "basic": label("普通", "Basic"),
                },
                phrase=label("{value}会员", "who are {value} members"),
            ),
            s.Field("orders", s.Kind.NUMBER, label("订单数", "orders"), "orders"),
            s.Field("revenue", s.Kind.MONEY, label("累计消费", "lifetime spend"), "revenue"),
            s.Field(
                "churn_risk", s.Kind.NUMBER, label("流失风险", "churn risk"), "churn", percent=True
            ),
            s.Field("birthday", s.Kind.DATE, label("生日", "birthday"), "birth_date"),
            s.Field(
                "last_order",
                s.Kind.DATE,
                label("上次下单", "last order"),
                "last_order_at",
                has_time=True,
            ),
            s.Field("member", s.Kind.BOOL, label("是会员", "is a member"), "member"),
            s.Field("tags", s.Kind.TAGS, label("标签", "tags"), "tags"),
            s.Field(
                "half",
                s.Kind.NUMBER,
                label("消费的一半", "half of the spend"),
                "revenue",
                expression="c.revenue * %s",
                params=(Decimal("0.5"),),
            ),
        )
    },
    channels={"sms": label("短信", "SMS"), "wechat": label("微信", "WeChat")},
    events={"Product Viewed": label("浏览商品", "viewed a product")},
    segments=dict(zip(SEGMENTS, ("老客户", "茶具爱好者"), strict=True)),
)


@dataclass(frozen=True)
class Order:
    at: datetime
    total: Decimal
    kind: str


@dataclass(frozen=True)
class Line:
    order: int
    at: datetime
    sku: str
    name: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True)
class Event:
    name: str
    at: datetime
    sku: str | None


@dataclass(frozen=True)
class Person:
    number: int
    city: str | None
    tier: str | None
    orders_total: int | None
    revenue: Decimal | None
    churn: float | None
    birth_date: date | None
    last_order_at: datetime | None
    member: bool | None
    tags: list[str] | None
    orders: list[Order] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    consents: dict[str, bool] = field(default_factory=dict)
    segments: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return str(UUID(int=self.number))

    @property
    def half(self) -> Decimal | None:
        return None if self.revenue is None else self.revenue / 2


# Moments sit on and beside the edges that rules ask about.
SOME_MOMENTS = [
    AS_OF + timedelta(days=days, microseconds=micro)
    for days in (-400, -45, -30, -1, 0, 2)
    for micro in (-1, 0, 1)
] + [datetime(2026, 2, 28, 16, 0, tzinfo=UTC), datetime(2026, 2, 28, 15, 59, tzinfo=UTC)]
SOME_DAYS = [
    date(1988, 2, 29),
    date(1990, 3, 3),
    date(1990, 3, 4),
    date(1991, 3, 5),
    date(2000, 12, 31),
    date(2026, 3, 4),
    date(2026, 2, 3),
    date(2026, 4, 1),
]
SUMS = [Decimal("-5.5"), Decimal(0), Decimal("9.99"), Decimal(20), Decimal(2000)]
MOMENTS, DAYS, MONEY = (st.sampled_from(some) for some in (SOME_MOMENTS, SOME_DAYS, SUMS))


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


ORDERS = st.lists(
    st.builds(Order, at=MOMENTS, total=MONEY, kind=st.sampled_from(["sale", "return"])), max_size=3
)
LINES = st.lists(
    st.builds(
        Line,
        order=st.integers(1, 3),
        at=MOMENTS,
        sku=st.sampled_from(SKUS),
        name=st.sampled_from(NAMES),
        quantity=st.sampled_from([-1, 1, 2]),
        amount=MONEY,
    ),
    max_size=3,
)
EVENT_LISTS = st.lists(
    st.builds(Event, name=st.sampled_from(EVENTS), at=MOMENTS, sku=maybe(st.sampled_from(SKUS))),
    max_size=3,
)


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    return [
        Person(
            number=number,
            city=draw(maybe(st.sampled_from(TEXTS))),
            tier=draw(maybe(st.sampled_from(TIERS))),
            orders_total=draw(maybe(st.integers(0, 4))),
            revenue=draw(maybe(MONEY)),
            churn=draw(maybe(st.sampled_from([0.0, 0.2, 0.35, 0.9]))),
            birth_date=draw(maybe(DAYS)),
            last_order_at=draw(maybe(MOMENTS)),
            member=draw(maybe(st.booleans())),
            tags=draw(maybe(st.lists(st.sampled_from(TAGS), max_size=2, unique=True))),
            orders=draw(ORDERS),
            lines=draw(LINES),
            events=draw(EVENT_LISTS),
            consents=draw(st.dictionaries(st.sampled_from(CHANNELS), st.booleans())),
            segments=tuple(draw(st.sets(st.sampled_from(SEGMENTS)))),
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]


def crowd() -> list[Person]:
    """People who hold, each field apart from the others, every value that is made up here."""

    def held(some: Sequence[Any], step: int) -> Iterator[Any]:
        return cycle([None, *some[::step], *some])

    columns = zip(
        held(TEXTS, 1), held(TIERS, 2), held([0, 1, 3, 4], 3), held(SUMS, 2),
        held([0.0, 0.2, 0.35, 0.9], 3), held(SOME_DAYS, 3), held(SOME_MOMENTS, 4),
        held([True, False], 1), held([[], ["vip"], ["it's"], ["vip", "投诉"]], 3),
        strict=False,
    )  # fmt: skip
    found = [Person(number, *row) for number, row in enumerate(islice(columns, 40), start=1)]
    moments, sums, skus = held(SOME_MOMENTS[::3], 1), held(SUMS, 1), held(SKUS, 1)
    for person in found:
        for number in range(person.number % 5):
            at = next(moments) or AS_OF - timedelta(days=5)
            sku, kind = next(skus), "return" if number == 3 else "sale"
            person.orders.append(Order(at, next(sums) or Decimal(1), kind))
            person.lines.append(
                Line(number % 2, at, sku or "T-1", NAMES[SKUS.index(sku or "T-1")],
                     -1 if kind == "return" else 1, next(sums) or Decimal(1))
            )  # fmt: skip
            person.events.append(Event(EVENTS[number % 2], at, sku))
    return found


WINDOWS = st.one_of(
    st.just(s.Ever()),
    st.builds(s.LastDays, st.sampled_from([1, 30, 45, 400])),
    st.sampled_from(
        [
            s.Between(date(2026, 3, 1), date(2026, 3, 4)),
            s.Between(date(2025, 1, 1), date(2026, 2, 28)),
            s.Between(date(2026, 3, 6), date(2026, 3, 8)),
        ]
    ),
)
PRODUCTS = st.sampled_from(
    [
        None,
        s.Products(skus=("T-1", "壶-3")),
        s.Products(name_contains="ROCK"),
        s.Products(skus=("T-2",), name_contains="丛"),
    ]
)


def field_values(field: s.Field, op: s.Op) -> st.SearchStrategy:
    days = st.sampled_from([1, 2, 30, 45, 300, 365])
    match op:
        case s.Op.IS_EMPTY | s.Op.NOT_EMPTY:
            return st.none()
        case s.Op.WITHIN_LAST | s.Op.OLDER_THAN | s.Op.WITHIN_NEXT | s.Op.ANNIVERSARY_WITHIN:
            return days
    singles: st.SearchStrategy = {
        s.Kind.TEXT: st.sampled_from([*TEXTS[:4], "LEE", "海", "'; drop table x; --", "%(p1)s"]),
        s.Kind.NUMBER: st.sampled_from([0, 1, 3, 0.2, 0.35]),
        s.Kind.MONEY: st.sampled_from(["0", "9.99", "-5.5", 20, "2000.00"]),
        s.Kind.DATE: DAYS.map(date.isoformat),
        s.Kind.BOOL: st.booleans(),
        s.Kind.CHOICE: st.sampled_from(TIERS),
        s.Kind.TAGS: st.sampled_from(TAGS),
    }[field.kind]
    if op in (s.Op.ONE_OF, s.Op.NONE_OF, s.Op.HAS_ANY, s.Op.HAS_ALL):
        return st.lists(singles, min_size=1, max_size=3).map(tuple)
    if op is s.Op.BETWEEN:
        order = (lambda v: float(v)) if field.kind is s.Kind.MONEY else (lambda v: v)
        return st.lists(singles, min_size=2, max_size=2).map(lambda v: tuple(sorted(v, key=order)))
    return singles


@st.composite
def field_conditions(draw: st.DrawFn) -> s.FieldIs:
    field = draw(st.sampled_from(list(CATALOGUE.fields.values())))
    op = draw(st.sampled_from(field.operators))
    return s.FieldIs(field.name, op, draw(field_values(field, op)))


@st.composite
def behaviour(draw: st.DrawFn) -> s.Bought | s.Did:
    window, products = draw(WINDOWS), draw(PRODUCTS)
    event = draw(maybe(st.sampled_from(EVENTS)))
    if event is not None and products is not None:
        products = s.Products(skus=("T-1", "壶-3"))
    did = draw(st.booleans())
    rest = {}
    if did:
        measures = [m for m in s.Measure if event is None or m is not s.Measure.AMOUNT]
        measure = draw(st.sampled_from(measures))
        value = draw(
            st.sampled_from(["0", "9.99", 20, "-1"])
            if measure is s.Measure.AMOUNT
            else st.integers(0, 3)
        )
        rest = {
            "measure": measure,
            "value": value,
            "comparison": draw(st.sampled_from(list(s.Comparison))),
        }
    if event is None:
        return s.Bought(window, did=did, products=products, **rest)
    return s.Did(event, window, did=did, products=products, **rest)


CONDITIONS = st.one_of(
    field_conditions(),
    behaviour(),
    st.builds(
        s.Agreed,
        channel=st.sampled_from(CHANNELS),
        granted=st.booleans(),
        purpose=st.just("marketing"),
    ),
    st.builds(s.InSegment, segment=st.sampled_from(SEGMENTS), member=st.booleans()),
)


def groups(items: st.SearchStrategy) -> st.SearchStrategy:
    return st.builds(
        s.Group,
        match=st.sampled_from(list(s.Match)),
        items=st.lists(items, min_size=1, max_size=3).map(tuple),
    )


RULES = groups(st.recursive(CONDITIONS, groups, max_leaves=6)).map(lambda root: s.Rule(root=root))
