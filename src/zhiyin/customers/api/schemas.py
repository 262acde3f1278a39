"""What the customers room takes and gives over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page
from zhiyin.objects.api import custom
from zhiyin.objects.api.custom import CustomIn
from zhiyin.objects.api.listing import ListQuery, Total

MONEY = "Decimal text in `currency`."


class Span(Schema):
    """A value with its interval."""

    value: str | float | None
    low: str | float | None
    high: str | float | None


class NextPurchase(Schema):
    """When the next purchase is expected, and how likely one is."""

    earliest: date | None
    latest: date | None
    probability: float | None = Field(examples=[0.42])


class CustomerOut(Schema):
    """A customer, as far as the one who asks may see them.

    A field that is hidden from the asker is absent. One that is masked holds a masked text and is
    named in `masked`. Lists mask personal fields for everybody; one customer by id shows them
    whole to those who may, and the audit trail keeps that they looked.
    """

    id: UUID
    version: int = Field(description="Send it back with a change.", examples=[3])
    currency: str = Field(description="Of every amount here, ISO 4217.", examples=["GBP"])
    simulated: bool = Field(description="Whether the profile is a demo's fiction.")
    masked: list[str] = Field(description="Which fields are masked.", examples=[["phone"]])
    figures_at: datetime | None = Field(description="As of when the figures are.")
    scored_at: datetime | None = Field(description="As of when the predictions are.")
    custom: dict[str, str | bool | list[str] | None] = Field(
        description=custom.ABOUT, examples=[custom.EXAMPLE]
    )
    number: str | None = Field(None, examples=["12347"])
    name: str | None = Field(None, examples=["王小明"])
    phone: str | None = Field(None, description="E.164.", examples=["+86 138****5678"])
    email: str | None = Field(None, examples=["w***@example.com"])
    birth_date: str | None = Field(None, description="ISO date, or masked.")
    gender: str | None = Field(None, examples=["female"])
    language: str | None = Field(None, examples=["zh"])
    country: str | None = Field(None, examples=["中国"])
    province: str | None = Field(None, examples=["浙江"])
    city: str | None = Field(None, examples=["杭州"])
    company: Named | None = Field(None, description="Whom they buy for.")
    job_title: str | None = Field(None, examples=["采购经理"])
    tags: list[str] | None = Field(None, examples=[["VIP"]])
    owner: Named | None = None
    department: Named | None = None
    orders: int | None = Field(None, examples=[7])
    revenue: str | None = Field(None, description=MONEY, examples=["4310.00"])
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    last_seen_at: datetime | None = None
    created_at: datetime | None = None
    tier: str | None = Field(None, examples=["gold"])
    rfm: str | None = Field(None, examples=["545"])
    rfm_segment: str | None = Field(None, examples=["champions"])
    persona: str | None = Field(None, examples=["c2"])
    value_12m: Span | None = Field(None, description=f"Expected in 12 months. {MONEY}")
    churn_risk: Span | None = Field(None, description="0 to 1.")
    next_purchase: NextPurchase | None = None


class CustomerPage(Page):
    """A page of customers."""

    items: list[CustomerOut]
    total: Total | None = Field(description="Only where it was asked for.")


class PeopleQuery(ListQuery):
    """A page of people in an order, narrowed by conditions."""


class CustomersQuery(PeopleQuery):
    """The conditions of the list, by the names that the screen's address has too."""

    q: str = Field(
        "", max_length=80,
        description="Any part of a name, its pinyin, a phone, an e-mail or a number. Whoever sees"
        " addresses masked finds by them only when they are whole.",
        examples=["wang"],
    )  # fmt: skip
    segment: UUID | None = Field(None, description="Members of this segment.")
    tier: Literal["platinum", "gold", "regular"] | None = None
    rfm: str | None = Field(None, max_length=40, description="RFM segment.")
    persona: str | None = Field(None, max_length=40)
    risk: float | None = Field(None, ge=0, le=100, description="Churn risk of at least … percent.")
    value: Decimal | None = Field(
        None, ge=0, le=1_000_000_000_000, decimal_places=2,
        description="12-month value of at least …",
    )  # fmt: skip
    older: int | None = Field(
        None, ge=0, le=40_000, description="More than … days since the last order."
    )
    country: str | None = Field(None, max_length=60)
    city: str | None = Field(None, max_length=80)
    tag: str | None = Field(None, max_length=60)
    owner: UUID | Literal["me"] | None = Field(None, description="A user's id, or `me`.")
    department: UUID | None = None
    consent: Literal["email", "sms", "wechat", "none"] | None = Field(
        None, description="Agreed to be written to on this channel (`none`: to profiling)."
    )


class WhoseIn(Schema):
    """Whose a record is. Written by those alone whom the policy lets assign it; 403 to others."""

    owner: str | None = Field(
        None, max_length=40, examples=["me"],
        description="A colleague's id, or `me`; null for nobody. Needs the permission to assign.",
    )  # fmt: skip
    department: str | None = Field(
        None, max_length=40, examples=["0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11"],
        description="A department's id; null for none. Needs the permission to assign.",
    )  # fmt: skip


class CustomerIn(WhoseIn, CustomIn):
    """A customer to write down: a name, a phone, an e-mail or a number at least.

    The customer belongs to whoever writes them down, and to their department, unless somebody who
    may assign customers says otherwise.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=200, examples=["王小明"])
    phone: str = Field("", max_length=40, examples=["13800005678"])
    email: str = Field("", max_length=254, examples=["wang@example.com"])
    birth_date: date | Literal[""] = Field("", examples=["1990-05-01"])
    gender: Literal["female", "male", "other", ""] = ""
    language: Literal["zh", "en", ""] = ""
    country: str = Field("", max_length=60, examples=["中国"])
    province: str = Field("", max_length=60, examples=["浙江"])
    city: str = Field("", max_length=80, examples=["杭州"])
    number: str = Field("", max_length=60, examples=["12347"])
    job_title: str = Field("", max_length=80, examples=["采购经理"])


class CustomerPatch(CustomerIn):
    """The fields to write; what is left out stays, an empty text empties the field.

    Only these can be written, and only by those whose role may write them on this customer.
    Figures and predictions are never written here.
    """

    version: int | None = Field(
        None, ge=1, le=2_147_483_647, examples=[3],
        description="The version that you read; may be left out with `If-Match`.",
    )  # fmt: skip


class LookIn(Schema):
    """A masked field to look at, and why."""

    model_config = ConfigDict(extra="forbid")

    field: Literal["phone", "email", "birth_date"]
    reason: str = Field(
        min_length=1, max_length=200, description="Kept in the audit trail.",
        examples=["Called back about order 20913"],
    )  # fmt: skip


class LookOut(Schema):
    """An open look: read the value by its ticket until it closes."""

    ticket: str = Field(description="Good for this token or sign-in only.")
    field: str = Field(examples=["phone"])
    until: datetime


class LookedAt(Schema):
    """A value behind its mask."""

    field: str = Field(examples=["phone"])
    value: str = Field(examples=["+8613800005678"])
    until: datetime


class TagIn(Schema):
    """A tag to give."""

    model_config = ConfigDict(extra="forbid")

    tag: str = Field(min_length=1, max_length=60, examples=["VIP"])


class TagsOut(Schema):
    """The tags of a customer now."""

    tags: list[str]
    version: int


class CursorQuery(Schema):
    """Where to go on."""

    cursor: str = Field("", max_length=1000, description="`next` of the page before.")


class TimelineQuery(CursorQuery):
    """Which lines of the timeline."""

    kind: str = Field(
        "", max_length=40, description="Only one type of line, such as order or visit.",
        examples=["order"],
    )  # fmt: skip


class TimelineEntry(Schema):
    """Something that happened."""

    at: datetime
    kind: str = Field(examples=["order"])
    text: str = Field(description="In the reader's language.", examples=["Order 536365 £139.12"])
    detail: str
    quote: str = Field(description="What the customer or a colleague wrote; untrusted text.")
    side: str = Field(description="`ours`: we did it; `hot`: look at this; empty: they did it.")
    simulated: bool
    count: int = Field(description="How many neighbours were folded into this line.")


class TimelinePage(Page):
    """Lines, newest first."""

    items: list[TimelineEntry]


class OrderLineOut(Schema):
    """A line of an order."""

    sku: str
    product: str
    kind: str = Field(examples=["sale"])
    quantity: int
    unit_price: str
    amount: str


class OrderOut(Schema):
    """A sale, or a return of goods, whose amounts are negative."""

    id: UUID
    number: str = Field(examples=["536365"])
    kind: Literal["sale", "return"]
    ordered_at: datetime
    total: str = Field(description="Decimal text.", examples=["139.12"])
    currency: str = Field(examples=["GBP"])
    source: str = Field(description="Key of the source.", examples=["online-shop"])
    simulated: bool
    lines: list[OrderLineOut]


class OrderPage(Page):
    """Orders, newest first."""

    items: list[OrderOut]


class ScoreOut(Schema):
    """A prediction with its interval, its date and its reasons."""

    model: str = Field(examples=["churn"])
    version: int
    as_of: datetime
    value: float
    low: float | None
    high: float | None
    in_use: str | None = Field(
        description="`model`, or `baseline` where the model did not win its backtest."
    )
    reasons: list[Any] = Field(description="What moved the value, the strongest first.")


class ScoresOut(Schema):
    """The current scores of a customer."""

    items: list[ScoreOut]
