"""Reasons of the log in words."""

from __future__ import annotations

from django import template

from zhiyin.connect.reasons import Reason

register = template.Library()


@register.filter
def reason(code: str) -> str:
    """The sentence of a reason."""
    return str(Reason(code).label) if code in Reason.values else ""
