"""An inbox that is filled as the door fills it, and the pump over it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from zhiyin.collect.models import Source

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
Put = Callable[..., None]


@pytest.fixture
def site(db: None) -> Source:
    from tests.collect import sdk

    return sdk.source().source


@pytest.fixture
def put(site: Source) -> Put:
    """Put messages into the inbox, as one batch or as one message of a kind."""
    from zhiyin.collect.models import Received
    from zhiyin.collect.tracking.bodies import look

    def put(*messages: Any, kind: str = "batch", at: datetime = NOW, **around: object) -> None:
        told = {"batch": list(messages), **around} if kind == "batch" else messages[0]
        body = messages[0] if isinstance(messages[0], bytes) else json.dumps(told).encode()
        seen = look(body, batch=kind == "batch", most=10**7)
        Received.objects.create(
            partition=seen.partition, source_id=site.pk, kind=kind, messages=seen.messages,
            received_at=at, body=body,
        )  # fmt: skip

    return put
