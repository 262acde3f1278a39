"""Segments as a section of the configuration file: their rules, with other segments by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from zhiyin.accounts.models import User
from zhiyin.customers import segment_services, segmentation
from zhiyin.customers.models import Segment
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Section
from zhiyin.objects.faults import CannotBe


def _segments() -> Mapping[str, Any]:
    there = list(_shared())
    names = {str(one.pk): one.name for one in there}
    found: dict[str, Any] = {}
    for one in there:
        rule = _renamed(one.tree, names)
        if rule is not None:
            found.setdefault(one.name, {"holdout_share": one.holdout_share, "rule": rule})
    return found


def _put(key: str, item: Any, by: User) -> None:
    ids = {one.name: str(one.pk) for one in reversed(list(_shared()))}
    tree = _renamed(item["rule"], ids)
    if tree is None:
        raise CannotBe(f"{key}: it names a segment that is not here")
    rule = segmentation.decode(msgspec.json.encode(tree))
    segment = Segment.objects.filter(pk=ids[key]).first() if key in ids else None
    faults = segmentation.problems(rule, segment=segment)
    if faults:
        raise CannotBe("; ".join(one.message["en"] for one in faults))
    segment = segment or Segment(owner=by)
    share = msgspec.convert(item["holdout_share"], float, strict=False)
    segment_services.keep(segment, rule, by=by, name=key, holdout_share=share)


def _remove(key: str, by: User) -> None:
    """Put away, as on the screen: campaigns that were sent to it keep it."""
    for one in _shared():
        if one.name == key:
            segment_services.archive(one, by=by)


def _shared() -> Any:
    return Segment.objects.filter(archived_at=None, shared=True).order_by("created_at")


def _renamed(tree: Any, names: Mapping[str, str]) -> Any | None:
    """The rule with each segment it names called otherwise; None where one is not known."""
    if isinstance(tree, list):
        parts = [_renamed(one, names) for one in tree]
        return None if any(one is None for one in parts) else parts
    if not isinstance(tree, dict):
        return tree if tree is not None else _EMPTY
    if tree.get("type") == "segment":
        name = names.get(str(tree.get("segment")))
        return None if name is None else {**tree, "segment": name}
    held = {key: _renamed(value, names) for key, value in tree.items()}
    if any(value is None for value in held.values()):
        return None
    return {key: None if value is _EMPTY else value for key, value in held.items()}


_EMPTY = object()  # a null of the rule itself, which is no missing segment


def register() -> None:
    """After custom fields, which rules may ask about."""
    configuration.register(Section("segments", _segments, _put, _remove, ordered=_in_order))


def _in_order(items: Mapping[str, Any]) -> list[str]:
    """Each segment after those that it names; a circle is told when its first is written."""
    done: dict[str, None] = {}

    def visit(name: str, trail: frozenset[str]) -> None:
        if name in items and name not in done and name not in trail:
            for other in _named(items[name]):
                visit(other, trail | {name})
            done[name] = None

    for name in items:
        visit(name, frozenset())
    return list(done)


def _named(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for one in tree:
            yield from _named(one)
    elif isinstance(tree, dict):
        if tree.get("type") == "segment":
            yield str(tree.get("segment"))
        for value in tree.values():
            yield from _named(value)
