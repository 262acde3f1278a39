"""The policy that holds now: the operator's openings, and what this installation narrows."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from zhiyin.connect.addresses import Opening, Policy, read_opening, read_pattern
from zhiyin.connect.models import HostRule


def current() -> Policy:
    """The policy of this installation, asked anew for each message."""
    rules = list(HostRule.objects.values_list("kind", "pattern"))
    return Policy(
        openings=_openings(settings.EGRESS_ALLOW),
        denied=tuple(read_pattern(text) for kind, text in rules if kind == HostRule.Kind.DENY),
        only=tuple(read_pattern(text) for kind, text in rules if kind == HostRule.Kind.ONLY),
    )


@lru_cache(maxsize=8)
def _openings(text: str) -> tuple[Opening, ...]:
    """The operator's exceptions; a mistake in them stops the sender instead of widening it."""
    try:
        return tuple(read_opening(one) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"ZHIYIN_EGRESS_ALLOW {error}") from error
