"""What of this room other things can hang on: customers, with their files, comments and notices."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.records import RecordKind, of_model, register
from zhiyin.customers.models import Customer


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
