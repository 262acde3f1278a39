"""One person's page: who they are, what is made of them, what they bought. A query each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, JSONField, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.customers.models import (
    Customer,
    Identifier,
    ModelVersion,
    Order,
    OrderLine,
    Score,
    Task,
)

ORDERS_A_PAGE = 30


def person(user: User, customer_id: UUID, permission: str = "customer.see") -> Customer:
    """The customer, with owner and department; raises `OutOfSight` or `Denied`."""
    found = (
        Customer.objects.select_related("owner", "department", "company")
        .filter(pk=customer_id)
        .first()
    )
    if found is None:
        raise access.OutOfSight
    access.require(user, permission, found)
    return found


def identifiers(customer: Customer) -> list[Identifier]:
    """What points at this person, each with its source and how it is held there: `held` is the
    strongest rule, its probability, and how many links; empty for who stands alone."""
    rows = Identifier.objects.filter(customer=customer).select_related("source")
    found = rows.annotate(
        held=RawSQL(_HELD, [], output_field=JSONField())  # noqa: S611  (a constant of ours)
    )
    return list(found.order_by("kind", "first_seen_at")[:40])


# The links that hold between an identifier and others of the same customer.
_HELD = """(
select jsonb_build_array(
    (array_agg(s.rule order by s.probability desc, s.id))[1], max(s.probability), count(*))
from (
    select id, rule, probability, b_id as other from customers_statement
    where a_id = customers_identifier.id and retracts is null
    union all
    select id, rule, probability, a_id from customers_statement
    where b_id = customers_identifier.id and retracts is null
) s join customers_identifier o on o.id = s.other
where s.rule <> 'kept apart' and o.customer_id = customers_identifier.customer_id
    and not exists (select from customers_statement r where r.retracts = s.id)
having count(*) > 0)
"""


@dataclass(frozen=True)
class Counts:
    """The numbers on the tabs."""

    orders: int
    events: int
    notes: int
    tasks: int
    scores: int
    files: int
    comments: int
    groups: int = 0

    @property
    def timeline(self) -> int:
        return self.orders + self.events + self.notes + self.tasks


def counts(customer: Customer) -> Counts:
    """All tab counts in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select count(*) from customers_order where customer_id = %(id)s),"
            " (select count(*) from collect_event where customer_id = %(id)s and name <> all("
            "array['Order Completed', 'Order Refunded', 'Profile Updated'])),"
            " (select count(*) from customers_note where customer_id = %(id)s),"
            " (select count(*) from customers_task where customer_id = %(id)s),"
            " (select count(*) from customers_score where customer_id = %(id)s),"
            " (select count(*) from files_file where record_type = 'customer'"
            " and record_id = %(id)s and deleted_at is null),"
            " (select count(*) from talk_comment where record_type = 'customer'"
            " and record_id = %(id)s and deleted_at is null),"
            " (select count(*) from customers_groupmember where customer_id = %(id)s)",
            {"id": customer.pk},
        )
        row = cursor.fetchone()
    assert row is not None
    return Counts(*row)


def scores(customer: Customer) -> dict[str, Score]:
    """The current scores by model, each knowing whether the model or its baseline acts."""
    version = ModelVersion.objects.filter(name=OuterRef("model"), version=OuterRef("version"))
    found = Score.objects.filter(customer=customer).annotate(
        in_use=Subquery(version.values("in_use")[:1])
    )
    return {score.model: score for score in found}


def open_tasks(customer: Customer) -> list[Task]:
    """What is still to do, the most urgent first."""
    found = Task.objects.filter(customer=customer, done_at=None).select_related("owner")
    return list(found.order_by(F("due_at").asc(nulls_last=True), "created_at")[:8])


@dataclass(frozen=True)
class Month:
    """What was spent in a calendar month, and how tall its bar is (0 to 44)."""

    start: datetime
    spent: Decimal
    orders: int
    height: int
    unfinished: bool

    @property
    def top(self) -> int:
        return 44 - self.height


def months(customer: Customer, as_of: datetime) -> list[Month]:
    """The last twelve calendar months up to the date of the data."""
    local = timezone.localtime(as_of - timedelta(microseconds=1))
    starts = [_month_before(local, back) for back in range(11, -1, -1)]
    with connection.cursor() as cursor:
        cursor.execute(
            "select date_trunc('month', ordered_at at time zone %s), sum(total),"
            " count(*) filter (where kind = 'sale')"
            " from customers_order where customer_id = %s and ordered_at >= %s and ordered_at < %s"
            " group by 1",
            [timezone.get_current_timezone_name(), customer.pk, starts[0], as_of],
        )
        found = {(row[0].year, row[0].month): (row[1], row[2]) for row in cursor.fetchall()}
    most = max((spent for spent, _ in found.values()), default=Decimal(0))
    result = []
    for start in starts:
        spent, orders = found.get((start.year, start.month), (Decimal(0), 0))
        height = round(44 * max(spent, Decimal(0)) / most) if most > 0 else 0
        result.append(Month(start, spent, orders, int(height), start == starts[-1]))
    return result


def _month_before(moment: datetime, back: int) -> datetime:
    index = moment.year * 12 + moment.month - 1 - back
    return moment.replace(
        year=index // 12, month=index % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


@dataclass(frozen=True)
class Liked:
    """A product that somebody bought or looked at, and how often."""

    what: str
    name: str
    count: int
    bought: bool


def liked(customer: Customer) -> list[Liked]:
    """What they bought most and looked at most, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "(select true, sku, max(product_name), count(distinct order_id) as n"
            " from customers_orderline where customer_id = %(id)s and kind = 'sale'"
            " group by sku order by n desc, sku limit 4)"
            " union all"
            " (select false, coalesce(properties->>'SKU', properties->>'sku'),"
            " max(coalesce(properties->>'Product', properties->>'product')), count(*) as n"
            " from collect_event where customer_id = %(id)s and name = 'Product Viewed'"
            " and coalesce(properties->>'SKU', properties->>'sku') is not null"
            " group by 2 order by n desc, 2 limit 3)",
            {"id": customer.pk},
        )
        rows = cursor.fetchall()
    return [Liked(sku, name or sku, count, bought) for bought, sku, name, count in rows]


@dataclass(frozen=True)
class OrderPage:
    """Orders with their lines, and where the older ones begin."""

    orders: list[tuple[Order, list[OrderLine]]]
    older: str


def orders(customer: Customer, before: str = "") -> OrderPage:
    """Orders, newest first, with every line: two queries. `before` is an earlier page's `older`."""
    found = Order.objects.filter(customer=customer).select_related("source")
    mark = _order_mark(before)
    if mark is not None:
        at, last = mark  # orders of one instant are told apart by their id
        found = found.filter(Q(ordered_at__lt=at) | Q(ordered_at=at, id__gt=last))
    page = list(found.order_by("-ordered_at", "id")[: ORDERS_A_PAGE + 1])
    more, page = len(page) > ORDERS_A_PAGE, page[:ORDERS_A_PAGE]
    lines: dict[UUID, list[OrderLine]] = {order.pk: [] for order in page}
    for line in OrderLine.objects.filter(order__in=page).order_by("id"):
        lines[line.order_id].append(line)
    older = f"{page[-1].ordered_at.isoformat()}/{page[-1].pk}" if more else ""
    return OrderPage([(order, lines[order.pk]) for order in page], older)


def _order_mark(text: str) -> tuple[datetime, UUID] | None:
    """Where a page of orders ended; None for what somebody made up."""
    moment, _, last = text.partition("/")
    try:
        at, id_ = datetime.fromisoformat(moment), UUID(last)
    except ValueError:
        return None
    return (at, id_) if at.tzinfo else None


def consents(customer: Customer) -> list[Any]:
    """What the customer allows; the table is the govern room's, which lies above this one."""
    return list(customer.consents.order_by("channel", "purpose"))
