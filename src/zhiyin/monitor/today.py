"""Everybody's day: what waits for them, what is new in what they may see, and their own work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User, Work
from zhiyin.collect.models import Import
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Customer, ModelVersion, Order
from zhiyin.engage.models import Campaign
from zhiyin.monitor import links
from zhiyin.monitor.figures.risk import HIGH
from zhiyin.monitor.periods import last_day
from zhiyin.monitor.sources import DOWN, LATE, Fresh, sources_for
from zhiyin.monitor.tasks import open_tasks

DOORS: tuple[tuple[Promise, str, str, str], ...] = (
    (_("Dashboard"), "layout-dashboard", "dashboard", "dashboard.see"),
    (_("Customers"), "users", "customers", "customer.see"),
    (_("Segments"), "filter", "segments", "segment.see"),
    (_("Campaigns"), "speakerphone", "campaigns", "campaign.change"),
    (_("Models"), "brain", "models", "model.train"),
    (_("Import"), "upload", "imports", "import.add"),
    (_("Audit"), "history", "audit", "audit.see"),
    (_("Users"), "user-cog", "users", "user.add"),
)
RECENT = 5


@dataclass(frozen=True)
class News:
    """Something that happened since yesterday began; `kind` chooses its words and icon."""

    kind: str
    icon: str
    count: int = 0
    name: str = ""
    amount: object = None
    at: datetime | None = None
    url: str = ""
    tone: str = ""


def of(user: User, now: datetime) -> dict[str, object]:
    """What the page shows."""
    since = _yesterday(now)
    as_of = data_as_of(now)
    sources = sources_for(user, now)
    found = open_tasks(user, now)
    return {
        "now": now,
        "as_of": as_of,
        "last_day": last_day(as_of),
        "is_old": as_of != now,
        "tasks": found,
        "overdue": sum(one.due == "overdue" for one in found),
        "due_today": sum(one.due == "today" for one in found),
        "may_add": access.allowed(user, "task.change") and access.allowed(user, "customer.see"),
        "news": news(user, since, as_of, sources),
        "work": Work.objects.filter(owner=user).order_by("-created_at")[:RECENT],
        "doors": doors(user),
    }


def doors(user: User) -> list[tuple[Promise, str, str]]:
    """The screens that this user works on: (name, icon, address)."""
    return [
        (label, icon, url)
        for label, icon, name, permission in DOORS
        if access.allowed(user, permission) and (url := links.to(name))
    ]


def news(user: User, since: datetime, as_of: datetime, sources: list[Fresh]) -> list[News]:
    """What changed, the troubles first."""
    troubled = [
        News("source_down" if one.state == DOWN else "source_late", "plug-connected-x",
             name=one.name, at=one.source.last_received_at, url=links.to("sources"),
             tone="bad" if one.state == DOWN else "warn")
        for one in sources
        if one.state in (DOWN, LATE)
    ]  # fmt: skip
    return [
        *troubled,
        *_imports(user, since),
        *_models(user, since),
        *_campaigns(user, since),
        *_people(user, since),
        *_orders(user, as_of),
    ]


def _imports(user: User, since: datetime) -> list[News]:
    over = Import.objects.filter(
        finished_at__gte=since, state__in=[Import.State.LOADED, Import.State.FAILED]
    )
    found = access.scoped(user, over, "import.see").order_by("-finished_at")[:RECENT]
    failed = Import.State.FAILED
    return [
        News("import_failed" if one.state == failed else "import", "upload", one.loaded,
             one.file_name, one.rejected, one.finished_at, links.to("import", one.pk),
             "bad" if one.state == failed else "")
        for one in found
    ]  # fmt: skip


def _models(user: User, since: datetime) -> list[News]:
    """A training gives everybody a new score: how many of those in sight are at high risk now."""
    newest = access.scoped(user, ModelVersion.objects.all(), "model.see").aggregate(
        at=Max("trained_at"), version=Max("version")
    )
    if newest["at"] is None or newest["at"] < since:
        return []
    told = [News("trained", "brain", newest["version"], at=newest["at"], url=links.to("models"))]
    people = access.scoped(user, Customer.objects.filter(churn_risk__gte=HIGH), "customer.see")
    if access.allowed(user, "customer.see") and (at_risk := people.count()):
        url = links.people(risk=f"{HIGH * 100:g}", sort="-churn_risk")
        told.append(News("risk", "activity", at_risk, at=newest["at"], url=url, tone="warn"))
    return told


def _campaigns(user: User, since: datetime) -> list[News]:
    over = Campaign.objects.filter(state=Campaign.State.FINISHED, finished_at__gte=since)
    found = access.scoped(user, over, "campaign.see").order_by("-finished_at")[:RECENT]
    return [
        News("campaign", "speakerphone", name=one.name, at=one.finished_at,
             url=links.to("campaign", one.pk))
        for one in found
    ]  # fmt: skip


def _people(user: User, since: datetime) -> list[News]:
    new = access.scoped(user, Customer.objects.filter(created_at__gte=since), "customer.see")
    found = new.aggregate(many=Count("pk"), last=Max("created_at"))
    if not found["many"]:
        return []
    url = links.people(sort="-created_at")
    return [News("people", "users", found["many"], at=found["last"], url=url)]


def _orders(user: User, as_of: datetime) -> list[News]:
    """Orders of the last day that the data have, of customers in sight."""
    rows = access.scope_rows(user, "customer.see")
    mine = Q(customer__in=Customer.objects.filter(rows.q)) if rows.sql != "true" else Q()
    if not access.allowed(user, "customer.see"):
        return []
    day = timedelta(days=1)
    sales = Order.objects.filter(
        mine, kind=Order.Kind.SALE, ordered_at__gte=as_of - day, ordered_at__lt=as_of
    )
    found = sales.aggregate(many=Count("pk"), total=Sum("total"), last=Max("ordered_at"))
    if not found["many"]:
        return []
    url = links.people(sort="-last_order_at")
    return [
        News("orders", "invoice", found["many"], amount=found["total"], at=found["last"], url=url)
    ]


def _yesterday(now: datetime) -> datetime:
    day = timezone.localtime(now).date() - timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time()))
