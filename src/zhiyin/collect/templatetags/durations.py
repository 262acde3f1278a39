"""How long something waits, as people say it."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext

register = template.Library()


@register.filter
def waits(value: timedelta | None) -> str:
    """0.3 s, 12 s, 4 min, 2.5 h; a dash for nothing."""
    if value is None:
        return "–"
    seconds = value.total_seconds()
    if seconds < 10:
        return gettext("%(n)s s") % {"n": f"{seconds:.1f}"}
    if seconds < 120:
        return gettext("%(n)s s") % {"n": f"{seconds:.0f}"}
    if seconds < 7200:
        return gettext("%(n)s min") % {"n": f"{seconds / 60:.0f}"}
    return gettext("%(n)s h") % {"n": f"{seconds / 3600:,.1f}"}
