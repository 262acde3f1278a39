"""What hangs on companies: their figures, how they are found, and how one is named in a form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.customers import contested, search
from zhiyin.customers.models import Company, Customer
from zhiyin.objects.definitions import Found, Value, object_type
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.keyset import in_usual_order

MOST_SUGGESTED = 8
_REFRESH = """
update customers_company c set headcount = p.people, orders = p.orders, revenue = p.revenue,
    last_order_at = p.last_at, figures_at = %(at)s
from unnest(%(ids)s::uuid[]) as t(id)
cross join lateral (
    select count(*) as people, coalesce(sum(orders), 0) as orders,
           coalesce(sum(revenue), 0) as revenue, max(last_order_at) as last_at
    from customers_customer where company_id = t.id
) p
where c.id = t.id
"""


def refresh(companies: Iterable[UUID | str | None], *, at: datetime) -> None:
    """Count the figures of these companies again, from their people."""
    ids = sorted({UUID(str(one)) for one in companies if one})
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_REFRESH, {"ids": ids, "at": at})


def refresh_of(customers: Iterable[UUID], *, at: datetime) -> None:
    """The same for the companies of these customers, after their own figures changed."""
    people = Customer.objects.filter(pk__among=list(customers), company__isnull=False)
    refresh(people.order_by().values_list("company", flat=True).distinct(), at=at)


def index(companies: Iterable[UUID]) -> None:
    """Make what these companies are found by anew: name with pinyin, number, website."""
    rows = list(Company.objects.filter(pk__among=list(companies)))
    for row in rows:
        row.text = search.text_of(row.name, [row.number, row.website])
        row.grams = search.entries(row.text)
    Company.objects.bulk_update(rows, ["text", "grams"], batch_size=500)


def find(user: User, rows: QuerySet[Company], question: str) -> Found:
    """Those of `rows` in which every word of the question is found."""
    condition = Q()
    for word in search.fold(question[: search.LONGEST_QUESTION]).split():
        condition &= Q(grams__contains=search.wanted_of(word)) & search.told(word, "text")
    found = rows.filter(condition)
    return Found(found, found)


def as_seen(rows: Sequence[Company], user: User) -> None:
    """Let the figures of these rows count those of their people alone whom this user sees."""
    if access.scope_of(user, "customer.see") is access.Scope.ALL:
        return
    theirs = Customer.objects.filter(company__in=[one.pk for one in rows])
    seen = access.scoped(user, theirs, "customer.see").order_by().values("company")
    sums = seen.annotate(
        people=Count("pk"), bought=Sum("orders"), spent=Sum("revenue"), last=Max("last_order_at")
    ).values_list("company", "people", "bought", "spent", "last")
    found = {company: rest for company, *rest in sums}
    for row in rows:
        people, bought, spent, last = found.get(row.pk, (0, 0, Decimal(0), None))
        row.headcount, row.orders, row.revenue = people, bought, spent
        row.last_order_at, row.figures_at = last, None


def in_sight(user: User) -> QuerySet[Company]:
    """The companies that this user sees."""
    return access.scoped(user, Company.objects.all(), "company.see")


def suggested(user: User, question: str) -> list[Company]:
    """A few companies that somebody may mean, the largest first."""
    if not search.fold(question):
        return []
    found = find(user, in_sight(user), question).rows
    if access.scope_of(user, "customer.see") is not access.Scope.ALL:
        return list(found.order_by("name", "id")[:MOST_SUGGESTED])  # the usual order tells totals
    return list(in_usual_order(object_type("company"), found)[:MOST_SUGGESTED])


def read_reference(text: str, by: User) -> Value:
    """The company that somebody names: by its id, its number, or its whole name."""
    written = tidy(text)
    if not written:
        return None
    seen = in_sight(by)
    try:
        found = list(seen.filter(pk=UUID(written))[:2])
    except ValueError:
        named = Q(name=written) | (Q(number=written) & ~Q(number=""))
        found = list(seen.filter(named).order_by("pk")[:2])
    if not found:
        raise CannotBe(gettext("There is no company of this name or number"))
    if len(found) > 1:
        raise CannotBe(gettext("Several companies have this name; give the number"))
    return found[0].pk


def written_reference(row: Customer) -> str:
    """A customer's company as a form shows it."""
    return row.company.name if row.company is not None else ""


def read_number(text: str, by: User) -> Value:
    """The number under which a company is registered: kept without spaces, in capitals."""
    written = "".join(tidy(text).split()).upper()
    if len(written) > 60:
        raise CannotBe(gettext("At most %(limit)s characters") % {"limit": 60})
    if written and in_sight(by).filter(number=written).exists():
        raise Registered(gettext("Another company is registered under this number"))
    return written


def put_number(row: Company, value: Value, by: User | None) -> Sequence[str]:
    """Set the number; where a company out of the writer's sight has it, both keep it."""
    row.number = str(value or "")
    row.contested = bool(row.number) and _registered(row) is not None
    return ["number", "contested"]


def _registered(row: Company) -> Company | None:
    """Another company under the same number, whoever sees it."""
    others = Company.objects.exclude(pk=row.pk)
    return others.filter(number=row.number, contested=False).first()


def follow(ids: Iterable[UUID]) -> None:
    """Companies changed: find them by what they are now, and tell of one that is here twice."""
    changed = list(ids)
    index(changed)
    for row in Company.objects.filter(pk__among=changed, contested=True).exclude(number=""):
        if other := _registered(row):
            contested.tell_judges("company", row, other, field="number")


class Registered(CannotBe):
    """The number belongs to a company that is here already."""

    field = "number"


def read_website(text: str, by: User) -> Value:
    """An address of the web, of which only the plain kinds are kept."""
    written = tidy(text)
    if not written:
        return ""
    address = written if "://" in written else f"https://{written}"
    host = urlsplit(address).hostname if address.startswith(("http://", "https://")) else None
    if host is None or "." not in host or len(address) > 200 or " " in address:
        raise CannotBe(gettext("This is no address of a website"))
    return address
