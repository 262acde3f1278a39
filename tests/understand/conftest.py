"""One Chromium for this room's browser tests."""

from __future__ import annotations

from tests.console.conftest import browser

__all__ = ["browser"]
