"""One Chromium for this room's browser tests; the standing rules are there, whatever a test before
has emptied.
"""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from tests.console.conftest import browser

__all__ = ["browser"]


@pytest.fixture(autouse=True)
def _standing_rules(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db") is None:
        return
    request.getfixturevalue("db")
    from zhiyin.quality.models import QualityRule  # the apps are not ready before

    if not QualityRule.objects.exists():
        import_module("zhiyin.quality.migrations.0001_initial").stand(apps, None)
