"""The configuration of a workspace as one reviewable file: exported, compared, applied.

Each room registers its sections. A section holds items under keys that mean the same in every
installation, never ids, secrets or people. What a file would do is planned first; nothing is taken
away unless somebody says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from django.db import transaction

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.accounts.policy import PolicyError
from zhiyin.accounts.refusals import NotAllowed

FORMAT = 1
_HEAD = "zhiyin_configuration"
Item = Any  # plain JSON: what it must look like, the section that reads it says


class What(StrEnum):
    """What happens to an item."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Step:
    """One item that differs: where, what happens to it, and which of its parts."""

    section: str
    key: str
    what: What
    before: Item = None
    after: Item = None
    destructive: bool = False

    @property
    def parts(self) -> list[str]:
        """The names of the parts of a changed item that differ."""
        if not (isinstance(self.before, dict) and isinstance(self.after, dict)):
            return []
        names = dict.fromkeys([*self.before, *self.after])
        return [name for name in names if self.before.get(name) != self.after.get(name)]


@dataclass(frozen=True)
class Section:
    """One part of the file. `export` gives every item by key; `put` writes one, `remove` takes one
    away. A plan goes in the order of registration, so what is built on comes first; `ordered` says
    the same of the items of one section; an item of which `is_nothing` holds is as if it were not
    there; `together` writes all that differ at once (None: taken away) where one without the other
    could not stand."""

    name: str
    export: Callable[[], Mapping[str, Item]]
    put: Callable[[str, Item, User], None]
    remove: Callable[[str, User], None]
    destroys: Callable[[Item, Item], bool] = field(default=lambda before, after: False)
    ordered: Callable[[Mapping[str, Item]], Iterable[str]] = field(default=list)
    together: Callable[[Mapping[str, Item], User], None] | None = None
    is_nothing: Callable[[Item], bool] = field(default=lambda item: False)


class Unusable(ValueError):  # noqa: N818  (the file is not one of ours; the message says why)
    """The file cannot be read as a configuration; `zh` and `en` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Destructive(Exception):  # noqa: N818  (an outcome that a person decides)
    """The file would take something away, and nobody said that it may."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__(", ".join(f"{one.section} {one.key}" for one in steps))
        self.steps = steps


class Refused(ValueError):  # noqa: N818  (what the file says cannot stand)
    """An item cannot be written; nothing was."""

    def __init__(self, step: Step, reason: str) -> None:
        super().__init__(f"{step.section} {step.key}: {reason}")
        self.step, self.reason = step, reason


_sections: dict[str, Section] = {}


def register(section: Section) -> Section:
    """Let a room's settings be part of the file."""
    _sections[section.name] = section
    return section


def export() -> str:
    """The whole configuration as a file: stable order, one value a line."""
    held: dict[str, Any] = {_HEAD: FORMAT}
    for name, section in _sections.items():
        held[name] = dict(sorted(_held(section).items()))
    return json.dumps(held, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> dict[str, dict[str, Item]]:
    """The sections of a file; raises `Unusable`, which says in which line and why."""
    try:
        held = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        at = getattr(error, "lineno", 0)
        raise _unusable(at, f"不是 JSON：{error}", f"this is not JSON: {error}") from error
    if not isinstance(held, dict) or held.pop(_HEAD, None) != FORMAT:
        at = line_of(text, _HEAD) or 1
        raise _unusable(
            at, f"缺少「{_HEAD}: {FORMAT}」", f"“{_HEAD}: {FORMAT}” is missing at its head"
        )
    for name, items in held.items():
        if name not in _sections:
            zh, en = f"没有「{name}」这一节", f"there is no section “{name}”"
            raise _unusable(line_of(text, name), zh, en)
        if not isinstance(items, dict):
            zh, en = f"「{name}」不是对象", f"“{name}” is not an object"
            raise _unusable(line_of(text, name), zh, en)
    return held


def line_of(text: str, section: str, key: str = "") -> int:
    """The line in which a section or one of its items begins; 0 where it is not found."""
    wanted = (section, key) if key else (section,)
    trail: list[str] = []
    name, at = "", 0
    while at < len(text):
        letter = text[at]
        if letter == '"':
            found, end = scanstring(text, at + 1)
            if text[end:].lstrip().startswith(":"):
                name = found
                if (*trail[1:], name) == wanted:
                    return text.count("\n", 0, at) + 1
            at = end
            continue
        if letter in "{[":
            trail.append(name)
        elif letter in "}]":
            trail = trail[:-1]
        at += 1
    return 0


def _unusable(line: int, zh: str, en: str) -> Unusable:
    return Unusable(f"第 {line} 行：{zh}", f"line {line}: {en}") if line else Unusable(zh, en)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"{twice!r} stands twice")
    return dict(pairs)


def plan(wanted: Mapping[str, Mapping[str, Item]]) -> list[Step]:
    """What a file would do. A section that it does not name is left as it is."""
    return [step for section in _sections.values() for step in _steps(section, wanted)]


def _steps(section: Section, wanted: Mapping[str, Mapping[str, Item]]) -> Iterator[Step]:
    if section.name not in wanted:
        return
    there, want = (
        {key: item for key, item in items.items() if not section.is_nothing(item)}
        for items in (_held(section), wanted[section.name])
    )
    for key in section.ordered(want):
        item = want[key]
        if key not in there:
            yield Step(section.name, key, What.ADD, None, item)
        elif there[key] != item:
            harm = section.destroys(there[key], item)
            yield Step(section.name, key, What.CHANGE, there[key], item, harm)
    for key, item in there.items():
        if key not in want:
            yield Step(section.name, key, What.REMOVE, item, None, destructive=True)


def _held(section: Section) -> dict[str, Item]:
    """What a section holds, as it reads back from a file: lists, never tuples."""
    held: dict[str, Item] = json.loads(json.dumps(dict(section.export())))
    return held


def _write(section: Section, steps: list[Step], by: User) -> None:
    step = steps[0]
    try:
        if section.together is not None:
            section.together({one.key: one.after for one in steps}, by)
            return
        for step in steps:
            if step.what is What.REMOVE:
                section.remove(step.key, by)
            else:
                section.put(step.key, step.after, by)
    except (ValueError, TypeError, KeyError, PolicyError, NotAllowed) as error:
        raise Refused(step, str(error)) from error


def apply(
    wanted: Mapping[str, Mapping[str, Item]], *, by: User, allow_destructive: bool = False
) -> list[Step]:
    """Do what the plan says, all or nothing; raises `Destructive` or `Refused`."""
    access.require(by, "configuration.change")
    with transaction.atomic():
        steps = plan(wanted)
        harmful = [one for one in steps if one.destructive]
        if harmful and not allow_destructive:
            raise Destructive(harmful)
        for name, several in groupby(steps, key=lambda one: one.section):
            _write(_sections[name], list(several), by)
        if steps:
            counts = {w.value: sum(one.what is w for one in steps) for w in What}
            record(by, "configuration.applied", None, **counts)
    return steps
