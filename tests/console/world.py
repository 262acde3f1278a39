"""A small shop with everything the main screens show, in the reader's language, untrained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from tests import factories
from tests.collect import events
from tests.customers import people
from tests.customers.test_models_room import version
from tests.engage import people as engaged
from zhiyin.accounts import delegating, policy_changes, territories
from zhiyin.accounts.access import Grant, Level, Scope
from zhiyin.accounts.models import User, Workspace
from zhiyin.accounts.roles import Role
from zhiyin.accounts.territories import Member, Rule
from zhiyin.collect import services as collect
from zhiyin.customers import figures
from zhiyin.customers.models import Customer, ModelVersion, Order, Segment
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.services import companies
from zhiyin.engage.models import Campaign
from zhiyin.ids import uuid7
from zhiyin.objects.services import bulk

PEOPLE = 36
NAMES = {
    "zh-hans": (["林静姝", "刘子墨", "欧阳慧敏", "叶知秋", "周晓彤", "许清和"], "深圳", "云岭茶业"),
    "en": (["Ann Lee", "Ben Okafor", "Clara Whitfield", "Dan Fox", "Eve Marsh", "Finn Oduya"],
           "London", "Cloud Ridge Tea"),
}  # fmt: skip
SEGMENTS = ("champions", "loyal", "drifting", "new", "sleeping")


@dataclass(frozen=True)
class Shop:
    """Who looks, and the addresses of the main screens."""

    boss: User
    screens: dict[str, str]


def shop(language: str) -> Shop:
    """Thirty-six people with orders and scores, a segment, a campaign, a checked import."""
    names, city, company = NAMES[language]
    boss = factories.user(Role.ADMINISTRATOR, name=names[0], locale=language)
    Workspace.objects.create(company=company, language=language, dismissed_at=timezone.now())
    from zhiyin.accounts import workspace

    workspace.refresh()
    found = [_person(n, names, city, boss) for n in range(PEOPLE)]
    figures.refresh([one.pk for one in found], at=timezone.now())
    version()
    for name in ("rfm", "value"):
        ModelVersion.objects.create(
            name=name, version=1, as_of=timezone.now(), trained_at=timezone.now(), customers=PEOPLE,
            scorecard={"descriptive": True}, in_use="model", current=name == "rfm",
        )  # fmt: skip
    segment = Segment.objects.create(
        name={"en": "Win-back"}.get(language, "召回名单"), tree=engaged.EVERYBODY, owner=boss
    )
    campaign = Campaign.objects.create(
        name={"en": "Spring"}.get(language, "春季"), segment=segment, owner=boss,
        subject_zh="好久不见", body_zh="您好", subject_en="Hello", body_en="Hello",
        holdout_share=0.2,
    )  # fmt: skip
    content = b"order,date,sku,quantity,price\n1,2026-01-01,A,1,2\n2,never,A,1,2\n"
    loaded = collect.begin([content], file_name="orders.csv", by=boss)
    collect.check(loaded, by=boss)
    _draft_policy(names, boss)
    firm = companies.add_company({"name": company, "industry": "retail", "city": city}, by=boss)
    companies.place(found[0], firm, by=boss, version=found[0].version)
    east = factories.department("East", name_zh="华东")
    territories.keep_territory(
        None, by=boss, name_zh="长三角", name_en="Delta",
        rules=[Rule(city=city), Rule(department=east)], members=[Member(boss, True)],
    )  # fmt: skip
    colleague = factories.user(Role.SALES, name=names[1], department=east)
    delegating.delegate(
        giver=colleague, receiver=boss, by=boss, reason={"en": "On leave"}.get(language, "休假"),
        starts_at=timezone.now(), ends_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "x", by=boss)
    site = events.site(language, by=boss)
    events.put_aside(site)
    events.told(site, found[0].pk)
    events.planned(site, by=boss)
    return Shop(boss, {
        "sources": "/data/sources/",
        "source": f"/data/sources/{site.pk}/",
        "source-plan": f"/data/sources/{site.pk}/plan/",
        "source-plan-event": f"/data/sources/{site.pk}/plan/?event=Product+Viewed",
        "source-plan-versions": f"/data/sources/{site.pk}/plan/versions/",
        "source-drift": f"/data/sources/{site.pk}/drift/",
        "new-source": "/data/sources/new/",
        "set-aside": "/data/set-aside/",
        "live": "/data/live/",
        "components": "/console/components",
        "today": "/",
        "dashboard": "/dashboard",
        "customers": "/customers/",
        "record": f"/customers/{found[0].pk}/",
        "segment": "/customers/segments/new",
        "models": "/customers/models/churn/",
        "campaign": f"/campaigns/{campaign.pk}/",
        "import": f"/data/imports/{loaded.pk}/",
        "help": "/help/",
        "departments": "/account/departments/",
        "permissions": "/account/permissions/",
        "permission": "/account/permissions/customer/sales/",
        "policy_draft": "/account/permissions/draft/",
        "setup": "/setup/money/",
        "companies": "/companies/",
        "company": f"/companies/{firm.pk}/",
        "territories": "/account/territories/",
        "delegations": "/account/delegations/",
        "access": f"/customers/{found[0].pk}/access/",
        "company-sign-in": "/account/company/",
        "new-customer": "/customers/new",
        "bulk-change": f"/customers/edit/{change.pk}",
        "built-in-field": "/settings/fields/company/built-in/website/",
    })  # fmt: skip


def _draft_policy(names: list[str], boss: User) -> None:
    """Marketing shall see less and sales more; somebody has each role."""
    factories.user(Role.MARKETER, name=names[1])
    factories.user(Role.SALES, name=names[2])
    narrower = Grant(Scope.TEAM, {"see", "tag"})
    policy_changes.draft("customer", Role.MARKETER, [narrower], by=boss)
    wider = Grant(Scope.DEPARTMENT, {"see", "change", "export"}, personal=Level.READ)
    policy_changes.draft("company", Role.SALES, [wider], by=boss)


def _person(n: int, names: list[str], city: str, boss: User) -> Customer:
    now = timezone.now()
    risk = round(0.1 + (n % 9) / 11, 2)
    made = people.customer(
        names[n % len(names)], owner=boss, city=city, phone=f"+86138001{n:05}",
        email=f"c{n}@example.com", tier=Customer.Tier.GOLD, tags=["VIP"],
        churn_risk=risk, churn_risk_low=max(0.0, risk - 0.08),
        churn_risk_high=min(1.0, risk + 0.08),
        value_12m=Decimal(120 * (n % 7 + 1)), scored_at=now, rfm_segment=SEGMENTS[n % 5],
    )  # fmt: skip
    for back in (2, 20, 70, 150)[: 1 + n % 4]:
        Order.objects.create(
            id=uuid7(), source=people.source(), number=f"{n}-{back}", kind=Order.Kind.SALE,
            customer=made, ordered_at=now - timedelta(days=back), currency="GBP",
            total=Decimal(40 + 3 * n), lines=1,
        )  # fmt: skip
    return made
