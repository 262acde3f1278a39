"""What the views of this room share: who asks, which rule, what stands around a page."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect.models import Source
from zhiyin.quality import tasks
from zhiyin.quality.models import Proposal, QualityRule


def person(request: HttpRequest) -> User:
    """Who asks; the gate has let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def rule_of(user: User, rule_id: UUID, permission: str) -> QualityRule:
    """The rule; 404 where there is none or the reader sees none."""
    found = access.scoped(user, QualityRule.objects.all(), permission).filter(pk=rule_id).first()
    if found is None:
        raise Http404
    return found


def source_in(request: HttpRequest) -> Source | None:
    """The source that the address names."""
    key = request.GET.get("source", "")
    return Source.objects.filter(key=key).first() if key else None


def around(request: HttpRequest, tab: str) -> dict[str, object]:
    """What every page of quality knows: the tab, what the reader may, work under way."""
    user = person(request)
    return {
        "tab": tab, "may_change": access.allowed(user, "quality.change"),
        "may_export": access.allowed(user, "quality.export"),
        "may_rule": access.allowed(user, "golden.change"), "work": tasks.under_way(),
        "waiting": Proposal.objects.filter(state=Proposal.State.OPEN).count(),
    }  # fmt: skip
