"""The policy that holds now: what the operator opens by the environment."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from zhiyin.connect.addresses import Opening, Policy, read_opening


def current() -> Policy:
    """The policy of this installation."""
    return Policy(openings=_openings(settings.EGRESS_ALLOW))


@lru_cache(maxsize=8)
def _openings(text: str) -> tuple[Opening, ...]:
    """The operator's exceptions; a mistake in them stops the sender instead of widening it."""
    try:
        return tuple(read_opening(one) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"ZHIYIN_EGRESS_ALLOW {error}") from error
