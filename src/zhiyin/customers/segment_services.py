"""Segments kept, renamed, put away and brought back; what a builder sends is read here."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.words import tidy
from zhiyin.customers import segmentation
from zhiyin.customers.models import Segment
from zhiyin.segments import Rule, UnreadableRuleError, walk

MOST_BYTES = 200_000
DEEPEST = 12  # the language allows fewer and says so; beyond this a rule is not even looked at
MOST_NODES = 300


class NotKept(ValueError):  # noqa: N818  (something to mend; the message is for people)
    """The segment cannot be stored like this; the message says how to mend it."""


def read_rule(data: bytes | str) -> Rule:
    """A rule that a browser sent; raises `UnreadableRuleError` with words for people."""
    if len(data) > MOST_BYTES:
        raise UnreadableRuleError(gettext("The rule is too large."))
    try:
        rule = segmentation.decode(data.encode() if isinstance(data, str) else data)
        paths = [path for path, _ in walk(rule.root)]
    except (UnreadableRuleError, RecursionError, ValueError) as error:
        raise UnreadableRuleError(gettext("This is not a rule that can be read.")) from error
    if len(paths) > MOST_NODES or max(map(len, paths)) > DEEPEST:
        raise UnreadableRuleError(gettext("The rule is too large."))
    return rule


@transaction.atomic
def keep(segment: Segment, rule: Rule, *, by: User, name: str, holdout_share: float) -> Segment:
    """Store what the builder holds; raises `NotKept` where something is missing.

    The same problems that the screen shows are asked again here: nothing that the browser says
    about the rule is believed.
    """
    written = tidy(name)
    if not written or len(written) > 120:
        raise NotKept(gettext("Give the segment a name of 1 to 120 characters."))
    if not 0 <= holdout_share <= 0.5:
        raise NotKept(gettext("The hold-out is between 0 and 50%."))
    if segmentation.problems(rule, user=by, segment=segment):
        raise NotKept(gettext("Mend the marked conditions first."))
    segment.name, segment.holdout_share = written, holdout_share
    return segmentation.save(segment, rule, by=by)


@transaction.atomic
def archive(segment: Segment, *, by: User) -> None:
    """Put a segment away: it is offered nowhere any more, and can be brought back."""
    access.require(by, "segment.change", segment)
    segment.archived_at = timezone.now()
    segment.save(update_fields=["archived_at"])
    record(by, "segment.archived", segment)


@transaction.atomic
def bring_back(segment: Segment, *, by: User) -> None:
    """Undo of `archive`."""
    access.require(by, "segment.change", segment)
    segment.archived_at = None
    segment.save(update_fields=["archived_at"])
    segmentation.refresh(segment)
    record(by, "segment.brought_back", segment)


@transaction.atomic
def recompute(segment: Segment, *, by: User) -> int:
    """Who is in the segment now."""
    access.require(by, "segment.change", segment)
    size = segmentation.refresh(segment)
    record(by, "segment.recomputed", segment, size=size)
    return size
