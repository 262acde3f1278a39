"""A person says that a model may act, or takes that back; both stand in the audit trail."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.customers.models import ModelVersion


class NotApprovable(ValueError):  # noqa: N818  (the message is for people)
    """This version cannot be approved; the message says why."""


@transaction.atomic
def approve(version: ModelVersion, *, by: User) -> ModelVersion:
    """Approve the current version of a model that beat its baseline."""
    access.require(by, "model.approve")
    one = ModelVersion.objects.select_for_update().get(pk=version.pk)
    if not one.current:
        raise NotApprovable(gettext("A newer version has been trained meanwhile."))
    if one.in_use != ModelVersion.InUse.MODEL or one.scorecard.get("descriptive"):
        raise NotApprovable(gettext("Only a model that beats its baseline can be approved."))
    if one.approved_at is None:
        one.approved_by, one.approved_at = by, timezone.now()
        one.save(update_fields=["approved_by", "approved_at"])
        record(by, "model.approved", one, name=one.name, version=one.version)
    return one


@transaction.atomic
def withdraw(version: ModelVersion, *, by: User) -> ModelVersion:
    """Take an approval back; the scores stay, the seal goes."""
    access.require(by, "model.approve")
    one = ModelVersion.objects.select_for_update().get(pk=version.pk)
    if one.approved_at is not None:
        one.approved_by, one.approved_at = None, None
        one.save(update_fields=["approved_by", "approved_at"])
        record(by, "model.approval_withdrawn", one, name=one.name, version=one.version)
    return one
