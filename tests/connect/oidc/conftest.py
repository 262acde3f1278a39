"""The provider that these tests sign in with, named in the settings as an operator would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.connect.oidc.real_provider import Provider, running
from tests.console.conftest import browser

__all__ = ["browser"]


@pytest.fixture
def provider(certificates: Path, settings: LazySettings) -> Iterator[Provider]:
    with running(certificates) as found:
        settings.OIDC_ISSUER = found.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = found.client_id, found.secret
        settings.OIDC_NAME = "高山集团"
        settings.EGRESS_CA = str(found.authority)
        settings.PUBLIC_URL = "http://testserver"
        yield found
