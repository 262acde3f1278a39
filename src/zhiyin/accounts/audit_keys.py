"""Keys derived from the audit key, one for each purpose."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def key(purpose: str) -> bytes:
    """The key for one purpose, so that a hash made for one proves nothing for another."""
    return hmac.digest(settings.AUDIT_KEY.encode(), f"zhiyin.audit.{purpose}".encode(), "sha256")


def fingerprint(text: str) -> str:
    """A keyed hash that tells whether two texts were the same, without keeping them."""
    return hmac.new(key("fingerprint"), text.encode(), hashlib.sha256).hexdigest()[:16]
