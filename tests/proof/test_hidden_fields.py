"""A policy that hides any field hides it everywhere: each plain field in turn is declared one that
an analyst must not see, and the analyst reads all there is.

The policy in use hides little from people who see all customers. Whoever tightens it must not find
that a screen prints a field without asking, or that order, counts and errors give it away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings

from tests.proof import oracle
from tests.proof.test_crawler import crawled
from tests.proof.world import Company
from zhiyin.accounts import access, policy
from zhiyin.accounts.access import Sensitivity
from zhiyin.accounts.roles import Role

# Everything but the name, without which nobody could be spoken of.
HIDDEN = {
    "number", "gender", "language", "country", "province", "city", "tags", "owner", "department",
    "orders", "revenue", "first_order_at", "last_order_at", "last_seen_at", "tier", "rfm",
    "rfm_segment", "persona", "value_12m", "churn_risk", "next_purchase", "created_at",
}  # fmt: skip
# Figures over many have a right of their own, dashboard.see; of thirteen people, the value that a
# tenth of them exceeds is somebody's.
SUMS = {"dashboard", "export_dashboard"}


@pytest.fixture
def strict(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """A company whose policy shows these fields only to administrators."""
    monkeypatch.setattr(settings, "API_REQUESTS_A_MINUTE", 10**9)
    resource = access.resources()["customer"]
    fields = {name: Sensitivity.SENSITIVE if name in HIDDEN else kind
              for name, kind in resource.fields.items()}  # fmt: skip
    monkeypatch.setitem(policy._resources, "customer", replace(resource, fields=fields))
    logging.disable(logging.CRITICAL)
    yield Company()
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_a_hidden_field_is_on_no_screen_and_in_no_file(strict: Company) -> None:
    crawler = crawled(strict, Role.ANALYST)
    hidden = oracle.hidden_with(HIDDEN)
    found: dict[str, set[str]] = {}
    for answer in crawler.answers:
        for one in answer.caught:
            if (one.thing, one.field) in hidden and answer.door not in SUMS:
                found.setdefault(f"{one.thing}.{one.field}", set()).add(answer.door)
    assert [f"{one}: {sorted(doors)}" for one, doors in sorted(found.items())] == []
    assert [f"{one.method} {one.address}" for one in crawler.broken] == []
