"""What of this room files, comments and notices can hang on: customers and companies."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.records import RecordKind, of_model, register
from zhiyin.customers.models import Company, Customer


def _title(row: Model) -> str:
    assert isinstance(row, Customer)
    return row.name or row.number or str(row.pk)[-8:]


CUSTOMER = register(
    RecordKind(
        name="customer",
        label=_("Customer"),
        read=of_model(Customer),
        title=_title,
        address=lambda row: reverse("customer", args=[row.pk]),
    )
)


def _company_name(row: Model) -> str:
    assert isinstance(row, Company)
    return row.name


COMPANY = register(
    RecordKind(
        name="company",
        label=_("Company"),
        read=of_model(Company),
        title=_company_name,
        address=lambda row: reverse("company", args=[row.pk]),
    )
)
