"""Messages in English, whatever catalogues are compiled; one Chromium for the browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.console.conftest import browser

__all__ = ["browser"]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield
