"""What the segment screens show: the list, and what a rule comes to while it is edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.utils.translation import get_language

from zhiyin import segments as language
from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.customers import catalogue, segment_uses, segmentation
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Customer, Segment, SegmentVersion
from zhiyin.customers.segment_uses import Use
from zhiyin.segments import Group, Part, Path, Problem, Remaining, Rule, Trouble, walk
from zhiyin.segments.wording import Language

MOST_SHOWN = 500
MOST_VERSIONS = 20


def tongue() -> Language:
    """The language that sentences are told in."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


@dataclass(frozen=True)
class Row:
    """A segment as the list shows it."""

    segment: Segment
    sentence: str
    uses: list[Use]


def seen(user: User, *, archived: bool = False) -> QuerySet[Segment]:
    """The segments that this user may see."""
    found = access.scoped(user, Segment.objects.select_related("owner"), "segment.see")
    return found.filter(archived_at__isnull=not archived)


def rows(user: User, *, text: str = "") -> list[Row]:
    """The segments of the list, the newest first, each with its rule in words."""
    found = seen(user).order_by("-created_at")
    if text:
        found = found.filter(name__icontains=text)
    segments = list(found[:MOST_SHOWN])
    known = catalogue.current()
    uses = segment_uses.of(user, [one.pk for one in segments])
    return [Row(one, _told(one, known), uses[one.pk]) for one in segments]


def _told(segment: Segment, known: language.Catalogue) -> str:
    return language.text(language.sentence(segmentation.rule_of(segment), known, tongue()))


@dataclass(frozen=True)
class Live:
    """What a rule comes to: its sentence, what is wrong with it, and who remains."""

    parts: list[Part]
    problems: list[Problem]
    remaining: list[tuple[Path, Remaining]]
    everyone: int
    count: int | None
    milliseconds: int

    @property
    def share(self) -> float | None:
        return None if self.count is None or not self.everyone else self.count / self.everyone


def live(rule: Rule, user: User, *, segment: Segment | None = None) -> Live:
    """Ask a rule as it is being written; what has a problem takes no part in the count."""
    known = catalogue.current(user)
    told = language.sentence(rule, known, tongue())
    found = segmentation.problems(rule, user=user, segment=segment)
    sound, paths = sound_part(rule, found)
    if sound is None:
        everyone = access.scoped(user, Customer.objects.all(), "customer.see").count()
        nothing_asked = not rule.root.items
        return Live(told, found, [], everyone, everyone if nothing_asked else None, 0)
    steps, everyone, spent = segmentation.waterfall(sound, user=user)
    remaining = [(paths[one.step.path], one) for one in steps]
    count = next(one.count for path, one in remaining if path == ())
    return Live(told, found, remaining, everyone, count, spent)


def sound_part(rule: Rule, problems: Sequence[Problem]) -> tuple[Rule | None, dict[Path, Path]]:
    """The rule without what is wrong, and where each of its nodes stands in the whole rule.

    None where nothing can be asked: no condition is whole, or the rule as a whole is too large.
    """
    bad = {each.path for each in problems}
    large = any(each.trouble is Trouble.TOO_LARGE for each in problems)
    if large or not rule.root.items or () in bad:
        return None, {}
    kept = {
        path[:depth]
        for path, node in walk(rule.root)
        if not isinstance(node, Group) and not any(path[:d] in bad for d in range(len(path) + 1))
        for depth in range(len(path) + 1)
    }
    if not kept:
        return None, {}
    sound = language.without(rule, bad)
    before = [path for path, _ in walk(rule.root) if path in kept]
    after = [path for path, _ in walk(sound.root)]
    return sound, dict(zip(after, before, strict=True))


@dataclass(frozen=True)
class Sampled:
    """One of a rule's people, as the sample shows them."""

    person: Customer
    days: int | None  # without an order, as of what the data tell


def sampled(rule: Rule, user: User, *, size: int, draw: int) -> list[Sampled]:
    """A few of a rule's people whom this user may see, drawn anew for each `draw`."""
    now = data_as_of()
    return [
        Sampled(one, None if one.last_order_at is None else (now - one.last_order_at).days)
        for one in segmentation.some_of(rule, user, size=size, draw=draw)
    ]


def asked_for_by(user: User, segment: Segment) -> list[str]:
    """Names of the segments whose rule asks for this one."""
    wanted = str(segment.pk)
    return [
        other.name
        for other in seen(user).exclude(pk=segment.pk)
        if any(
            isinstance(node, language.InSegment) and node.segment == wanted
            for _, node in walk(segmentation.rule_of(other).root)
        )
    ]


@dataclass(frozen=True)
class Past:
    """A version of a rule, in words."""

    version: SegmentVersion
    sentence: str


def versions_of(segment: Segment) -> list[Past]:
    """How the rule stood before, the newest first."""
    known = catalogue.current()
    found = segment.versions.select_related("by").order_by("-version")[:MOST_VERSIONS]
    return [
        Past(one, language.text(language.sentence(rule_at(one), known, tongue()))) for one in found
    ]


def rule_at(version: SegmentVersion) -> Rule:
    """The rule of a version."""
    return segmentation.decode(msgspec.json.encode(version.tree))


def uses_of(user: User, segment: UUID) -> list[Use]:
    """What uses one segment."""
    return segment_uses.of(user, [segment])[segment]
