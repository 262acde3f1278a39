"""The policy's versions: what an administrator put in the place of built-in grants, and the draft.

Grants are kept by resource and role, as policy_document.py writes them. What is not named is
built in, so that a new release's additions reach the roles that nobody changed.
"""

from __future__ import annotations

from django.db import models

from zhiyin.accounts.models.people import User


class PolicyVersion(models.Model):
    """One applied version; the highest number holds. Number 0 is the built-in policy, no row."""

    number = models.PositiveIntegerField(primary_key=True)
    grants = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    went_back_to = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="policy_version_from_one"
            ),
            models.CheckConstraint(
                condition=models.Q(went_back_to__isnull=True)
                | models.Q(went_back_to__lt=models.F("number")),
                name="policy_goes_back_to_an_earlier_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class PolicyDraft(models.Model):
    """The one draft of the workspace: the grants that would change, by resource and role."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    changes = models.JSONField(default=dict)
    edit = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="policy_draft_is_one")]

    def __str__(self) -> str:
        return str(self.edit)
