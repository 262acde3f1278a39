"""Who widens and who narrows: the operator opens, the house only closes."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from zhiyin.connect import policies
from zhiyin.connect.addresses import Opening, Pattern, Policy

pytestmark = pytest.mark.django_db


def test_nothing_is_open_by_default() -> None:
    assert policies.current() == Policy()


def test_the_operator_opens_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EGRESS_ALLOW", "a.corp:9443, http://b.corp,")
    opened = (Opening(Pattern(host="a.corp"), 9443), Opening(Pattern(host="b.corp"), plain=True))
    assert policies.current().openings == opened


def test_a_mistake_of_the_operator_stops_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EGRESS_ALLOW", "10.0.0.0/33")
    with pytest.raises(ImproperlyConfigured, match=r"10\.0\.0\.0/33"):
        policies.current()
