"""One company's page: its people, what they bought, what happened, what is to do. A query each.

Everything here is of those people alone whom the reader may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import F, Model, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.customers.models import Company, Customer, Note, Order, Task
from zhiyin.customers.seeing import as_seen, sees_orders
from zhiyin.customers.timeline.entries import Entry, Part
from zhiyin.objects import levels
from zhiyin.objects.definitions import Asked, Kind, fields_of, object_type
from zhiyin.objects.models import FieldChange

SHOWN = 50
MOST_LINES = 60
KEPT_SECONDS = 600
Row = TypeVar("Row", bound=Model)
Told = TypeVar("Told")


def of_company(company: Company, user: User) -> QuerySet[Customer]:
    """The people of a company whom this user sees."""
    return access.scoped(user, Customer.objects.filter(company=company), "customer.see")


def _of(seen: QuerySet[Customer]) -> Q:
    """Rows of these people, as one array that is looked up in order: joined, PostgreSQL would begin
    anew for each person, or go through everybody's rows until enough of them are this company's."""
    return Q(customer__pk__among=ArraySubquery(seen.order_by().values("pk")))


def _kept(what: str, company: Company, user: User, find: Callable[[], Told]) -> Told:
    """What takes long to find of many people's orders. To who sees everybody it is told again as
    long as the company's figures stand: an order that comes or goes has them counted anew."""
    everybody = access.scope_of(user, "customer.see") is access.Scope.ALL
    if not everybody or company.figures_at is None:
        return find()
    key = f"company:{what}:{company.pk}:{company.figures_at.timestamp()}"
    found: Told = cache.get_or_set(key, find, KEPT_SECONDS)  # type: ignore[assignment]
    return found


def headcount(company: Company) -> int:
    """How many people belong to it."""
    return company.headcount


def people(company: Company, asked: Asked) -> Mapping[str, object]:
    """The tab of people, who bought most first; columns that may be read of everybody in sight."""
    of = object_type("customer")
    known = levels.everywhere(asked.user, of)
    order = ("-revenue", "id") if levels.may_ask(known, "revenue") else ("name", "id")
    found = list(of_company(company, asked.user).order_by(*order)[:SHOWN])
    counted = levels.may_ask(_levels(company, asked), "headcount")
    return {
        "people": found, "unseen": max(0, company.headcount - len(found)) if counted else 0,
        "knows": {key for key in ("job_title", "city", "orders", "revenue")
                  if levels.may_ask(known, key)},
        "may_link": access.allowed(asked.user, "customer.change"),
    }  # fmt: skip


def orders(company: Company, asked: Asked) -> Mapping[str, object]:
    """What its people bought, newest first; nothing for who may not read orders."""
    if not sees_orders(access.levels(asked.user, "customer")):
        return {"orders": []}
    return {"orders": list(_orders(company, asked.user)[:SHOWN])}


def _orders(company: Company, user: User) -> QuerySet[Order]:
    """The newest orders, with what is shown of them and of who bought."""

    def find() -> list[UUID]:
        bought = Order.objects.filter(_of(of_company(company, user)))
        return list(_newest(bought, "ordered_at").values_list("pk", flat=True))

    newest = Order.objects.filter(pk__among=_kept("newest", company, user, find))
    return (
        newest.select_related("customer")
        .only("number", "kind", "ordered_at", "total", "currency", "lines", "simulated",
              "customer__name", "customer__number")
        .order_by("-ordered_at", "id")
    )  # fmt: skip


def _newest(rows: QuerySet[Row], at: str) -> QuerySet[Row]:
    """The newest of many people's rows: the index of person and time holds the id, too."""
    return rows.order_by(f"-{at}", "pk")[:MOST_LINES]


def tasks(company: Company, asked: Asked) -> Mapping[str, object]:
    """What is to do for its people."""
    seen = access.scoped(asked.user, Task.objects.all(), "task.see")
    found = seen.filter(_of(of_company(company, asked.user)))
    ordered = found.select_related("owner", "customer").order_by(
        F("done_at").desc(nulls_first=True), F("due_at").asc(nulls_last=True), "created_at"
    )
    return {"tasks": list(ordered[:SHOWN])}


def timeline(company: Company, asked: Asked) -> Mapping[str, object]:
    """What its people bought, what was written about them, what changed in the company."""
    lines = [*_bought(company, asked), *_written(company, asked.user), *_changed(company, asked)]
    lines.sort(key=lambda line: (line.at, line.key), reverse=True)
    return {"lines": lines[:MOST_LINES]}


def _bought(company: Company, asked: Asked) -> Iterator[Entry]:
    if not sees_orders(access.levels(asked.user, "customer")):
        return
    for one in _orders(company, asked.user)[:MOST_LINES]:
        returned = one.kind == Order.Kind.RETURN
        page = reverse("customer", args=[one.customer_id])
        who = one.customer.name or one.customer.number if one.customer else ""
        yield Entry(
            "order", str(one.pk), one.ordered_at, "truck-return" if returned else "shopping-bag",
            [Part(who, url=page), Part(gettext("Returned goods") if returned else gettext("Order")),
             Part(one.number, url=f"{page}?tab=orders#o{one.pk}"),
             Part(money=one.total, currency=one.currency, strong=True)],
            gettext("%(count)s lines") % {"count": one.lines}, simulated=one.simulated,
        )  # fmt: skip


def _written(company: Company, user: User) -> Iterator[Entry]:
    newest = _newest(Note.objects.filter(_of(of_company(company, user))), "at")
    found = Note.objects.filter(pk__in=newest.values("pk")).select_related("by", "customer")
    shown = found.only("at", "text", "by__name", "customer__name", "customer__number")
    for one in shown.order_by("-at"):
        who = Part(
            one.customer.name or one.customer.number,
            url=reverse("customer", args=[one.customer_id]),
        )
        parts = [who, Part(gettext("Note by")), Part(one.by.name, strong=True)]
        yield Entry("note", str(one.pk), one.at, "pencil", parts, side="ours", quote=one.text)


def _levels(company: Company, asked: Asked) -> levels.Levels:
    return levels.of_row(asked.user, object_type("company"), company)


def _changed(company: Company, asked: Asked) -> Iterator[Entry]:
    """Changes of the fields that the reader knows of, with the values of those they may read."""
    known, may = fields_of(object_type("company")), _levels(company, asked)
    found = FieldChange.objects.filter(object_type="company", row=company.pk)
    for one in found.select_related("by").order_by("-at")[:MOST_LINES]:
        field, level = known.get(one.field), may.get(one.field, Level.HIDDEN)
        if level is Level.HIDDEN:
            continue
        parts = [
            Part(gettext("Company")),
            Part(str(field.label) if field else one.field, strong=True),
        ]
        if (
            field is not None
            and level >= Level.READ
            and field.kind in (Kind.TEXT, Kind.CHOICE, Kind.TAGS)
            and not field.custom
        ):
            names = dict(field.choices()) if field.choices else {}
            before, after = (
                str(names.get(text, text)).replace("\x1f", ", ")[:120] or "–"
                for text in (one.before, one.after)
            )
            parts.append(Part(f"{before} → {after}"))
        yield Entry("profile", str(one.pk), one.at, "building", parts,
                    one.by.name if one.by else "", side="ours")  # fmt: skip


def aside(company: Company, asked: Asked) -> Mapping[str, object]:
    """What stands at the right: spending by month, and who buys for it."""
    seen, known = of_company(company, asked.user), _levels(company, asked)
    reads = access.levels(asked.user, "customer").get("revenue", Level.HIDDEN) >= Level.READ
    shown = as_seen(company, dict(known))
    subtitle = ", ".join(
        str(part) for part in (shown.get_industry_display(), shown.city or shown.country) if part
    )
    knows = {key for key in ("orders", "revenue", "headcount") if levels.may_ask(known, key)}
    return {
        "company": shown, "told": knows, "subtitle": subtitle, "currency": settings.CURRENCY,
        "months": _months(company, asked) if reads and "revenue" in knows else [],
        "buyers": list(seen.order_by("-revenue", "id")[:5]) if reads else [],
        "open_tasks": access.scoped(asked.user, Task.objects.all(), "task.see").filter(
            _of(seen), done_at=None
        ).count(),
    }  # fmt: skip


def _months(company: Company, asked: Asked) -> list[dict[str, Any]]:
    def find() -> dict[tuple[int, int], Decimal]:
        since = asked.as_of - timedelta(days=365)
        rows = Order.objects.filter(
            _of(of_company(company, asked.user)),
            ordered_at__gte=since, ordered_at__lt=asked.as_of,
        )  # fmt: skip
        by_month = rows.annotate(month=TruncMonth("ordered_at")).values_list("month")
        spent = by_month.annotate(spent=Sum("total"))
        return {(month.year, month.month): total for month, total in spent}

    found = _kept(f"months:{asked.as_of:%Y-%m-%d}", company, asked.user, find)
    last = timezone.localtime(asked.as_of - timedelta(microseconds=1))
    places = [divmod(last.year * 12 + last.month - 1 - back, 12) for back in range(11, -1, -1)]
    months = [(year, month + 1, found.get((year, month + 1), Decimal(0))) for year, month in places]
    most = max((spent for _, _, spent in months), default=Decimal(0))
    return [
        {"year": year, "month": month, "spent": spent,
         "height": round(44 * max(spent, Decimal(0)) / most) if most > 0 else 0,
         "top": 44 - (round(44 * max(spent, Decimal(0)) / most) if most > 0 else 0)}
        for year, month, spent in months
    ]  # fmt: skip
