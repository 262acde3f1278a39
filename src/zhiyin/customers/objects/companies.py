"""The company as an object: one declaration, from which its list and record come."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.customers import cells, companies
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Company
from zhiyin.customers.objects import editing
from zhiyin.customers.objects.editing import choice, text
from zhiyin.customers.queries import company as read
from zhiyin.files import panel as files_panel
from zhiyin.files.queries import of_record
from zhiyin.objects import definitions
from zhiyin.objects.definitions import (
    Asked,
    Chip,
    Editor,
    Field,
    Kind,
    ObjectType,
    Operator,
    Relation,
    Section,
    Sort,
)
from zhiyin.talk import comments_panel
from zhiyin.talk.queries import of_record as comments_of

_COUNT = Kind.NUMBER
_OF_PEOPLE = "customer.see"


def _files(row: Company, asked: Asked) -> dict[str, object]:
    return files_panel.context(asked.user, ("company", row.pk))


def _comments(row: Company, asked: Asked) -> dict[str, object]:
    return comments_panel.context(asked.user, ("company", row.pk))


def file_count(row: Company) -> int:
    """How many files the company has."""
    return of_record(("company", row.pk)).filter(deleted_at=None).count()


def comment_count(row: Company) -> int:
    """How many comments stand beside the company."""
    return comments_of(("company", row.pk)).count()


FIELDS = (
    Field("name", pgettext_lazy("company", "Name"), narrow_screen=True,
          editor=Editor(text(200, required=True), in_bulk=False),
          sort=Sort(str, "company_name", False, with_id=True, nulls_last=False)),
    Field("number", pgettext_lazy("company", "Number"),
          editor=Editor(companies.read_number, put=companies.put_number, in_bulk=False)),
    Field("industry", _("Industry"), Kind.CHOICE, look="badge",
          editor=Editor(choice(Company.Industry.values)),
          choices=lambda: [(str(k), str(v)) for k, v in Company.Industry.choices]),
    Field("size", pgettext_lazy("company", "Size"), Kind.CHOICE,
          editor=Editor(choice(Company.Size.values)),
          choices=lambda: [(str(k), str(v)) for k, v in Company.Size.choices]),
    Field("country", _("Country"), editor=Editor(text(60))),
    Field("province", _("Province"), editor=Editor(text(60))),
    Field("city", _("City"), editor=Editor(text(80))),
    Field("website", _("Website"), editor=Editor(companies.read_website, in_bulk=False)),
    Field("tags", _("Tags"), Kind.TAGS,
          editor=Editor(editing.tags, written=lambda row: ", ".join(row.tags), in_bulk=False)),
    Field("owner", _("Owner"), Kind.USER, editor=editing.assigned("company"),
          options=editing.colleagues),
    Field("department", _("Department"), Kind.DEPARTMENT, editor=editing.moved("company")),
    Field("headcount", pgettext_lazy("of a company", "People"), _COUNT, totals=_OF_PEOPLE,
          sort=Sort(int, "company_headcount", False)),
    Field("orders", _("Orders"), _COUNT, totals=_OF_PEOPLE),
    Field("revenue", _("Spent in all"), Kind.MONEY, narrow_screen=True, totals=_OF_PEOPLE,
          sort=Sort(Decimal, "company_revenue", False, minor="revenue_minor")),
    Field("last_order_at", _("Last bought"), Kind.MOMENT, cell=cells.age, look="age",
          totals=_OF_PEOPLE,
          sort=Sort(datetime, "company_last_order")),
    Field("created_at", _("Added"), Kind.MOMENT,
          sort=Sort(datetime, "company_created", False, nulls_last=False)),
)  # fmt: skip

COMPANY = definitions.register(
    ObjectType(
        name="company",
        plural_name="companies",
        model=Company,
        resource="company",
        singular=pgettext_lazy("object", "company"),
        plural=_("Companies"),
        icon="building",
        fields=FIELDS,
        columns=("name", "industry", "city", "headcount", "revenue", "last_order_at", "owner"),
        sort="-revenue",
        chips=(
            Chip("industry", "industry"),
            Chip("size", "size"),
            Chip("city", "city"),
            Chip("country", "country"),
            Chip("revenue", "revenue", Operator.AT_LEAST),
            Chip("older", "last_order_at", Operator.OLDER),
            Chip("tag", "tags"),
            Chip("owner", "owner"),
            Chip("department", "department"),
        ),
        relations=(
            Relation("people", _("people"), "customer", "people", "company", "company", many=True),
        ),
        left_out=("text", "grams"),
        search=companies.find,
        search_hint=_("Name, pinyin, number"),
        sections=(
            Section("timeline", _("Timeline"), "customers/company/timeline.html", read.timeline),
            Section("people", pgettext_lazy("of a company", "People"),
                    "customers/company/people.html", read.people, read.headcount, "headcount"),
            Section("orders", _("Orders"), "customers/company/orders.html", read.orders,
                    lambda row: row.orders, "orders"),
            Section("tasks", _("Tasks"), "customers/company/tasks.html", read.tasks),
            Section("files", _("Files"), "files/section.html", _files, file_count),
            Section("comments", _("Comments"), "talk/section.html", _comments, comment_count),
        ),
        facts=("number", "industry", "size", "country", "province", "city", "website", "tags",
               "owner", "department", "headcount", "orders", "revenue", "last_order_at",
               "created_at"),
        aside=("customers/company/aside.html",),
        record=read.aside,
        changed=companies.follow,
        empty=_("Companies stand here with the people who buy for them. "
                "Write one down and say on its page who belongs to it."),
        as_of=data_as_of,
        simulated=lambda one: one.simulated,
        as_seen=companies.as_seen,
    )
)  # fmt: skip
