"""The customer as an object: what its list, filters and record offer. See zhiyin.objects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.accounts.access import Sensitivity
from zhiyin.accounts.models import User
from zhiyin.customers import asking, catalogue, cells, companies, search, words
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.fields import masked
from zhiyin.customers.models import Customer, ProfileChange
from zhiyin.customers.objects import asking as special
from zhiyin.customers.objects import editing
from zhiyin.customers.services import golden, profile
from zhiyin.customers.services.values import stored
from zhiyin.objects import definitions
from zhiyin.objects.definitions import (
    BulkAction,
    Chip,
    Editor,
    Field,
    Kind,
    ObjectType,
    Operator,
    Relation,
    Sort,
)

_PLAIN = Sensitivity.PLAIN
_INDEXED = ("name", "number", "phone", "email")


def _plain(key: str, *, in_bulk: bool = True) -> Editor:
    return Editor(lambda text, by: stored(key, text), in_bulk=in_bulk)


def _identifying(key: str) -> Editor:
    """An identifier is claimed for this customer: its own service sees to that."""

    def save(row: Customer, text: str, *, by: User, version: int, before: str | None) -> Customer:
        return profile.change_field(row, key, text, by=by, version=version, before=before)

    return Editor(lambda text, by: stored(key, text), save=save, in_bulk=False)


def _noted(
    field: Field, befores: Sequence[tuple[UUID, str]], after: str, *, by: User,
    batch: UUID | None = None,
) -> None:  # fmt: skip
    """The profile's history is kept with what imports changed in it."""
    now = timezone.now()
    name = {"owner": "owner_id", "department": "department_id", "company": "company_id"}.get(
        field.key, field.key
    )
    ProfileChange.objects.bulk_create(
        [
            ProfileChange(customer_id=pk, field=name, before=before, after=after, by=by,
                          batch=batch, at=now)
            for pk, before in befores
        ],
        batch_size=5000,
    )  # fmt: skip
    golden.written([pk for pk, _before in befores], field.key, by=by, at=now)
    if field.key in _INDEXED:
        search.index([pk for pk, _before in befores])
    if field.key == "company":
        companies.refresh([text for _pk, text in befores] + [after], at=now)


def _last_change(row_id: UUID, key: str) -> tuple[User | None, datetime | None]:
    names = (key, f"{key}_id")
    found = ProfileChange.objects.filter(customer=row_id, field__in=names).select_related("by")
    last = found.order_by("-id").first()
    return (last.by, last.at) if last else (None, None)


def _personal(key: str) -> Any:
    return lambda value: masked(key, value)


def _scored_at(rows: Sequence[Customer]) -> datetime | None:
    return next((one.scored_at for one in rows if one.scored_at), None)


FIELDS = (
    Field("name", _("Name"), cell=cells.name, narrow_screen=True,
          editor=_plain("name", in_bulk=False),
          sort=Sort(str, "customers_c_name_2141d2_idx", False, with_id=True, nulls_last=False)),
    Field("number", _("Number"), editor=_identifying("number")),
    Field("phone", _("Mobile"), Kind.MASKED, mask=_personal("phone"), editor=_identifying("phone"),
          help=_("Outside mainland China begin with + and the country code")),
    Field("email", _("E-mail"), Kind.MASKED, mask=_personal("email"), editor=_identifying("email")),
    Field("company", _("Company"), Kind.REFERENCE, operators=(Operator.EMPTY, Operator.FILLED),
          editor=Editor(companies.read_reference, written=companies.written_reference),
          suggestions="suggest_companies"),
    Field("job_title", _("Job title"), editor=_plain("job_title")),
    Field("tier", _("Tier"), Kind.CHOICE, cell=cells.tier, look="badge",
          choices=lambda: cells.choices(words.TIERS)),
    Field("rfm_segment", _("RFM segment"), Kind.CHOICE, cell=cells.rfm, look="badge",
          choices=lambda: cells.choices(words.RFM_SEGMENTS)),
    Field("persona", _("Persona"), Kind.CHOICE, cell=cells.persona,
          choices=lambda: cells.choices(words.personas())),
    Field("country", _("Country"), editor=_plain("country")),
    Field("province", _("Province"), editor=_plain("province")),
    Field("city", _("City"), editor=_plain("city")),
    Field("gender", _("Gender"), Kind.CHOICE, cell=cells.gender, editor=_plain("gender"),
          choices=lambda: [(str(k), str(v)) for k, v in Customer.Gender.choices]),
    Field("language", _("Language"), Kind.CHOICE, cell=cells.language, editor=_plain("language"),
          choices=lambda: [(str(k), str(v)) for k, v in Customer.Language.choices]),
    Field("birth_date", _("Birthday"), Kind.MASKED, mask=_personal("birth_date"), operators=(),
          editor=_identifying("birth_date")),
    Field("tags", _("Tags"), Kind.TAGS),
    Field("owner", _("Owner"), Kind.USER, editor=editing.assigned("customer")),
    Field("department", _("Department"), Kind.DEPARTMENT, editor=editing.moved("customer")),
    Field("orders", _("Orders"), Kind.NUMBER, sort=Sort(int, "customer_orders", False)),
    Field("revenue", _("Spent in all"), Kind.MONEY,
          sort=Sort(Decimal, "customer_revenue", False, minor="revenue_minor")),
    Field("value_12m", _("12-month value"), Kind.MONEY, narrow_screen=True,
          sort=Sort(Decimal, "customer_value", minor="value_12m_minor")),
    Field("churn_risk", _("Churn risk"), Kind.PERCENT, cell=cells.risk, look="risk",
          narrow_screen=True, sort=Sort(float, "customer_churn")),
    Field("next_purchase_probability", _("Chance to buy"), Kind.PERCENT, level="next_purchase"),
    Field("first_order_at", _("First bought"), Kind.MOMENT),
    Field("last_order_at", _("Last bought"), Kind.MOMENT, cell=cells.age, look="age",
          sort=Sort(datetime, "customer_last_order")),
    Field("last_seen_at", _("Last seen"), Kind.MOMENT),
    Field("created_at", _("Added"), Kind.MOMENT,
          sort=Sort(datetime, "customer_created", False, nulls_last=False)),
    Field("segment", _("Segment"), Kind.REFERENCE, sensitivity=_PLAIN, columned=False,
          operators=(Operator.IS, Operator.IS_NOT), narrow=special.in_segment,
          options=special.segments, named=special.segment_name),
    Field("consent", _("Agreed to be written to"), Kind.CHOICE, sensitivity=_PLAIN, columned=False,
          operators=(Operator.IS, Operator.IS_NOT), narrow=special.agreed,
          choices=lambda: cells.choices(catalogue.CHANNELS)),
)  # fmt: skip

CUSTOMER = definitions.register(
    ObjectType(
        name="customer",
        plural_name="customers",
        model=Customer,
        resource="customer",
        singular=pgettext_lazy("object", "customer"),
        plural=_("Customers"),
        icon="users",
        fields=FIELDS,
        columns=("name", "phone", "tier", "city", "revenue", "value_12m", "churn_risk",
                 "last_order_at"),
        sort="-revenue",
        chips=(
            Chip("segment", "segment"),
            Chip("tier", "tier"),
            Chip("rfm", "rfm_segment"),
            Chip("persona", "persona"),
            Chip("risk", "churn_risk", Operator.AT_LEAST),
            Chip("value", "value_12m", Operator.AT_LEAST),
            Chip("older", "last_order_at", Operator.OLDER),
            Chip("country", "country"),
            Chip("city", "city"),
            Chip("tag", "tags"),
            Chip("owner", "owner"),
            Chip("department", "department"),
            Chip("consent", "consent"),
        ),
        relations=(Relation("company", _("company"), "company", "company", "people", "company"),),
        search=asking.asked,
        search_hint=_("Name, pinyin, phone, e-mail"),
        joined=("owner", "department", "company"),
        left_out=("company__text", "company__grams"),
        actions=(
            BulkAction("tag", pgettext_lazy("verb", "Tag"), "tag", "tag_customers", "customer.tag",
                       "customers/tag_many.html"),
        ),
        noted=_noted,
        last_change=_last_change,
        empty=_("Everybody who ordered, wrote or visited will be here as one person. "
                "Import your orders to begin."),
        as_of=data_as_of,
        freshness=_scored_at,
        simulated=lambda one: one.simulated_profile,
        drawer_template="customers/drawer.html",
        drawer=lambda request, row_id: _drawer(request, row_id),
    )
)  # fmt: skip


def _drawer(request: Any, row_id: UUID) -> dict[str, object]:
    from zhiyin.customers.views.record import drawer_context  # views import this declaration

    return drawer_context(request, row_id)
