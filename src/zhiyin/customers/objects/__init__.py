"""The objects of this room, as lists and records know them: customers and companies."""

from __future__ import annotations

from zhiyin.customers.objects.companies import COMPANY
from zhiyin.customers.objects.people import CUSTOMER

__all__ = ["COMPANY", "CUSTOMER"]
