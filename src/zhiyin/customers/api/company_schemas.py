"""What /companies takes and gives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from zhiyin.accounts.api.me import Named
from zhiyin.accounts.api.paging import Page
from zhiyin.customers.api.schemas import MONEY, WhoseIn
from zhiyin.objects.api import custom
from zhiyin.objects.api.custom import CustomIn
from zhiyin.objects.api.listing import ListQuery, Total

Industry = Literal[
    "retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance",
    "education", "health", "public", "other",
]  # fmt: skip
Size = Literal["micro", "small", "medium", "large", "huge"]


class CompanyOut(Schema):
    """A company, as far as the one who asks may see it: a hidden field is absent."""

    id: UUID
    version: int = Field(description="Send it back with a change.", examples=[3])
    currency: str = Field(description="Of every amount here, ISO 4217.", examples=["GBP"])
    simulated: bool = Field(description="Whether it is a demo's fiction.")
    figures_at: datetime | None = Field(description="As of when the figures are.")
    custom: dict[str, str | bool | list[str] | None] = Field(
        description=custom.ABOUT, examples=[custom.EXAMPLE]
    )
    number: str | None = Field(None, examples=["91330106MA2B1C2D3E"])
    name: str | None = Field(None, examples=["杭州远帆物流有限公司"])
    industry: str | None = Field(None, examples=["services"])
    size: str | None = Field(None, examples=["medium"])
    country: str | None = Field(None, examples=["中国"])
    province: str | None = Field(None, examples=["浙江"])
    city: str | None = Field(None, examples=["杭州"])
    website: str | None = Field(None, examples=["https://yuanfan.example.com"])
    tags: list[str] | None = Field(None, examples=[["物流"]])
    owner: Named | None = None
    department: Named | None = None
    headcount: int | None = Field(None, description="People who belong to it.", examples=[4])
    orders: int | None = Field(None, examples=[31])
    revenue: str | None = Field(None, description=MONEY, examples=["84310.00"])
    last_order_at: datetime | None = None
    created_at: datetime | None = None


class CompanyPage(Page):
    """A page of companies."""

    items: list[CompanyOut]
    total: Total | None = Field(description="Only where it was asked for.")


class CompaniesQuery(ListQuery):
    """The conditions of the list, by the names that the screen's address has too."""

    q: str = Field("", max_length=80, description="Any part of a name, its pinyin, a number.")
    industry: Industry | None = None
    size: Size | None = None
    city: str | None = Field(None, max_length=80)
    country: str | None = Field(None, max_length=60)
    revenue: Decimal | None = Field(
        None, ge=0, le=1_000_000_000_000, decimal_places=2, description="Spent at least …"
    )
    older: int | None = Field(
        None, ge=0, le=40_000, description="More than … days since the last order."
    )
    tag: str | None = Field(None, max_length=60)
    owner: UUID | Literal["me"] | None = Field(None, description="A user's id, or `me`.")
    department: UUID | None = None


class CompanyFields(WhoseIn, CustomIn):
    """What is written of a company; its figures are not written here."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field("", max_length=60, examples=["91330106MA2B1C2D3E"])
    industry: Industry | Literal[""] = Field("", examples=["services"])
    size: Size | Literal[""] = Field("", examples=["medium"])
    country: str = Field("", max_length=60, examples=["中国"])
    province: str = Field("", max_length=60, examples=["浙江"])
    city: str = Field("", max_length=80, examples=["杭州"])
    website: str = Field("", max_length=200, examples=["https://yuanfan.example.com"])
    tags: list[str] = Field([], max_length=50, examples=[["物流"]])


class CompanyIn(CompanyFields):
    """A company to write down; it belongs to whoever does, and to their department, unless somebody
    who may assign companies says otherwise."""

    name: str = Field(min_length=1, max_length=200, examples=["杭州远帆物流有限公司"])


class CompanyPatch(CompanyFields):
    """The fields to write; what is left out stays, an empty text empties the field."""

    version: int | None = Field(
        None, ge=1, le=2_147_483_647, examples=[3],
        description="The version that you read; may be left out with `If-Match`.",
    )  # fmt: skip
    name: str = Field("", max_length=200, examples=["杭州远帆物流有限公司"])


class PlaceIn(Schema):
    """What a customer does there."""

    model_config = ConfigDict(extra="forbid")

    job_title: str = Field("", max_length=80, examples=["采购经理"])
