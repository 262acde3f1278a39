"""The operations. Generated from docs/openapi.json: do not edit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from zhiyin_client.core import Transport
from zhiyin_client.models import (
    ApartIn,
    BulkOut,
    CampaignOut,
    CampaignPage,
    CommentIn,
    CommentOut,
    CommentPage,
    CompanyIn,
    CompanyOut,
    CompanyPage,
    CompanyPatch,
    CompanyRows,
    CountOut,
    CustomerIn,
    CustomerOut,
    CustomerPage,
    CustomerPatch,
    CustomerRows,
    DecisionOut,
    DeliveryOut,
    DeliveryPage,
    DriftOut,
    EndpointChange,
    EndpointIn,
    EndpointOut,
    EndpointPage,
    EventOut,
    FileOut,
    FilePage,
    IdentityOut,
    ImportOut,
    ImportPage,
    ImportWhole,
    LearntList,
    LinkOut,
    LookIn,
    LookOut,
    LookedAt,
    MeOut,
    MergeIn,
    ModelsOut,
    NewComment,
    NoteIn,
    NoteOut,
    NotePage,
    NoticeOut,
    NoticePage,
    OrderOut,
    OrderPage,
    PairsOut,
    PeriodIn,
    PlaceIn,
    PlanIn,
    PlanOut,
    ReadIn,
    ReadOut,
    ReplayedOut,
    ResultOut,
    RuleIn,
    ScoresOut,
    SecretOut,
    SegmentIn,
    SegmentOut,
    SegmentPage,
    SegmentPatch,
    SegmentWhole,
    SourcesOut,
    SplitIn,
    TagIn,
    TagsOut,
    TaskIn,
    TaskOut,
    TaskPage,
    TaskPatch,
    TaskRows,
    TimelineEntry,
    TimelinePage,
    ViewIn,
    ViewOut,
    ViewPage,
    ViewState,
    WrittenOut,
)

__all__ = ["Client"]
_UNUSED = (Any, date, datetime, Literal)


class Client(Transport):
    """Every operation of the API as a method."""

    def me(self, *, fields: list[Literal["id", "kind", "email", "name", "roles", "department", "locale", "permissions", "writable", "token"]] | None = None) -> MeOut:
        """Who am I."""
        return self.call("GET", "/me", MeOut, query={"fields": fields})

    def bulk_customers(self, body: CustomerRows, *, idempotency_key: str | None = None) -> BulkOut:
        """Many customers at once."""
        return self.call("POST", "/customers/bulk", BulkOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def bulk_companies(self, body: CompanyRows, *, idempotency_key: str | None = None) -> BulkOut:
        """Many companies at once."""
        return self.call("POST", "/companies/bulk", BulkOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def bulk_tasks(self, body: TaskRows, *, idempotency_key: str | None = None) -> BulkOut:
        """Many tasks at once."""
        return self.call("POST", "/tasks/bulk", BulkOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def list_customers(self, *, limit: int | None = None, cursor: str | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, q: str | None = None, segment: UUID | None = None, tier: Literal["platinum", "gold", "regular"] | None = None, rfm: str | None = None, persona: str | None = None, risk: float | None = None, value: float | str | None = None, older: int | None = None, country: str | None = None, city: str | None = None, tag: str | None = None, owner: UUID | Literal["me"] | None = None, department: UUID | None = None, consent: Literal["email", "sms", "wechat", "none"] | None = None, fields: list[Literal["id", "version", "currency", "simulated", "masked", "figures_at", "scored_at", "custom", "number", "name", "phone", "email", "birth_date", "gender", "language", "country", "province", "city", "company", "job_title", "tags", "owner", "department", "orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "created_at", "tier", "rfm", "rfm_segment", "persona", "value_12m", "churn_risk", "next_purchase"]] | None = None) -> CustomerPage:
        """List customers."""
        return self.call("GET", "/customers", CustomerPage, query={"limit": limit, "cursor": cursor, "sort": sort, "total": total, "where": where, "q": q, "segment": segment, "tier": tier, "rfm": rfm, "persona": persona, "risk": risk, "value": value, "older": older, "country": country, "city": city, "tag": tag, "owner": owner, "department": department, "consent": consent, "fields": fields})

    def each_customers(self, *, limit: int | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, q: str | None = None, segment: UUID | None = None, tier: Literal["platinum", "gold", "regular"] | None = None, rfm: str | None = None, persona: str | None = None, risk: float | None = None, value: float | str | None = None, older: int | None = None, country: str | None = None, city: str | None = None, tag: str | None = None, owner: UUID | Literal["me"] | None = None, department: UUID | None = None, consent: Literal["email", "sms", "wechat", "none"] | None = None) -> Iterator[CustomerOut]:
        """All pages of `list_customers`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_customers(limit=limit, sort=sort, total=total, where=where, q=q, segment=segment, tier=tier, rfm=rfm, persona=persona, risk=risk, value=value, older=older, country=country, city=city, tag=tag, owner=owner, department=department, consent=consent, cursor=cursor)
            yield from page.items
            cursor = page.next

    def create_customer(self, body: CustomerIn, *, idempotency_key: str | None = None) -> CustomerOut:
        """Write a customer down."""
        return self.call("POST", "/customers", CustomerOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_customer(self, customer_id: UUID, *, fields: list[Literal["id", "version", "currency", "simulated", "masked", "figures_at", "scored_at", "custom", "number", "name", "phone", "email", "birth_date", "gender", "language", "country", "province", "city", "company", "job_title", "tags", "owner", "department", "orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "created_at", "tier", "rfm", "rfm_segment", "persona", "value_12m", "churn_risk", "next_purchase"]] | None = None) -> CustomerOut:
        """One customer."""
        return self.call("GET", "/customers/{customer_id}", CustomerOut, arguments={"customer_id": customer_id}, query={"fields": fields})

    def change_customer(self, customer_id: UUID, body: CustomerPatch, *, idempotency_key: str | None = None, if_match: str | None = None) -> CustomerOut:
        """Change a customer."""
        return self.call("PATCH", "/customers/{customer_id}", CustomerOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def open_look(self, customer_id: UUID, body: LookIn, *, idempotency_key: str | None = None) -> LookOut:
        """Look behind a mask."""
        return self.call("POST", "/customers/{customer_id}/looks", LookOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def read_look(self, customer_id: UUID, ticket: str, *, fields: list[Literal["field", "value", "until"]] | None = None) -> LookedAt:
        """Read a masked value."""
        return self.call("GET", "/customers/{customer_id}/looks/{ticket}", LookedAt, arguments={"customer_id": customer_id, "ticket": ticket}, query={"fields": fields})

    def tag_customer(self, customer_id: UUID, body: TagIn, *, idempotency_key: str | None = None, if_match: str | None = None) -> TagsOut:
        """Tag a customer."""
        return self.call("POST", "/customers/{customer_id}/tags", TagsOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def untag_customer(self, customer_id: UUID, tag: str, *, if_match: str | None = None) -> TagsOut:
        """Take a tag away."""
        return self.call("DELETE", "/customers/{customer_id}/tags/{tag}", TagsOut, arguments={"customer_id": customer_id, "tag": tag}, headers={"If-Match": if_match})

    def get_timeline(self, customer_id: UUID, *, cursor: str | None = None, kind: str | None = None, fields: list[Literal["at", "kind", "text", "detail", "quote", "side", "simulated", "count"]] | None = None) -> TimelinePage:
        """What happened."""
        return self.call("GET", "/customers/{customer_id}/timeline", TimelinePage, arguments={"customer_id": customer_id}, query={"cursor": cursor, "kind": kind, "fields": fields})

    def each_timeline(self, customer_id: UUID, *, kind: str | None = None) -> Iterator[TimelineEntry]:
        """All pages of `get_timeline`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get_timeline(customer_id, kind=kind, cursor=cursor)
            yield from page.items
            cursor = page.next

    def get_orders(self, customer_id: UUID, *, cursor: str | None = None, fields: list[Literal["id", "number", "kind", "ordered_at", "total", "currency", "source", "simulated", "lines"]] | None = None) -> OrderPage:
        """What they bought."""
        return self.call("GET", "/customers/{customer_id}/orders", OrderPage, arguments={"customer_id": customer_id}, query={"cursor": cursor, "fields": fields})

    def each_orders(self, customer_id: UUID) -> Iterator[OrderOut]:
        """All pages of `get_orders`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get_orders(customer_id, cursor=cursor)
            yield from page.items
            cursor = page.next

    def get_scores(self, customer_id: UUID, *, fields: list[Literal["model", "version", "as_of", "value", "low", "high", "in_use", "reasons"]] | None = None) -> ScoresOut:
        """What is predicted."""
        return self.call("GET", "/customers/{customer_id}/scores", ScoresOut, arguments={"customer_id": customer_id}, query={"fields": fields})

    def list_notes(self, customer_id: UUID, *, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "customer_id", "text", "by", "at"]] | None = None) -> NotePage:
        """The notes on a customer."""
        return self.call("GET", "/customers/{customer_id}/notes", NotePage, arguments={"customer_id": customer_id}, query={"limit": limit, "cursor": cursor, "fields": fields})

    def each_notes(self, customer_id: UUID, *, limit: int | None = None) -> Iterator[NoteOut]:
        """All pages of `list_notes`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_notes(customer_id, limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def write_note(self, customer_id: UUID, body: NoteIn, *, idempotency_key: str | None = None) -> NoteOut:
        """Write a note."""
        return self.call("POST", "/customers/{customer_id}/notes", NoteOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def list_companies(self, *, limit: int | None = None, cursor: str | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, q: str | None = None, industry: Literal["retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance", "education", "health", "public", "other"] | None = None, size: Literal["micro", "small", "medium", "large", "huge"] | None = None, city: str | None = None, country: str | None = None, revenue: float | str | None = None, older: int | None = None, tag: str | None = None, owner: UUID | Literal["me"] | None = None, department: UUID | None = None, fields: list[Literal["id", "version", "currency", "simulated", "figures_at", "custom", "number", "name", "industry", "size", "country", "province", "city", "website", "tags", "owner", "department", "headcount", "orders", "revenue", "last_order_at", "created_at"]] | None = None) -> CompanyPage:
        """List companies."""
        return self.call("GET", "/companies", CompanyPage, query={"limit": limit, "cursor": cursor, "sort": sort, "total": total, "where": where, "q": q, "industry": industry, "size": size, "city": city, "country": country, "revenue": revenue, "older": older, "tag": tag, "owner": owner, "department": department, "fields": fields})

    def each_companies(self, *, limit: int | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, q: str | None = None, industry: Literal["retail", "wholesale", "hospitality", "manufacturing", "services", "technology", "finance", "education", "health", "public", "other"] | None = None, size: Literal["micro", "small", "medium", "large", "huge"] | None = None, city: str | None = None, country: str | None = None, revenue: float | str | None = None, older: int | None = None, tag: str | None = None, owner: UUID | Literal["me"] | None = None, department: UUID | None = None) -> Iterator[CompanyOut]:
        """All pages of `list_companies`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_companies(limit=limit, sort=sort, total=total, where=where, q=q, industry=industry, size=size, city=city, country=country, revenue=revenue, older=older, tag=tag, owner=owner, department=department, cursor=cursor)
            yield from page.items
            cursor = page.next

    def create_company(self, body: CompanyIn, *, idempotency_key: str | None = None) -> CompanyOut:
        """Write a company down."""
        return self.call("POST", "/companies", CompanyOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_company(self, company_id: UUID, *, fields: list[Literal["id", "version", "currency", "simulated", "figures_at", "custom", "number", "name", "industry", "size", "country", "province", "city", "website", "tags", "owner", "department", "headcount", "orders", "revenue", "last_order_at", "created_at"]] | None = None) -> CompanyOut:
        """One company."""
        return self.call("GET", "/companies/{company_id}", CompanyOut, arguments={"company_id": company_id}, query={"fields": fields})

    def change_company(self, company_id: UUID, body: CompanyPatch, *, idempotency_key: str | None = None, if_match: str | None = None) -> CompanyOut:
        """Change a company."""
        return self.call("PATCH", "/companies/{company_id}", CompanyOut, arguments={"company_id": company_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def list_company_customers(self, company_id: UUID, *, limit: int | None = None, cursor: str | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, fields: list[Literal["id", "version", "currency", "simulated", "masked", "figures_at", "scored_at", "custom", "number", "name", "phone", "email", "birth_date", "gender", "language", "country", "province", "city", "company", "job_title", "tags", "owner", "department", "orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "created_at", "tier", "rfm", "rfm_segment", "persona", "value_12m", "churn_risk", "next_purchase"]] | None = None) -> CustomerPage:
        """Who belongs to a company."""
        return self.call("GET", "/companies/{company_id}/customers", CustomerPage, arguments={"company_id": company_id}, query={"limit": limit, "cursor": cursor, "sort": sort, "total": total, "where": where, "fields": fields})

    def each_company_customers(self, company_id: UUID, *, limit: int | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None) -> Iterator[CustomerOut]:
        """All pages of `list_company_customers`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_company_customers(company_id, limit=limit, sort=sort, total=total, where=where, cursor=cursor)
            yield from page.items
            cursor = page.next

    def place_customer(self, company_id: UUID, customer_id: UUID, body: PlaceIn, *, if_match: str | None = None) -> CustomerOut:
        """Place a customer."""
        return self.call("PUT", "/companies/{company_id}/customers/{customer_id}", CustomerOut, arguments={"company_id": company_id, "customer_id": customer_id}, body=body, headers={"If-Match": if_match})

    def remove_customer(self, company_id: UUID, customer_id: UUID, *, if_match: str | None = None) -> CustomerOut:
        """Take a customer out."""
        return self.call("DELETE", "/companies/{company_id}/customers/{customer_id}", CustomerOut, arguments={"company_id": company_id, "customer_id": customer_id}, headers={"If-Match": if_match})

    def list_tasks(self, *, limit: int | None = None, cursor: str | None = None, customer_id: UUID | None = None, done: bool | None = None, fields: list[Literal["id", "customer_id", "title", "owner", "created_by", "due_at", "done_at", "created_at"]] | None = None) -> TaskPage:
        """List tasks."""
        return self.call("GET", "/tasks", TaskPage, query={"limit": limit, "cursor": cursor, "customer_id": customer_id, "done": done, "fields": fields})

    def each_tasks(self, *, limit: int | None = None, customer_id: UUID | None = None, done: bool | None = None) -> Iterator[TaskOut]:
        """All pages of `list_tasks`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_tasks(limit=limit, customer_id=customer_id, done=done, cursor=cursor)
            yield from page.items
            cursor = page.next

    def add_task(self, body: TaskIn, *, idempotency_key: str | None = None) -> TaskOut:
        """Add a task."""
        return self.call("POST", "/tasks", TaskOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_task(self, task_id: UUID, *, fields: list[Literal["id", "customer_id", "title", "owner", "created_by", "due_at", "done_at", "created_at"]] | None = None) -> TaskOut:
        """One task."""
        return self.call("GET", "/tasks/{task_id}", TaskOut, arguments={"task_id": task_id}, query={"fields": fields})

    def change_task(self, task_id: UUID, body: TaskPatch, *, idempotency_key: str | None = None, if_match: str | None = None) -> TaskOut:
        """Finish a task, or open it again."""
        return self.call("PATCH", "/tasks/{task_id}", TaskOut, arguments={"task_id": task_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def list_segments(self, *, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "name", "sentence", "version", "owner", "size", "computed_at", "holdout_share", "created_at"]] | None = None) -> SegmentPage:
        """List segments."""
        return self.call("GET", "/segments", SegmentPage, query={"limit": limit, "cursor": cursor, "fields": fields})

    def each_segments(self, *, limit: int | None = None) -> Iterator[SegmentOut]:
        """All pages of `list_segments`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_segments(limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def create_segment(self, body: SegmentIn, *, idempotency_key: str | None = None) -> SegmentWhole:
        """Create a segment."""
        return self.call("POST", "/segments", SegmentWhole, body=body, headers={"Idempotency-Key": idempotency_key})

    def count_segment(self, body: RuleIn, *, idempotency_key: str | None = None) -> CountOut:
        """Count a rule."""
        return self.call("POST", "/segments/count", CountOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_segment(self, segment_id: UUID, *, fields: list[Literal["id", "name", "sentence", "version", "owner", "size", "computed_at", "holdout_share", "created_at", "tree"]] | None = None) -> SegmentWhole:
        """One segment."""
        return self.call("GET", "/segments/{segment_id}", SegmentWhole, arguments={"segment_id": segment_id}, query={"fields": fields})

    def change_segment(self, segment_id: UUID, body: SegmentPatch, *, idempotency_key: str | None = None, if_match: str | None = None) -> SegmentWhole:
        """Change a segment."""
        return self.call("PATCH", "/segments/{segment_id}", SegmentWhole, arguments={"segment_id": segment_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def archive_segment(self, segment_id: UUID, *, if_match: str | None = None) -> SegmentOut:
        """Put a segment away."""
        return self.call("DELETE", "/segments/{segment_id}", SegmentOut, arguments={"segment_id": segment_id}, headers={"If-Match": if_match})

    def restore_segment(self, segment_id: UUID, *, idempotency_key: str | None = None) -> SegmentWhole:
        """Bring a segment back."""
        return self.call("POST", "/segments/{segment_id}/restore", SegmentWhole, arguments={"segment_id": segment_id}, headers={"Idempotency-Key": idempotency_key})

    def list_segment_customers(self, segment_id: UUID, *, limit: int | None = None, cursor: str | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None, fields: list[Literal["id", "version", "currency", "simulated", "masked", "figures_at", "scored_at", "custom", "number", "name", "phone", "email", "birth_date", "gender", "language", "country", "province", "city", "company", "job_title", "tags", "owner", "department", "orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "created_at", "tier", "rfm", "rfm_segment", "persona", "value_12m", "churn_risk", "next_purchase"]] | None = None) -> CustomerPage:
        """Who is in a segment."""
        return self.call("GET", "/segments/{segment_id}/customers", CustomerPage, arguments={"segment_id": segment_id}, query={"limit": limit, "cursor": cursor, "sort": sort, "total": total, "where": where, "fields": fields})

    def each_segment_customers(self, segment_id: UUID, *, limit: int | None = None, sort: str | None = None, total: bool | None = None, where: str | None = None) -> Iterator[CustomerOut]:
        """All pages of `list_segment_customers`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_segment_customers(segment_id, limit=limit, sort=sort, total=total, where=where, cursor=cursor)
            yield from page.items
            cursor = page.next

    def list_pairs(self, *, state: str | None = None, sort: str | None = None, page: int | None = None, fields: list[Literal["id", "customer", "other", "probability", "state", "why", "found_at"]] | None = None) -> PairsOut:
        """Customers who may be one person."""
        return self.call("GET", "/identity/pairs", PairsOut, query={"state": state, "sort": sort, "page": page, "fields": fields})

    def get_identity(self, customer_id: UUID, *, at: datetime | None = None, a: UUID | None = None, b: UUID | None = None, fields: list[Literal["customer", "identifiers", "links", "one_person", "way"]] | None = None) -> IdentityOut:
        """Why one person."""
        return self.call("GET", "/customers/{customer_id}/identity", IdentityOut, arguments={"customer_id": customer_id}, query={"at": at, "a": a, "b": b, "fields": fields})

    def merge_customers(self, customer_id: UUID, body: MergeIn, *, idempotency_key: str | None = None) -> DecisionOut:
        """Merge customers."""
        return self.call("POST", "/customers/{customer_id}/merge", DecisionOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def split_customer(self, customer_id: UUID, body: SplitIn, *, idempotency_key: str | None = None) -> DecisionOut:
        """Part identifiers."""
        return self.call("POST", "/customers/{customer_id}/split", DecisionOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def keep_apart(self, customer_id: UUID, body: ApartIn, *, idempotency_key: str | None = None) -> DecisionOut:
        """Keep two customers apart."""
        return self.call("POST", "/customers/{customer_id}/keep-apart", DecisionOut, arguments={"customer_id": customer_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def undo_decision(self, decision: UUID) -> DecisionOut:
        """Take a decision back."""
        return self.call("DELETE", "/identity/decisions/{decision}", DecisionOut, arguments={"decision": decision})

    def list_models(self, *, fields: list[Literal["name", "title", "version", "state", "as_of", "trained_at", "customers", "approved_at", "scorecard"]] | None = None) -> ModelsOut:
        """Models and their scorecards."""
        return self.call("GET", "/models", ModelsOut, query={"fields": fields})

    def list_views(self, *, object_type: str, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "object_type", "name", "owner", "shared", "pinned", "filters", "where", "sort", "columns", "created_at"]] | None = None) -> ViewPage:
        """Saved views of an object."""
        return self.call("GET", "/views", ViewPage, query={"limit": limit, "cursor": cursor, "object_type": object_type, "fields": fields})

    def each_views(self, *, object_type: str, limit: int | None = None) -> Iterator[ViewOut]:
        """All pages of `list_views`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_views(limit=limit, object_type=object_type, cursor=cursor)
            yield from page.items
            cursor = page.next

    def create_view(self, body: ViewIn, *, idempotency_key: str | None = None) -> ViewOut:
        """Keep a view."""
        return self.call("POST", "/views", ViewOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_view(self, view_id: UUID, *, fields: list[Literal["id", "object_type", "name", "owner", "shared", "pinned", "filters", "where", "sort", "columns", "created_at"]] | None = None) -> ViewOut:
        """One view."""
        return self.call("GET", "/views/{view_id}", ViewOut, arguments={"view_id": view_id}, query={"fields": fields})

    def change_view(self, view_id: UUID, body: ViewState, *, idempotency_key: str | None = None, if_match: str | None = None) -> ViewOut:
        """Change a view."""
        return self.call("PATCH", "/views/{view_id}", ViewOut, arguments={"view_id": view_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def delete_view(self, view_id: UUID, *, if_match: str | None = None) -> ViewOut:
        """Throw a view away."""
        return self.call("DELETE", "/views/{view_id}", ViewOut, arguments={"view_id": view_id}, headers={"If-Match": if_match})

    def list_imports(self, *, limit: int | None = None, cursor: str | None = None, state: Literal["new", "checked", "loading", "loaded", "undone", "failed", "cancelled"] | None = None, source: str | None = None, fields: list[Literal["id", "kind", "state", "file_name", "source", "owner", "rows", "loaded", "known", "rejected", "created_at", "finished_at", "undone_at"]] | None = None) -> ImportPage:
        """List imports."""
        return self.call("GET", "/imports", ImportPage, query={"limit": limit, "cursor": cursor, "state": state, "source": source, "fields": fields})

    def each_imports(self, *, limit: int | None = None, state: Literal["new", "checked", "loading", "loaded", "undone", "failed", "cancelled"] | None = None, source: str | None = None) -> Iterator[ImportOut]:
        """All pages of `list_imports`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_imports(limit=limit, state=state, source=source, cursor=cursor)
            yield from page.items
            cursor = page.next

    def get_import(self, import_id: UUID, *, fields: list[Literal["id", "kind", "state", "file_name", "source", "owner", "rows", "loaded", "known", "rejected", "created_at", "finished_at", "undone_at", "report"]] | None = None) -> ImportWhole:
        """One import."""
        return self.call("GET", "/imports/{import_id}", ImportWhole, arguments={"import_id": import_id}, query={"fields": fields})

    def list_sources(self, *, fields: list[Literal["key", "zh", "en", "kind", "simulated", "events", "health", "promise_minutes", "last_event_at", "last_received_at"]] | None = None) -> SourcesOut:
        """List sources."""
        return self.call("GET", "/sources", SourcesOut, query={"fields": fields})

    def get_plan(self, source_key: str, *, fields: list[Literal["mode", "unknown_events", "unknown_properties", "events", "version"]] | None = None) -> PlanOut:
        """The tracking plan of a source."""
        return self.call("GET", "/sources/{source_key}/plan", PlanOut, arguments={"source_key": source_key}, query={"fields": fields})

    def put_plan(self, source_key: str, body: PlanIn, *, if_match: str | None = None) -> PlanOut:
        """Replace the tracking plan."""
        return self.call("PUT", "/sources/{source_key}/plan", PlanOut, arguments={"source_key": source_key}, body=body, headers={"If-Match": if_match})

    def list_learnt(self, source_key: str, *, fields: list[Literal["event", "property", "events", "types", "examples", "personal", "beyond", "first_at", "last_at"]] | None = None) -> LearntList:
        """What was learnt of a source."""
        return self.call("GET", "/sources/{source_key}/plan/learnt", LearntList, arguments={"source_key": source_key}, query={"fields": fields})

    def get_drift(self, source_key: str, *, days: int | None = None, fields: list[Literal["days", "came", "deviated", "ways", "stopped", "beyond"]] | None = None) -> DriftOut:
        """How what comes differs from the plan."""
        return self.call("GET", "/sources/{source_key}/plan/drift", DriftOut, arguments={"source_key": source_key}, query={"days": days, "fields": fields})

    def list_campaigns(self, *, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "name", "state", "segment", "channel", "holdout_share", "window_days", "owner", "simulated", "created_at", "started_at", "finished_at"]] | None = None) -> CampaignPage:
        """List campaigns."""
        return self.call("GET", "/campaigns", CampaignPage, query={"limit": limit, "cursor": cursor, "fields": fields})

    def each_campaigns(self, *, limit: int | None = None) -> Iterator[CampaignOut]:
        """All pages of `list_campaigns`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_campaigns(limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def get_campaign_result(self, campaign_id: UUID, *, fields: list[Literal["campaign", "treated", "hold_out", "written_to", "window", "conversion", "revenue", "return", "sample_ratio", "reasons", "unsubscribed", "currency", "sentence"]] | None = None) -> ResultOut:
        """What a campaign added."""
        return self.call("GET", "/campaigns/{campaign_id}/result", ResultOut, arguments={"campaign_id": campaign_id}, query={"fields": fields})

    def list_files(self, *, record_type: str, record_id: UUID, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "record_type", "record_id", "name", "size", "sha256", "kind", "media_type", "doubt", "disguised", "scan", "by", "created_at", "deleted_at"]] | None = None) -> FilePage:
        """The files of a record."""
        return self.call("GET", "/files", FilePage, query={"record_type": record_type, "record_id": record_id, "limit": limit, "cursor": cursor, "fields": fields})

    def each_files(self, *, record_type: str, record_id: UUID, limit: int | None = None) -> Iterator[FileOut]:
        """All pages of `list_files`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_files(record_type=record_type, record_id=record_id, limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def attach_file(self, *, record_type: str, record_id: UUID, file: tuple[str, bytes], idempotency_key: str | None = None) -> FileOut:
        """Attach a file."""
        return self.call("POST", "/files", FileOut, form={"record_type": record_type, "record_id": record_id, "file": file}, headers={"Idempotency-Key": idempotency_key})

    def get_file(self, file_id: UUID, *, fields: list[Literal["id", "record_type", "record_id", "name", "size", "sha256", "kind", "media_type", "doubt", "disguised", "scan", "by", "created_at", "deleted_at"]] | None = None) -> FileOut:
        """One file."""
        return self.call("GET", "/files/{file_id}", FileOut, arguments={"file_id": file_id}, query={"fields": fields})

    def delete_file(self, file_id: UUID, *, if_match: str | None = None) -> FileOut:
        """Take a file off."""
        return self.call("DELETE", "/files/{file_id}", FileOut, arguments={"file_id": file_id}, headers={"If-Match": if_match})

    def link_file(self, file_id: UUID, *, idempotency_key: str | None = None) -> LinkOut:
        """The bytes."""
        return self.call("POST", "/files/{file_id}/link", LinkOut, arguments={"file_id": file_id}, headers={"Idempotency-Key": idempotency_key})

    def restore_file(self, file_id: UUID, *, idempotency_key: str | None = None, if_match: str | None = None) -> FileOut:
        """Bring a file back."""
        return self.call("POST", "/files/{file_id}/restore", FileOut, arguments={"file_id": file_id}, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def list_comments(self, *, record_type: str, record_id: UUID, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "record_type", "record_id", "by", "text", "mentions", "created_at", "edited_at", "deleted_at"]] | None = None) -> CommentPage:
        """The comments of a record."""
        return self.call("GET", "/comments", CommentPage, query={"limit": limit, "cursor": cursor, "record_type": record_type, "record_id": record_id, "fields": fields})

    def each_comments(self, *, record_type: str, record_id: UUID, limit: int | None = None) -> Iterator[CommentOut]:
        """All pages of `list_comments`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_comments(limit=limit, record_type=record_type, record_id=record_id, cursor=cursor)
            yield from page.items
            cursor = page.next

    def add_comment(self, body: NewComment, *, idempotency_key: str | None = None) -> WrittenOut:
        """Comment on a record."""
        return self.call("POST", "/comments", WrittenOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_comment(self, comment_id: UUID, *, fields: list[Literal["id", "record_type", "record_id", "by", "text", "mentions", "created_at", "edited_at", "deleted_at"]] | None = None) -> CommentOut:
        """One comment."""
        return self.call("GET", "/comments/{comment_id}", CommentOut, arguments={"comment_id": comment_id}, query={"fields": fields})

    def edit_comment(self, comment_id: UUID, body: CommentIn, *, idempotency_key: str | None = None, if_match: str | None = None) -> WrittenOut:
        """Edit a comment."""
        return self.call("PATCH", "/comments/{comment_id}", WrittenOut, arguments={"comment_id": comment_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def delete_comment(self, comment_id: UUID, *, if_match: str | None = None) -> CommentOut:
        """Delete a comment."""
        return self.call("DELETE", "/comments/{comment_id}", CommentOut, arguments={"comment_id": comment_id}, headers={"If-Match": if_match})

    def restore_comment(self, comment_id: UUID, *, idempotency_key: str | None = None, if_match: str | None = None) -> CommentOut:
        """Bring a comment back."""
        return self.call("POST", "/comments/{comment_id}/restore", CommentOut, arguments={"comment_id": comment_id}, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def list_notifications(self, *, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "ids", "kind", "text", "count", "at", "unread", "address"]] | None = None) -> NoticePage:
        """What you were told."""
        return self.call("GET", "/notifications", NoticePage, query={"limit": limit, "cursor": cursor, "fields": fields})

    def each_notifications(self, *, limit: int | None = None) -> Iterator[NoticeOut]:
        """All pages of `list_notifications`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_notifications(limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def read_notifications(self, body: ReadIn, *, idempotency_key: str | None = None) -> ReadOut:
        """Mark as read."""
        return self.call("POST", "/notifications/read", ReadOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def list_webhook_events(self, *, fields: list[Literal["name", "zh", "en", "example"]] | None = None) -> list[EventOut]:
        """List the events that can be asked for."""
        return self.call("GET", "/webhook-events", list[EventOut], query={"fields": fields})

    def list_webhooks(self, *, limit: int | None = None, cursor: str | None = None, fields: list[Literal["id", "url", "description", "types", "with_values", "with_imports", "active", "stopped_because", "owner", "created_at", "delivered_at", "failing_since"]] | None = None) -> EndpointPage:
        """List endpoints."""
        return self.call("GET", "/webhooks", EndpointPage, query={"limit": limit, "cursor": cursor, "fields": fields})

    def each_webhooks(self, *, limit: int | None = None) -> Iterator[EndpointOut]:
        """All pages of `list_webhooks`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_webhooks(limit=limit, cursor=cursor)
            yield from page.items
            cursor = page.next

    def add_webhook(self, body: EndpointIn, *, idempotency_key: str | None = None) -> SecretOut:
        """Add an endpoint."""
        return self.call("POST", "/webhooks", SecretOut, body=body, headers={"Idempotency-Key": idempotency_key})

    def get_webhook(self, webhook_id: UUID, *, fields: list[Literal["id", "url", "description", "types", "with_values", "with_imports", "active", "stopped_because", "owner", "created_at", "delivered_at", "failing_since"]] | None = None) -> EndpointOut:
        """Get an endpoint."""
        return self.call("GET", "/webhooks/{webhook_id}", EndpointOut, arguments={"webhook_id": webhook_id}, query={"fields": fields})

    def change_webhook(self, webhook_id: UUID, body: EndpointChange, *, idempotency_key: str | None = None, if_match: str | None = None) -> EndpointOut:
        """Change an endpoint, or switch it on or off."""
        return self.call("PATCH", "/webhooks/{webhook_id}", EndpointOut, arguments={"webhook_id": webhook_id}, body=body, headers={"Idempotency-Key": idempotency_key, "If-Match": if_match})

    def delete_webhook(self, webhook_id: UUID, *, if_match: str | None = None) -> EndpointOut:
        """Delete an endpoint with its log."""
        return self.call("DELETE", "/webhooks/{webhook_id}", EndpointOut, arguments={"webhook_id": webhook_id}, headers={"If-Match": if_match})

    def rotate_webhook_secret(self, webhook_id: UUID, *, idempotency_key: str | None = None) -> SecretOut:
        """Make a new secret."""
        return self.call("POST", "/webhooks/{webhook_id}/secret", SecretOut, arguments={"webhook_id": webhook_id}, headers={"Idempotency-Key": idempotency_key})

    def test_webhook(self, webhook_id: UUID, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Send a test."""
        return self.call("POST", "/webhooks/{webhook_id}/test", DeliveryOut, arguments={"webhook_id": webhook_id}, headers={"Idempotency-Key": idempotency_key})

    def list_webhook_deliveries(self, webhook_id: UUID, *, limit: int | None = None, cursor: str | None = None, state: Literal["waiting", "delivered", "failed", "withheld", "cancelled"] | None = None, fields: list[Literal["id", "message_id", "type", "happened_at", "state", "attempts", "due_at", "again"]] | None = None) -> DeliveryPage:
        """Read the log of an endpoint."""
        return self.call("GET", "/webhooks/{webhook_id}/deliveries", DeliveryPage, arguments={"webhook_id": webhook_id}, query={"limit": limit, "cursor": cursor, "state": state, "fields": fields})

    def each_webhook_deliveries(self, webhook_id: UUID, *, limit: int | None = None, state: Literal["waiting", "delivered", "failed", "withheld", "cancelled"] | None = None) -> Iterator[DeliveryOut]:
        """All pages of `list_webhook_deliveries`, record by record."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.list_webhook_deliveries(webhook_id, limit=limit, state=state, cursor=cursor)
            yield from page.items
            cursor = page.next

    def replay_webhook(self, webhook_id: UUID, body: PeriodIn, *, idempotency_key: str | None = None) -> ReplayedOut:
        """Send a period again."""
        return self.call("POST", "/webhooks/{webhook_id}/replay", ReplayedOut, arguments={"webhook_id": webhook_id}, body=body, headers={"Idempotency-Key": idempotency_key})

    def replay_webhook_delivery(self, delivery_id: UUID, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Send one message again."""
        return self.call("POST", "/webhook-deliveries/{delivery_id}/replay", DeliveryOut, arguments={"delivery_id": delivery_id}, headers={"Idempotency-Key": idempotency_key})
