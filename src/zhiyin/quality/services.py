"""Rules made, changed and removed; what the data proposes accepted or dismissed. Each in one
transaction with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.objects.faults import CannotBe
from zhiyin.quality import catalogue
from zhiyin.quality.models import Proposal, QualityRule
from zhiyin.quality.rules import Rule, check, dimension, dump, load

USUAL_PERCENT = 5.0  # a threshold that is offered for a new rule


@dataclass(frozen=True)
class Draft:
    """A rule as somebody wants it."""

    object: str
    event: str
    rule: Rule
    most_percent: float | None


@transaction.atomic
def make(draft: Draft, *, by: User) -> QualityRule:
    """A new rule; raises `Faulty` where it cannot be asked, `CannotBe` where it is here already."""
    access.require(by, "quality.change")
    one = _filled(QualityRule(by=by), draft)
    _save(one, new=True)
    record(by, "quality_rule.made", one, object=one.object, field=one.field)
    return one


@transaction.atomic
def change(one: QualityRule, draft: Draft, *, by: User, version: int) -> QualityRule:
    """The rule as it is to be from now on; what was measured by the old one stays with it."""
    access.require(by, "quality.change", one)
    fresh = QualityRule.objects.select_for_update().get(pk=one.pk)
    if fresh.version != version:
        raise CannotBe(gettext("Somebody changed the rule meanwhile. Look at it, and again."))
    before = fresh.definition
    _filled(fresh, draft)
    fresh.version += 1
    if before != fresh.definition:
        fresh.learnt, fresh.alarmed, fresh.measured_at = {}, False, None
        fresh.measurements.all().delete()  # they count something else
    _save(fresh)
    record(by, "quality_rule.changed", fresh, object=fresh.object, field=fresh.field)
    return fresh


@transaction.atomic
def switch(one: QualityRule, *, by: User, on: bool) -> None:
    """Measure by a rule, or no longer."""
    access.require(by, "quality.change", one)
    one.active, one.version = on, one.version + 1
    one.save(update_fields=["active", "version"])
    record(by, "quality_rule.switched", one, on=on)


@transaction.atomic
def remove(one: QualityRule, *, by: User) -> None:
    """The rule goes, and what was measured by it."""
    access.require(by, "quality.change", one)
    record(by, "quality_rule.removed", one, object=one.object, field=one.field)
    one.delete()


@transaction.atomic
def accept(ids: Iterable[UUID], *, by: User) -> int:
    """Make rules of proposals; of one that is here already nothing more is made."""
    access.require(by, "quality.change")
    made = 0
    for one in _open(ids):
        rule = load(one.definition)
        check(rule, catalogue.subject(one.object, one.event).types)
        _, new = QualityRule.objects.get_or_create(
            object=one.object, event=one.event, definition=dump(rule),
            defaults={"field": rule.field, "dimension": dimension(rule), "by": by,
                      "most_percent": USUAL_PERCENT},
        )  # fmt: skip
        made += new
        one.state, one.by = Proposal.State.ACCEPTED, by
        one.save(update_fields=["state", "by"])
        record(by, "quality_proposal.accepted", one, object=one.object, field=one.field)
    return made


@transaction.atomic
def dismiss(ids: Iterable[UUID], *, by: User) -> int:
    """Not to be proposed again."""
    access.require(by, "quality.change")
    found = _open(ids)
    for one in found:
        one.state, one.by = Proposal.State.DISMISSED, by
        one.save(update_fields=["state", "by"])
        record(by, "quality_proposal.dismissed", one, object=one.object, field=one.field)
    return len(found)


def _open(ids: Iterable[UUID]) -> list[Proposal]:
    waiting = Proposal.objects.select_for_update().filter(state=Proposal.State.OPEN)
    return list(waiting.filter(pk__in=list(ids)[:200]))


def _filled(one: QualityRule, draft: Draft) -> QualityRule:
    check(draft.rule, catalogue.subject(draft.object, draft.event).types)
    one.object, one.event = draft.object, draft.event
    one.definition, one.field = dump(draft.rule), draft.rule.field
    one.dimension, one.most_percent = dimension(draft.rule), draft.most_percent
    return one


def _save(one: QualityRule, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            one.save(force_insert=new)
    except IntegrityError as error:
        raise CannotBe(gettext("There is such a rule already")) from error
