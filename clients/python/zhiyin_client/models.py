"""What is sent and what comes back. Generated from docs/openapi.json: do not edit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from zhiyin_client.core import Answer

_NOT_ASKED: Any = UNSET  # stands where `fields=` left a field out


class ApartIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The customer who is somebody else."""

    other: UUID


class AttemptOut(Answer, kw_only=True):
    """One try."""

    at: datetime = _NOT_ASKED
    status: int | None = _NOT_ASKED
    milliseconds: int | None = _NOT_ASKED
    reason: str = _NOT_ASKED


class BothTexts(Answer, kw_only=True):
    """Both languages."""

    zh: ProblemTexts = _NOT_ASKED
    en: ProblemTexts = _NOT_ASKED


class BulkOut(Answer, kw_only=True):
    """What became of the rows, in their order."""

    done: int = _NOT_ASKED
    failed: int = _NOT_ASKED
    results: list[RowOut] = _NOT_ASKED


class CampaignOut(Answer, kw_only=True):
    """A campaign."""

    id: UUID = _NOT_ASKED
    name: str = _NOT_ASKED
    state: Literal["draft", "sending", "sent", "finished", "cancelled"] = _NOT_ASKED
    segment: Named | None = _NOT_ASKED
    channel: str = _NOT_ASKED
    holdout_share: float = _NOT_ASKED
    window_days: int = _NOT_ASKED
    owner: Named = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    started_at: datetime | None = _NOT_ASKED
    finished_at: datetime | None = _NOT_ASKED


class CampaignPage(Answer, kw_only=True):
    """A page of campaigns, newest first."""

    next: str | None = _NOT_ASKED
    items: list[CampaignOut] = _NOT_ASKED


class CommentIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A text, and who is meant where several have the name behind an @."""

    text: str
    mentions: list[UUID] | UnsetType = UNSET


class CommentOut(Answer, kw_only=True):
    """What a colleague wrote; untrusted text."""

    id: UUID = _NOT_ASKED
    record_type: str = _NOT_ASKED
    record_id: UUID = _NOT_ASKED
    by: Named = _NOT_ASKED
    text: str = _NOT_ASKED
    mentions: list[UUID] = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    edited_at: datetime | None = _NOT_ASKED
    deleted_at: datetime | None = _NOT_ASKED


class CommentPage(Answer, kw_only=True):
    """Comments, the newest first."""

    next: str | None = _NOT_ASKED
    items: list[CommentOut] = _NOT_ASKED


class CompanyIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A company to write down; it belongs to whoever does, and to their department, unless somebody"""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    number: str | UnsetType = UNSET
    industry: Literal["retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance", "education", "health", "public", "other"] | Literal[""] | UnsetType = UNSET
    size: Literal["micro", "small", "medium", "large", "huge"] | Literal[""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    website: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    name: str


class CompanyOut(Answer, kw_only=True):
    """A company, as far as the one who asks may see it: a hidden field is absent."""

    id: UUID = _NOT_ASKED
    version: int = _NOT_ASKED
    currency: str = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    figures_at: datetime | None = _NOT_ASKED
    custom: dict[str, str | bool | list[str] | None] = _NOT_ASKED
    number: str | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    industry: str | None | UnsetType = UNSET
    size: str | None | UnsetType = UNSET
    country: str | None | UnsetType = UNSET
    province: str | None | UnsetType = UNSET
    city: str | None | UnsetType = UNSET
    website: str | None | UnsetType = UNSET
    tags: list[str] | None | UnsetType = UNSET
    owner: Named | None | UnsetType = UNSET
    department: Named | None | UnsetType = UNSET
    headcount: int | None | UnsetType = UNSET
    orders: int | None | UnsetType = UNSET
    revenue: str | None | UnsetType = UNSET
    last_order_at: datetime | None | UnsetType = UNSET
    created_at: datetime | None | UnsetType = UNSET


class CompanyPage(Answer, kw_only=True):
    """A page of companies."""

    next: str | None = _NOT_ASKED
    items: list[CompanyOut] = _NOT_ASKED
    total: Total | None = _NOT_ASKED


class CompanyPatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The fields to write; what is left out stays, an empty text empties the field."""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    number: str | UnsetType = UNSET
    industry: Literal["retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance", "education", "health", "public", "other"] | Literal[""] | UnsetType = UNSET
    size: Literal["micro", "small", "medium", "large", "huge"] | Literal[""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    website: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    version: int | None | UnsetType = UNSET
    name: str | UnsetType = UNSET


class CompanyRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A change of one company, at the version that was read."""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    number: str | UnsetType = UNSET
    industry: Literal["retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance", "education", "health", "public", "other"] | Literal[""] | UnsetType = UNSET
    size: Literal["micro", "small", "medium", "large", "huge"] | Literal[""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    website: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    version: int | None | UnsetType = UNSET
    name: str | UnsetType = UNSET
    id: UUID
    if_match: str | None | UnsetType = UNSET


class CompanyRows(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Companies to write down or to change."""

    rows: list[CompanyIn | CompanyRow]


class ConversionOut(Answer, kw_only=True):
    """The increment of the share that bought, and as people."""

    difference: Estimate = _NOT_ASKED
    people: Estimate = _NOT_ASKED
    verdict: Literal["more", "less", "unclear"] = _NOT_ASKED


class CountOut(Answer, kw_only=True):
    """How many customers a rule holds now, of those whom you may see."""

    count: int = _NOT_ASKED
    sentence: Sentence = _NOT_ASKED
    milliseconds: int = _NOT_ASKED


class CustomerIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A customer to write down: a name, a phone, an e-mail or a number at least."""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    name: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    birth_date: date | Literal[""] | UnsetType = UNSET
    gender: Literal["female", "male", "other", ""] | UnsetType = UNSET
    language: Literal["zh", "en", ""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    job_title: str | UnsetType = UNSET


class CustomerOut(Answer, kw_only=True):
    """A customer, as far as the one who asks may see them."""

    id: UUID = _NOT_ASKED
    version: int = _NOT_ASKED
    currency: str = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    masked: list[str] = _NOT_ASKED
    figures_at: datetime | None = _NOT_ASKED
    scored_at: datetime | None = _NOT_ASKED
    custom: dict[str, str | bool | list[str] | None] = _NOT_ASKED
    number: str | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    phone: str | None | UnsetType = UNSET
    email: str | None | UnsetType = UNSET
    birth_date: str | None | UnsetType = UNSET
    gender: str | None | UnsetType = UNSET
    language: str | None | UnsetType = UNSET
    country: str | None | UnsetType = UNSET
    province: str | None | UnsetType = UNSET
    city: str | None | UnsetType = UNSET
    company: Named | None | UnsetType = UNSET
    job_title: str | None | UnsetType = UNSET
    tags: list[str] | None | UnsetType = UNSET
    owner: Named | None | UnsetType = UNSET
    department: Named | None | UnsetType = UNSET
    orders: int | None | UnsetType = UNSET
    revenue: str | None | UnsetType = UNSET
    first_order_at: datetime | None | UnsetType = UNSET
    last_order_at: datetime | None | UnsetType = UNSET
    last_seen_at: datetime | None | UnsetType = UNSET
    created_at: datetime | None | UnsetType = UNSET
    tier: str | None | UnsetType = UNSET
    rfm: str | None | UnsetType = UNSET
    rfm_segment: str | None | UnsetType = UNSET
    persona: str | None | UnsetType = UNSET
    value_12m: Span | None | UnsetType = UNSET
    churn_risk: Span | None | UnsetType = UNSET
    next_purchase: NextPurchase | None | UnsetType = UNSET


class CustomerPage(Answer, kw_only=True):
    """A page of customers."""

    next: str | None = _NOT_ASKED
    items: list[CustomerOut] = _NOT_ASKED
    total: Total | None = _NOT_ASKED


class CustomerPatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The fields to write; what is left out stays, an empty text empties the field."""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    name: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    birth_date: date | Literal[""] | UnsetType = UNSET
    gender: Literal["female", "male", "other", ""] | UnsetType = UNSET
    language: Literal["zh", "en", ""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    job_title: str | UnsetType = UNSET
    version: int | None | UnsetType = UNSET


class CustomerRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A change of one customer, at the version that was read."""

    custom: dict[str, str | bool | int | float | list[str] | None] | UnsetType = UNSET
    owner: str | None | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    name: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    birth_date: date | Literal[""] | UnsetType = UNSET
    gender: Literal["female", "male", "other", ""] | UnsetType = UNSET
    language: Literal["zh", "en", ""] | UnsetType = UNSET
    country: str | UnsetType = UNSET
    province: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    job_title: str | UnsetType = UNSET
    version: int | None | UnsetType = UNSET
    id: UUID
    if_match: str | None | UnsetType = UNSET


class CustomerRows(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Customers to write down or to change."""

    rows: list[CustomerIn | CustomerRow]


class DecisionOut(Answer, kw_only=True):
    """What was decided; `decision` takes it back."""

    decision: UUID = _NOT_ASKED
    customers: list[UUID] = _NOT_ASKED


class DeliveryOut(Answer, kw_only=True):
    """One message of the log."""

    id: UUID = _NOT_ASKED
    message_id: str = _NOT_ASKED
    type: str = _NOT_ASKED
    happened_at: datetime = _NOT_ASKED
    state: Literal["waiting", "delivered", "failed", "withheld", "cancelled"] = _NOT_ASKED
    attempts: list[AttemptOut] = _NOT_ASKED
    due_at: datetime | None = _NOT_ASKED
    again: bool = _NOT_ASKED


class DeliveryPage(Answer, kw_only=True):
    """A page of the log, newest first."""

    next: str | None = _NOT_ASKED
    items: list[DeliveryOut] = _NOT_ASKED


class DriftOut(Answer, kw_only=True):
    """How what comes differs from the plan."""

    days: list[date] = _NOT_ASKED
    came: list[int] = _NOT_ASKED
    deviated: list[int] = _NOT_ASKED
    ways: list[WayOut] = _NOT_ASKED
    stopped: list[StoppedOut] = _NOT_ASKED
    beyond: int = _NOT_ASKED


class EndpointChange(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is to change; what is left out stays."""

    url: str | None | UnsetType = UNSET
    types: list[str] | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    with_values: bool | None | UnsetType = UNSET
    with_imports: bool | None | UnsetType = UNSET
    active: bool | None | UnsetType = UNSET


class EndpointIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What an endpoint is to be."""

    url: str
    types: list[str]
    description: str | UnsetType = UNSET
    with_values: bool | UnsetType = UNSET
    with_imports: bool | UnsetType = UNSET


class EndpointOut(Answer, kw_only=True):
    """An endpoint."""

    id: UUID = _NOT_ASKED
    url: str = _NOT_ASKED
    description: str = _NOT_ASKED
    types: list[str] = _NOT_ASKED
    with_values: bool = _NOT_ASKED
    with_imports: bool = _NOT_ASKED
    active: bool = _NOT_ASKED
    stopped_because: str = _NOT_ASKED
    owner: Named = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    delivered_at: datetime | None = _NOT_ASKED
    failing_since: datetime | None = _NOT_ASKED


class EndpointPage(Answer, kw_only=True):
    """A page of endpoints, newest first."""

    next: str | None = _NOT_ASKED
    items: list[EndpointOut] = _NOT_ASKED


class Estimate(Answer, kw_only=True):
    """An estimate between its 95 % limits; null where it cannot be told."""

    low: float | None = _NOT_ASKED
    value: float | None = _NOT_ASKED
    high: float | None = _NOT_ASKED


class EventOut(Answer, kw_only=True):
    """An event that can be asked for."""

    name: str = _NOT_ASKED
    zh: str = _NOT_ASKED
    en: str = _NOT_ASKED
    example: dict[str, Any] = _NOT_ASKED


class FieldProblem(Answer, kw_only=True):
    """What is wrong with one field, in both languages."""

    field: str = _NOT_ASKED
    zh: str = _NOT_ASKED
    en: str = _NOT_ASKED


class FileOut(Answer, kw_only=True):
    """An attached file."""

    id: UUID = _NOT_ASKED
    record_type: str = _NOT_ASKED
    record_id: UUID = _NOT_ASKED
    name: str = _NOT_ASKED
    size: int = _NOT_ASKED
    sha256: str = _NOT_ASKED
    kind: str = _NOT_ASKED
    media_type: str = _NOT_ASKED
    doubt: str = _NOT_ASKED
    disguised: bool = _NOT_ASKED
    scan: Literal["none", "waiting", "clean", "infected"] = _NOT_ASKED
    by: Named = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    deleted_at: datetime | None = _NOT_ASKED


class FilePage(Answer, kw_only=True):
    """Files, the newest first."""

    next: str | None = _NOT_ASKED
    items: list[FileOut] = _NOT_ASKED


class GroupOut(Answer, kw_only=True):
    """One arm: people, how many of them bought, what they spent together."""

    people: int = _NOT_ASKED
    bought: int = _NOT_ASKED
    revenue: float | None = _NOT_ASKED


class IdentifierOut(Answer, kw_only=True):
    """Something that was seen and points at this person; the value as you may see it."""

    id: UUID = _NOT_ASKED
    kind: str = _NOT_ASKED
    value: str = _NOT_ASKED
    first_seen_at: datetime = _NOT_ASKED
    public: bool = _NOT_ASKED


class IdentityOut(Answer, kw_only=True):
    """The identifiers of a person, the links between them, and the way between two of them."""

    customer: UUID = _NOT_ASKED
    identifiers: list[IdentifierOut] = _NOT_ASKED
    links: list[LinkOut] = _NOT_ASKED
    one_person: bool | None = _NOT_ASKED
    way: list[LinkOut] = _NOT_ASKED


class ImportOut(Answer, kw_only=True):
    """A file that was brought in."""

    id: UUID = _NOT_ASKED
    kind: Literal["orders", "customers", "events"] = _NOT_ASKED
    state: Literal["new", "checked", "loading", "loaded", "undone", "failed", "cancelled"] = _NOT_ASKED
    file_name: str = _NOT_ASKED
    source: str | None = _NOT_ASKED
    owner: Named = _NOT_ASKED
    rows: int = _NOT_ASKED
    loaded: int = _NOT_ASKED
    known: int = _NOT_ASKED
    rejected: int = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    finished_at: datetime | None = _NOT_ASKED
    undone_at: datetime | None = _NOT_ASKED


class ImportPage(Answer, kw_only=True):
    """A page of imports, newest first."""

    next: str | None = _NOT_ASKED
    items: list[ImportOut] = _NOT_ASKED


class ImportWhole(Answer, kw_only=True):
    """An import with its cleaning report."""

    id: UUID = _NOT_ASKED
    kind: Literal["orders", "customers", "events"] = _NOT_ASKED
    state: Literal["new", "checked", "loading", "loaded", "undone", "failed", "cancelled"] = _NOT_ASKED
    file_name: str = _NOT_ASKED
    source: str | None = _NOT_ASKED
    owner: Named = _NOT_ASKED
    rows: int = _NOT_ASKED
    loaded: int = _NOT_ASKED
    known: int = _NOT_ASKED
    rejected: int = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    finished_at: datetime | None = _NOT_ASKED
    undone_at: datetime | None = _NOT_ASKED
    report: dict[str, Any] = _NOT_ASKED


class LearntList(Answer, kw_only=True):
    """Everything that was learnt of a source."""

    items: list[LearntOut] = _NOT_ASKED


class LearntOut(Answer, kw_only=True):
    """What came under one name; `property` is empty for the event itself."""

    event: str = _NOT_ASKED
    property: str = _NOT_ASKED
    events: int = _NOT_ASKED
    types: dict[str, int] = _NOT_ASKED
    examples: list[str] = _NOT_ASKED
    personal: bool = _NOT_ASKED
    beyond: int = _NOT_ASKED
    first_at: datetime = _NOT_ASKED
    last_at: datetime = _NOT_ASKED


class LinkOut(Answer, kw_only=True):
    """Where the bytes are: not while a scanner looks at them, never if they are infected."""

    url: str = _NOT_ASKED
    expires_at: datetime = _NOT_ASKED


class LookIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A masked field to look at, and why."""

    field: Literal["phone", "email", "birth_date"]
    reason: str


class LookOut(Answer, kw_only=True):
    """An open look: read the value by its ticket until it closes."""

    ticket: str = _NOT_ASKED
    field: str = _NOT_ASKED
    until: datetime = _NOT_ASKED


class LookedAt(Answer, kw_only=True):
    """A value behind its mask."""

    field: str = _NOT_ASKED
    value: str = _NOT_ASKED
    until: datetime = _NOT_ASKED


class MeOut(Answer, kw_only=True):
    """The one who asks."""

    id: UUID = _NOT_ASKED
    kind: Literal["person", "service"] = _NOT_ASKED
    email: str = _NOT_ASKED
    name: str = _NOT_ASKED
    roles: list[str] = _NOT_ASKED
    department: Named | None = _NOT_ASKED
    locale: str = _NOT_ASKED
    permissions: list[str] = _NOT_ASKED
    writable: list[str] = _NOT_ASKED
    token: TokenOut | None = _NOT_ASKED


class MergeIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The other customers who are this person."""

    others: list[UUID]


class ModelOut(Answer, kw_only=True):
    """The current version of a model."""

    name: str = _NOT_ASKED
    title: str = _NOT_ASKED
    version: int = _NOT_ASKED
    state: Literal["model", "baseline", "descriptive"] = _NOT_ASKED
    as_of: datetime = _NOT_ASKED
    trained_at: datetime = _NOT_ASKED
    customers: int = _NOT_ASKED
    approved_at: datetime | None = _NOT_ASKED
    scorecard: dict[str, Any] = _NOT_ASKED


class ModelsOut(Answer, kw_only=True):
    """All models."""

    items: list[ModelOut] = _NOT_ASKED


class Named(Answer, kw_only=True):
    """An id and what it is called."""

    id: UUID = _NOT_ASKED
    name: str = _NOT_ASKED


class NewComment(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A comment on a record."""

    text: str
    mentions: list[UUID] | UnsetType = UNSET
    record_type: str
    record_id: UUID


class NextPurchase(Answer, kw_only=True):
    """When the next purchase is expected, and how likely one is."""

    earliest: date | None = _NOT_ASKED
    latest: date | None = _NOT_ASKED
    probability: float | None = _NOT_ASKED


class NoteIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What to write down."""

    text: str


class NoteOut(Answer, kw_only=True):
    """What a colleague wrote down; untrusted text."""

    id: UUID = _NOT_ASKED
    customer_id: UUID = _NOT_ASKED
    text: str = _NOT_ASKED
    by: Named = _NOT_ASKED
    at: datetime = _NOT_ASKED


class NotePage(Answer, kw_only=True):
    """Notes, the newest first."""

    next: str | None = _NOT_ASKED
    items: list[NoteOut] = _NOT_ASKED


class NoticeOut(Answer, kw_only=True):
    """Something that you were told; several of a kind are told as one."""

    id: UUID = _NOT_ASKED
    ids: list[UUID] = _NOT_ASKED
    kind: str = _NOT_ASKED
    text: str = _NOT_ASKED
    count: int = _NOT_ASKED
    at: datetime = _NOT_ASKED
    unread: bool = _NOT_ASKED
    address: str = _NOT_ASKED


class NoticePage(Answer, kw_only=True):
    """Notices, the newest first, and how much is unread in all (at most 100)."""

    next: str | None = _NOT_ASKED
    items: list[NoticeOut] = _NOT_ASKED
    unread: int = _NOT_ASKED


class OrderLineOut(Answer, kw_only=True):
    """A line of an order."""

    sku: str = _NOT_ASKED
    product: str = _NOT_ASKED
    kind: str = _NOT_ASKED
    quantity: int = _NOT_ASKED
    unit_price: str = _NOT_ASKED
    amount: str = _NOT_ASKED


class OrderOut(Answer, kw_only=True):
    """A sale, or a return of goods, whose amounts are negative."""

    id: UUID = _NOT_ASKED
    number: str = _NOT_ASKED
    kind: Literal["sale", "return"] = _NOT_ASKED
    ordered_at: datetime = _NOT_ASKED
    total: str = _NOT_ASKED
    currency: str = _NOT_ASKED
    source: str = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    lines: list[OrderLineOut] = _NOT_ASKED


class OrderPage(Answer, kw_only=True):
    """Orders, newest first."""

    next: str | None = _NOT_ASKED
    items: list[OrderOut] = _NOT_ASKED


class PairOut(Answer, kw_only=True):
    """Two customers who are probably one person."""

    id: UUID = _NOT_ASKED
    customer: UUID = _NOT_ASKED
    other: UUID = _NOT_ASKED
    probability: float = _NOT_ASKED
    state: str = _NOT_ASKED
    why: str = _NOT_ASKED
    found_at: datetime = _NOT_ASKED


class PairsOut(Answer, kw_only=True):
    """Pairs, the likeliest first, and the number of the next page."""

    items: list[PairOut] = _NOT_ASKED
    next: int | None = _NOT_ASKED


class PeriodIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """From when until before when."""

    since: datetime
    until: datetime
    only_failed: bool | UnsetType = UNSET


class PlaceIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a customer does there."""

    job_title: str | UnsetType = UNSET


class PlanIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a source says that it sends."""

    mode: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    unknown_events: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    unknown_properties: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    events: dict[str, PlannedIn] | UnsetType = UNSET


class PlanOut(Answer, kw_only=True):
    """The plan that holds."""

    mode: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    unknown_events: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    unknown_properties: Literal["observe", "flag", "reject"] | UnsetType = UNSET
    events: dict[str, PlannedIn] | UnsetType = UNSET
    version: int = _NOT_ASKED


class PlannedIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An event with its properties by name."""

    description: str | UnsetType = UNSET
    properties: dict[str, PropertyIn] | UnsetType = UNSET


class ProblemOut(Answer, kw_only=True):
    """A refusal (RFC 9457)."""

    type: str = _NOT_ASKED
    title: str = _NOT_ASKED
    status: int = _NOT_ASKED
    detail: str = _NOT_ASKED
    texts: BothTexts = _NOT_ASKED
    errors: list[FieldProblem] = _NOT_ASKED


class ProblemTexts(Answer, kw_only=True):
    """Title and detail in one language."""

    title: str = _NOT_ASKED
    detail: str = _NOT_ASKED


class PropertyIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A property of an event."""

    type: Literal["text", "whole", "number", "yes_no", "moment", "list", "object", "any"] | UnsetType = UNSET
    required: bool | UnsetType = UNSET
    allowed: list[str | int | float] | UnsetType = UNSET
    personal: bool | UnsetType = UNSET
    description: str | UnsetType = UNSET


class RatioOut(Answer, kw_only=True):
    """Whether the arms are as large as they were drawn to be."""

    p: float | None = _NOT_ASKED
    trusted: bool = _NOT_ASKED


class ReadIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Which notices were read; none means all."""

    ids: list[UUID] | UnsetType = UNSET


class ReadOut(Answer, kw_only=True):
    """How many were unread before."""

    read: int = _NOT_ASKED


class ReplayedOut(Answer, kw_only=True):
    """How many go out again."""

    count: int = _NOT_ASKED


class ResultOut(Answer, kw_only=True):
    """What a campaign added, by intention to treat, against its hold-out."""

    campaign: UUID = _NOT_ASKED
    treated: GroupOut = _NOT_ASKED
    hold_out: GroupOut = _NOT_ASKED
    written_to: GroupOut = _NOT_ASKED
    window: WindowOut = _NOT_ASKED
    conversion: ConversionOut | None = _NOT_ASKED
    revenue: RevenueOut | None = _NOT_ASKED
    return_: ReturnOut | None = msgspec.field(default=_NOT_ASKED, name="return")
    sample_ratio: RatioOut | None = _NOT_ASKED
    reasons: dict[str, int] = _NOT_ASKED
    unsubscribed: int = _NOT_ASKED
    currency: str = _NOT_ASKED
    sentence: Said = _NOT_ASKED


class ReturnOut(Answer, kw_only=True):
    """What the campaign gained after its cost."""

    cost: str = _NOT_ASKED
    margin: float = _NOT_ASKED
    gain: Estimate = _NOT_ASKED
    roi: Estimate | None = _NOT_ASKED


class RevenueOut(Answer, kw_only=True):
    """The increment of revenue a person, and in total."""

    difference: Estimate = _NOT_ASKED
    total: Estimate = _NOT_ASKED
    method: str = _NOT_ASKED
    with_spend_before: bool = _NOT_ASKED
    verdict: Literal["more", "less", "unclear"] = _NOT_ASKED


class RowOut(Answer, kw_only=True):
    """What became of one row."""

    index: int = _NOT_ASKED
    status: int = _NOT_ASKED
    id: UUID | None = _NOT_ASKED
    problem: ProblemOut | None = _NOT_ASKED


class RuleIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A rule to count."""

    tree: dict[str, Any]


class Said(Answer, kw_only=True):
    """What may be said of it, in both languages."""

    zh: str = _NOT_ASKED
    en: str = _NOT_ASKED


class ScoreOut(Answer, kw_only=True):
    """A prediction with its interval, its date and its reasons."""

    model: str = _NOT_ASKED
    version: int = _NOT_ASKED
    as_of: datetime = _NOT_ASKED
    value: float = _NOT_ASKED
    low: float | None = _NOT_ASKED
    high: float | None = _NOT_ASKED
    in_use: str | None = _NOT_ASKED
    reasons: list[Any] = _NOT_ASKED


class ScoresOut(Answer, kw_only=True):
    """The current scores of a customer."""

    items: list[ScoreOut] = _NOT_ASKED


class SecretOut(Answer, kw_only=True):
    """An endpoint and its secret, which is told this once."""

    endpoint: EndpointOut = _NOT_ASKED
    secret: str = _NOT_ASKED


class SegmentIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A segment to keep."""

    tree: dict[str, Any]
    name: str
    holdout_share: float | UnsetType = UNSET


class SegmentOut(Answer, kw_only=True):
    """A segment."""

    id: UUID = _NOT_ASKED
    name: str = _NOT_ASKED
    sentence: Sentence = _NOT_ASKED
    version: int = _NOT_ASKED
    owner: Named = _NOT_ASKED
    size: int | None = _NOT_ASKED
    computed_at: datetime | None = _NOT_ASKED
    holdout_share: float = _NOT_ASKED
    created_at: datetime = _NOT_ASKED


class SegmentPage(Answer, kw_only=True):
    """A page of segments, newest first."""

    next: str | None = _NOT_ASKED
    items: list[SegmentOut] = _NOT_ASKED


class SegmentPatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is to change."""

    name: str | None | UnsetType = UNSET
    tree: dict[str, Any] | UnsetType = UNSET
    holdout_share: float | None | UnsetType = UNSET


class SegmentWhole(Answer, kw_only=True):
    """A segment with its rule."""

    id: UUID = _NOT_ASKED
    name: str = _NOT_ASKED
    sentence: Sentence = _NOT_ASKED
    version: int = _NOT_ASKED
    owner: Named = _NOT_ASKED
    size: int | None = _NOT_ASKED
    computed_at: datetime | None = _NOT_ASKED
    holdout_share: float = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    tree: dict[str, Any] = _NOT_ASKED


class Sentence(Answer, kw_only=True):
    """A rule in plain words."""

    zh: str = _NOT_ASKED
    en: str = _NOT_ASKED


class SourceOut(Answer, kw_only=True):
    """Where events come from."""

    key: str = _NOT_ASKED
    zh: str = _NOT_ASKED
    en: str = _NOT_ASKED
    kind: str = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    events: int = _NOT_ASKED
    health: Literal["good", "warn", "bad"] | None = _NOT_ASKED
    promise_minutes: int | None = _NOT_ASKED
    last_event_at: datetime | None = _NOT_ASKED
    last_received_at: datetime | None = _NOT_ASKED


class SourcesOut(Answer, kw_only=True):
    """All sources, those in trouble first."""

    items: list[SourceOut] = _NOT_ASKED


class Span(Answer, kw_only=True):
    """A value with its interval."""

    value: str | float | None = _NOT_ASKED
    low: str | float | None = _NOT_ASKED
    high: str | float | None = _NOT_ASKED


class SplitIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The identifiers that are a person of their own."""

    identifiers: list[UUID]


class StoppedOut(Answer, kw_only=True):
    """An event that came every day of a week, and then for 24 hours no more."""

    event: str = _NOT_ASKED
    last_at: datetime = _NOT_ASKED
    a_day: float = _NOT_ASKED


class TagIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tag to give."""

    tag: str


class TagsOut(Answer, kw_only=True):
    """The tags of a customer now."""

    tags: list[str] = _NOT_ASKED
    version: int = _NOT_ASKED


class TaskIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is to be done for a customer."""

    customer_id: UUID
    title: str
    owner_id: UUID | None | UnsetType = UNSET
    due: date | None | UnsetType = UNSET


class TaskOut(Answer, kw_only=True):
    """Something to do for a customer."""

    id: UUID = _NOT_ASKED
    customer_id: UUID | None = _NOT_ASKED
    title: str = _NOT_ASKED
    owner: Named = _NOT_ASKED
    created_by: Named = _NOT_ASKED
    due_at: datetime | None = _NOT_ASKED
    done_at: datetime | None = _NOT_ASKED
    created_at: datetime = _NOT_ASKED


class TaskPage(Answer, kw_only=True):
    """Tasks, the newest first."""

    next: str | None = _NOT_ASKED
    items: list[TaskOut] = _NOT_ASKED


class TaskPatch(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Done, or to do again."""

    done: bool


class TaskRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A task that is done, or to do again."""

    done: bool
    id: UUID
    if_match: str | None | UnsetType = UNSET


class TaskRows(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Tasks to add, to finish or to open again."""

    rows: list[TaskIn | TaskRow]


class TimelineEntry(Answer, kw_only=True):
    """Something that happened."""

    at: datetime = _NOT_ASKED
    kind: str = _NOT_ASKED
    text: str = _NOT_ASKED
    detail: str = _NOT_ASKED
    quote: str = _NOT_ASKED
    side: str = _NOT_ASKED
    simulated: bool = _NOT_ASKED
    count: int = _NOT_ASKED


class TimelinePage(Answer, kw_only=True):
    """Lines, newest first."""

    next: str | None = _NOT_ASKED
    items: list[TimelineEntry] = _NOT_ASKED


class TokenOut(Answer, kw_only=True):
    """The token of this request."""

    name: str = _NOT_ASKED
    prefix: str = _NOT_ASKED
    scopes: list[str] = _NOT_ASKED
    expires_at: datetime = _NOT_ASKED


class Total(Answer, kw_only=True):
    """How many there are: `exact`, or `more` than the count."""

    count: int = _NOT_ASKED
    kind: Literal["exact", "more"] = _NOT_ASKED


class ViewIn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A view to keep."""

    filters: dict[str, str] | UnsetType = UNSET
    where: dict[str, Any] | None | UnsetType = UNSET
    sort: str | UnsetType = UNSET
    columns: list[str] | UnsetType = UNSET
    object_type: str
    name: str
    shared: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET


class ViewOut(Answer, kw_only=True):
    """A saved view."""

    id: UUID = _NOT_ASKED
    object_type: str = _NOT_ASKED
    name: str = _NOT_ASKED
    owner: Named = _NOT_ASKED
    shared: bool = _NOT_ASKED
    pinned: bool = _NOT_ASKED
    filters: dict[str, str] = _NOT_ASKED
    where: dict[str, Any] | None = _NOT_ASKED
    sort: str = _NOT_ASKED
    columns: list[str] = _NOT_ASKED
    created_at: datetime = _NOT_ASKED


class ViewPage(Answer, kw_only=True):
    """Views, the newest first."""

    next: str | None = _NOT_ASKED
    items: list[ViewOut] = _NOT_ASKED


class ViewState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a list shows: short conditions, all others, order, columns."""

    filters: dict[str, str] | UnsetType = UNSET
    where: dict[str, Any] | None | UnsetType = UNSET
    sort: str | UnsetType = UNSET
    columns: list[str] | UnsetType = UNSET


class WayOut(Answer, kw_only=True):
    """One way in which events deviate."""

    event: str = _NOT_ASKED
    property: str = _NOT_ASKED
    fault: Literal["unknown_event", "unknown_property", "type", "missing", "value"] = _NOT_ASKED
    came: str = _NOT_ASKED
    days: list[int] = _NOT_ASKED
    of: int = _NOT_ASKED


class WindowOut(Answer, kw_only=True):
    """The days in which purchases count."""

    starts_at: datetime = _NOT_ASKED
    ends_at: datetime = _NOT_ASKED
    day: int = _NOT_ASKED
    days: int = _NOT_ASKED
    open: bool = _NOT_ASKED


class WrittenOut(Answer, kw_only=True):
    """A comment as it was kept, and who was called in vain."""

    id: UUID = _NOT_ASKED
    record_type: str = _NOT_ASKED
    record_id: UUID = _NOT_ASKED
    by: Named = _NOT_ASKED
    text: str = _NOT_ASKED
    mentions: list[UUID] = _NOT_ASKED
    created_at: datetime = _NOT_ASKED
    edited_at: datetime | None = _NOT_ASKED
    deleted_at: datetime | None = _NOT_ASKED
    unable: list[str] = _NOT_ASKED
    unclear: list[str] = _NOT_ASKED
