"""Ways from a figure to the rows behind it; empty where a room has no such screen."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from zhiyin.monitor.sight import Sight


def to(name: str, *arguments: UUID | str) -> str:
    """The address of a screen."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def people(sight: Sight | None = None, **filters: str) -> str:
    """The customer list with these filters, within the department that was chosen."""
    address = to("customers")
    if not address:
        return ""
    if sight is not None and sight.chosen is not None:
        filters["department"] = str(sight.chosen.pk)
    return f"{address}?{urlencode({'set': '1', **filters})}"
