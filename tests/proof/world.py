"""The company of the proofs: two trees of departments, a user of every role, rows on every side of
each reader, and canaries in everything that a row can carry.

All readers sit in one team, so the row of one is the team's row to the others. What other rooms
bring (files, comments, tokens …) is planted by the functions of planters.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model

from tests import factories
from tests.proof.canaries import Traps
from tests.proof.planters import PLANTERS
from zhiyin.accounts import audit
from zhiyin.accounts.models import Department, User, Work
from zhiyin.accounts.roles import Role
from zhiyin.collect import services as collect
from zhiyin.collect.models import Event, Source
from zhiyin.customers import search, segmentation
from zhiyin.customers.models import Company as Firm
from zhiyin.customers.models import (
    Customer,
    Identifier,
    Link,
    ModelVersion,
    Note,
    Order,
    OrderLine,
    ProfileChange,
    Score,
    Segment,
    Statement,
    Task,
)
from zhiyin.engage.models import Campaign, CampaignMember, Message
from zhiyin.govern.models import Consent, ConsentChange, Suppression
from zhiyin.ids import uuid7
from zhiyin.objects.models import SavedView

AT = datetime(2026, 10, 1, 9, tzinfo=UTC)
PASSWORD = factories.PASSWORD


@dataclass
class Row:
    """A customer, who owns them, and in which department they are."""

    key: str
    owner: User | None
    department: Department | None
    customer: Customer = field(init=False)


@dataclass
class Company:
    """Everything that is planted, and how each row stands to each reader."""

    traps: Traps = field(default_factory=Traps)
    # By the name of an argument: ids, each with the key of whose it is.
    planted: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)  # the company of each row's customer

    def __post_init__(self) -> None:
        word = self.traps.word
        self.head = factories.department(word("department", "name"))
        self.team = factories.department("Team", parent=self.head)
        self.below = factories.department("Below", parent=self.team)
        self.sister = factories.department("Sister", parent=self.head)
        self.elsewhere = factories.department("Elsewhere")
        self.readers = {role: self._user(role, self.team, f"reader:{role}") for role in Role}
        self.others = {
            "below": self._user(Role.SALES, self.below, "below"),
            "sister": self._user(Role.SALES, self.sister, "sister"),
            "above": self._user(Role.MANAGER, self.head, "above"),
            "elsewhere": self._user(Role.MANAGER, self.elsewhere, "elsewhere"),
        }
        self.rows = {
            **{f"reader:{role}": Row(f"reader:{role}", user, self.team)
               for role, user in self.readers.items()},
            **{key: Row(key, user, user.department) for key, user in self.others.items()},
            # opened to the readers' team by its owner; see planters.opened
            "shared": Row("shared", self.others["elsewhere"], self.elsewhere),
            "nobody": Row("nobody", None, None),
        }  # fmt: skip
        self.shop = Source.objects.create(
            key="shop", name_zh=word("source", "name"), name_en=word("source", "name")
        )
        for row in self.rows.values():
            self._customer(row)
        search.index([row.customer.pk for row in self.rows.values()])
        self._for_all()
        for plant in PLANTERS:
            plant(self)

    def stands(self, row: str, reader: Role) -> str:
        """How a row stands to a reader: a key of the oracle's WITHIN."""
        if row.startswith("reader:"):
            return "own" if row == f"reader:{reader}" else "team"
        return row

    def know(self, argument: str, row: Model | str, key: str = "") -> None:
        """Remember an id for the addresses that take such an argument."""
        id_ = row if isinstance(row, str) else row.pk
        self.planted.setdefault(argument, []).append((key, id_))

    def tried_by(self, reader: Role, *, every: bool = False) -> set[str]:
        """Whose rows a reader tries one by one: their own and one on each side of them."""
        if every:
            return {*self.rows, ""}
        roles = list(Role)
        neighbour = roles[(roles.index(reader) + 1) % len(roles)]
        return {f"reader:{reader}", f"reader:{neighbour}", "below", "sister", "elsewhere",
                "shared", ""}  # fmt: skip

    def ids_for(self, keys: set[str]) -> dict[str, list[Any]]:
        """The ids of these rows, by the name of an argument."""
        return {
            argument: [id_ for key, id_ in found if key in keys]
            for argument, found in self.planted.items()
        }

    def _user(self, role: Role, department: Department, key: str) -> User:
        made = factories.user(
            role, department=department, email=self.traps.email("user", "email", key),
            name=self.traps.word("user name", "name"),
        )  # fmt: skip
        self.know("user_id", made, key)
        return made

    def _customer(self, row: Row) -> None:
        def word(name: str) -> str:
            return self.traps.word("customer", name, row.key)

        traps, key = self.traps, row.key
        row.customer = made = Customer(
            name=word("name"), number=word("number"), country=word("country"),
            province=word("province"), city=word("city"), tags=[word("tags")],
            phone=traps.phone("customer", "phone", key),
            email=traps.email("customer", "email", key),
            birth_date=traps.day("customer", "birth_date", key),
            revenue=traps.money("customer", "revenue", key),
            value_12m=traps.money("customer", "value_12m", key),
            value_12m_low=Decimal(1), value_12m_high=Decimal(99_000_000),
            orders=2, churn_risk=0.31, churn_risk_low=0.2, churn_risk_high=0.4,
            tier="gold", rfm="545", rfm_segment="champions", persona="c1",
            first_order_at=AT - timedelta(days=90), last_order_at=AT, last_seen_at=AT,
            next_purchase_from=AT.date(), next_purchase_to=(AT + timedelta(days=9)).date(),
            next_purchase_probability=0.5, scored_at=AT, figures_at=AT,
            owner=row.owner, department=row.department,
        )  # fmt: skip
        made.save(force_insert=True)
        traps.id(made.pk, "customer", key)
        self.know("customer_id", made, key)
        self._identifiers(row)
        self._history(row)
        self._order(row)
        self._work_on(row)

    def _identifiers(self, row: Row) -> None:
        told = {
            Identifier.Kind.PHONE: self.traps.phone("link", "phone", row.key),
            Identifier.Kind.EMAIL: self.traps.email("link", "email", row.key),
            Identifier.Kind.WECHAT: self.traps.word("link", "handle", row.key),
            Identifier.Kind.CARD: self.traps.word("link", "handle", row.key),
            Identifier.Kind.NUMBER: self.traps.word("link", "number", row.key),
        }
        first: Identifier | None = None
        for kind, value in told.items():
            seen = Identifier.objects.create(
                kind=kind, value=value, customer=row.customer, source=self.shop,
                own_customer=uuid7() if first else row.customer.pk, first_seen_at=AT,
                last_seen_at=AT,
            )  # fmt: skip
            Link.objects.create(identifier=seen, customer_id=row.customer.pk, since=AT)
            if first is not None:
                Statement.objects.create(a=first, b=seen, rule="seen together", source=self.shop,
                                         seen_at=AT, at=AT)  # fmt: skip
            first = first or seen
        cell = first.pk if first else None
        Identifier.objects.filter(customer=row.customer).update(cell=cell)

    def _history(self, row: Row) -> None:
        def plain(name: str) -> str:
            return self.traps.word("customer", f"old_{name}", row.key)

        traps, key = self.traps, row.key
        old = {
            "phone": traps.phone("customer", "old_phone", key),
            "email": traps.email("customer", "old_email", key),
            "birth_date": traps.day("customer", "old_birth_date", key).isoformat(),
            "city": plain("city"),
            "name": plain("name"),
        }
        ProfileChange.objects.bulk_create(
            ProfileChange(customer=row.customer, field=name, before=value, after="x",
                          by=row.owner or self.others["above"], at=AT)
            for name, value in old.items()
        )  # fmt: skip
        Event.objects.create(
            event_id=uuid7(), name="Message Received", at=AT, received_at=AT, source=self.shop,
            customer_id=row.customer.pk,
            properties={"text": traps.word("event", "text", key),
                        "subject": traps.word("event", "subject", key)},
        )  # fmt: skip
        Note.objects.create(
            customer=row.customer, text=traps.word("note", "text", key),
            by=row.owner or self.others["above"], at=AT,
        )  # fmt: skip
        Consent.objects.create(
            customer=row.customer, channel="email", purpose="marketing", granted=True, at=AT,
            evidence=traps.word("consent", "evidence", key),
        )  # fmt: skip
        ConsentChange.objects.create(
            customer=row.customer, channel="email", purpose="marketing", granted=True, at=AT,
            evidence=traps.word("consent", "evidence", key),
        )  # fmt: skip
        Score.objects.create(
            customer=row.customer, model="churn", version=1, as_of=AT, value=0.31, low=0.2,
            high=0.4, reasons=[{"zh": (told := traps.word("score", "reason", key)), "en": told,
                                "points": 3.0}],
        )  # fmt: skip

    def _order(self, row: Row) -> None:
        made = Order.objects.create(
            id=uuid7(), source=self.shop, number=self.traps.word("order", "number", row.key),
            kind="sale", customer=row.customer, ordered_at=AT, currency="GBP", lines=1,
            total=self.traps.money("order", "total", row.key), department=row.department,
        )  # fmt: skip
        OrderLine.objects.create(
            order=made, customer_id=row.customer.pk, ordered_at=AT, kind="sale", quantity=1,
            sku=self.traps.word("order", "sku", row.key), unit_price=made.total,
            product_name=self.traps.word("order", "product", row.key), amount=made.total,
        )  # fmt: skip

    def _work_on(self, row: Row) -> None:
        """A task on the row, and one of each other owner's on a row that they do not see."""
        by = row.owner or self.others["above"]
        for done in (None, AT):
            made = Task.objects.create(
                customer=row.customer, title=self.traps.word("task", "title", row.key), owner=by,
                created_by=by, due_at=AT, done_at=done,
            )  # fmt: skip
            self.know("task_id", made, row.key)

    def _for_all(self) -> None:
        """What everybody may know, what is somebody's own, and what is the administrator's."""
        word, admin = self.traps.word, self.readers[Role.ADMINISTRATOR]
        tree: dict[str, Any] = {
            "root": {"type": "group", "match": "all", "items": [
                {"type": "field", "field": "orders", "op": "at_least", "value": 1}]},
            "version": 1,
        }  # fmt: skip
        segment = Segment.objects.create(name=word("segment", "name"), tree=tree, owner=admin)
        segmentation.refresh(segment)
        self.know("segment_id", segment)
        ModelVersion.objects.create(
            name="churn", version=1, as_of=AT, trained_at=AT, in_use="model", current=True,
            scorecard={},
        )  # fmt: skip
        self.know("name", "churn")
        Suppression.objects.create(
            channel="email", address_hash="0" * 64, reason=word("suppression", "reason"), at=AT
        )
        for key, user in {**{f"reader:{r}": u for r, u in self.readers.items()},
                          **self.others}.items():  # fmt: skip
            self._own_things(key, user)
        self._campaign(segment, admin)
        for department in (self.head, self.team, self.below, self.sister, self.elsewhere):
            self.know("department_id", department)
        audit.record(admin, "customer.read", self.rows["elsewhere"].customer,
                     note=word("audit", "detail"))  # fmt: skip
        audit.chain_pending()

    def _own_things(self, key: str, user: User) -> None:
        traps = self.traps
        for thing, shared in (("private view", False), ("shared view", True)):
            view = SavedView.objects.create(
                object_type="customer", owner=user, shared=shared,
                name=traps.word(thing, "name", key if not shared else ""),
                filters={"city": traps.word(thing, "filter", "" if shared else key)},
            )  # fmt: skip
            self.know("view_id", view, key)
        work = Work.objects.create(
            kind="import", owner=user, title_zh=(name := traps.word("work", "title", key)),
            title_en=name, stage=traps.word("work", "stage", key), state="running",
        )  # fmt: skip
        self.know("work_id", work, key)
        far = self.rows["elsewhere" if key != "elsewhere" else "sister"].customer
        task = Task.objects.create(
            customer=far, title=traps.word("own task", "title", key), owner=user,
            created_by=user, due_at=AT,
        )  # fmt: skip
        self.know("task_id", task, key)
        if set(user.roles) & {Role.ADMINISTRATOR, Role.MANAGER, Role.MARKETER, Role.ANALYST}:
            self._import(key, user)

    def _import(self, key: str, user: User) -> None:
        word = self.traps.word
        content = (
            "order,date,sku,quantity,price\n"
            f"1,2026-01-01,{word('import', 'accepted', key)},1,2\n"
            f"2,never,{word('import', 'rejected', key)},1,2\n"
        )
        made = collect.begin(
            [content.encode()], file_name=f"{word('import', 'file', key)}.csv", by=user
        )
        collect.check(made, by=user)
        self.know("import_id", made, key)

    def _campaign(self, segment: Segment, admin: User) -> None:
        word = self.traps.word
        for owner in (admin, self.readers[Role.MARKETER]):
            draft = Campaign.objects.create(
                name=word("campaign", "name"), segment=segment, owner=owner,
                subject_en=word("campaign", "subject"), body_en=word("campaign", "body"),
                subject_zh=word("campaign", "subject"), body_zh=word("campaign", "body"),
            )  # fmt: skip
            self.know("campaign_id", draft)
        sent = Campaign.objects.create(
            name=word("campaign", "name"), segment=segment, owner=admin, state="sent",
            started_at=AT, subject_en="x", body_en="y",
        )  # fmt: skip
        self.know("campaign_id", sent)
        for row in self.rows.values():
            CampaignMember.objects.create(
                campaign=sent, customer=row.customer, arm="treated", outcome="sent", at=AT
            )
            message = Message.objects.create(
                campaign=sent, customer=row.customer, language="en", created_at=AT, sent_at=AT,
                address=self.traps.email("message", "address", row.key), state="sent",
                subject=self.traps.word("message", "subject", row.key),
                body=self.traps.word("message", "body", row.key),
            )  # fmt: skip
            self.know("message_id", message, row.key)
