"""A rule as one sentence in Chinese or English, in parts that carry the condition's number.

The sentence is what people check a rule by, so it is complete: nothing of the rule is left out.
A condition that is not finished yet is told as such, so that the sentence can follow the editing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from zhiyin.segments import phrases_en, phrases_zh
from zhiyin.segments.catalogue import Catalogue
from zhiyin.segments.tree import Agreed, Condition, Group, Match, Node, Path, Rule, conditions
from zhiyin.segments.values import BadValueError
from zhiyin.segments.wording import Language, glue


@dataclass(frozen=True)
class Part:
    """A piece of the sentence; `numbers` are the conditions it tells, none for what joins."""

    text: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Words:
    start: str
    everyone: str
    clause: str  # between two conditions that must both hold
    group: str  # before or after a group
    either: str
    also: str
    or_else: str
    exclude: str
    exclude_end: str
    neither: str
    neither_end: str
    opened: str
    closed: str
    unfinished: str
    stop: str


_WORDS: dict[Language, _Words] = {
    "zh": _Words(
        start="",
        everyone="所有客户",
        clause="，",
        group="；",
        either="，或者",
        also="，并且",
        or_else="，或",
        exclude="不含",
        exclude_end="的人",
        neither="不属于以下任何一种：",
        neither_end="",
        opened="（",
        closed="）",
        unfinished="（还没填完的条件）",
        stop="。",
    ),
    "en": _Words(
        start="People ",
        everyone="Everyone",
        clause=", ",
        group="; ",
        either=", or ",
        also=", and ",
        or_else=", or ",
        exclude="excluding people ",
        exclude_end="",
        neither="for whom none of this holds: ",
        neither_end="",
        opened="(",
        closed=")",
        unfinished="with an unfinished condition",
        stop=".",
    ),
}


def sentence(rule: Rule, catalogue: Catalogue, language: Language) -> list[Part]:
    """The rule in words; the texts of the parts, one after another, are the sentence."""
    teller = _Teller(rule, catalogue, language)
    parts: list[Part] = []
    for part in teller.whole(rule.root):
        if part.text:
            before = parts[-1].text if parts else ""
            spaced = glue(before, part.text)[len(before) :]
            parts.append(Part(spaced, part.numbers))
    return parts


def text(parts: Sequence[Part]) -> str:
    """The sentence as plain text, without the numbers."""
    return "".join(part.text for part in parts)


class _Teller:
    def __init__(self, rule: Rule, catalogue: Catalogue, language: Language) -> None:
        self.words = _WORDS[language]
        self.phrases = phrases_zh if language == "zh" else phrases_en
        self.catalogue = catalogue
        leaves = enumerate(conditions(rule), start=1)
        self.numbers = {path: number for number, (path, _) in leaves}

    def whole(self, root: Group) -> list[Part]:
        words = self.words
        if not root.items:
            return [Part(words.everyone), Part(words.stop)]
        if root.match is Match.NONE or self._only_excludes(root):
            opening = [Part(words.everyone), Part(words.clause)]
        else:
            opening = [Part(words.start)]
        if root.match is Match.ALL:
            return [*opening, *self._all(root), Part(words.stop)]
        if root.match is Match.ANY:
            return [*opening, *self._any(root, (), words.either), Part(words.stop)]
        return [*opening, *self._excluded(root, ()), Part(words.stop)]

    @staticmethod
    def _only_excludes(root: Group) -> bool:
        first = root.items[0]
        return root.match is Match.ALL and isinstance(first, Group) and first.match is Match.NONE

    def _all(self, root: Group) -> list[Part]:
        """The items of the outermost group: conditions by comma, groups set off."""
        parts = self._top(root.items[0], (0,))
        for index, (before, item) in enumerate(pairwise(root.items), start=1):
            apart = isinstance(before, Group) or isinstance(item, Group)
            parts.append(Part(self.words.group if apart else self.words.clause))
            parts += self._top(item, (index,))
        return parts

    def _top(self, item: Node, path: Path) -> list[Part]:
        if not isinstance(item, Group):
            return [self._condition(item, path)]
        if item.match is Match.NONE:
            return self._excluded(item, path)
        joint = self.words.either if item.match is Match.ANY else self.words.also
        return self._any(item, path, joint)

    def _excluded(self, group: Group, path: Path) -> list[Part]:
        inner = self._any(group, path, self.words.or_else)
        return [Part(self.words.exclude), *inner, Part(self.words.exclude_end)]

    def _any(self, group: Group, path: Path, joint: str) -> list[Part]:
        """Items side by side with one word between them."""
        consent = self._one_consent(group, path)
        if consent is not None:
            return [consent]
        parts: list[Part] = []
        for index, item in enumerate(group.items):
            if index:
                parts.append(Part(joint))
            parts += self._nested(item, (*path, index))
        return parts

    def _nested(self, item: Node, path: Path) -> list[Part]:
        words = self.words
        if not isinstance(item, Group):
            return [self._condition(item, path)]
        joint = words.also if item.match is Match.ALL else words.or_else
        inner = self._any(item, path, joint)
        if item.match is Match.NONE:
            inner = [Part(words.neither), *inner, Part(words.neither_end)]
        elif len(inner) == 1:
            return inner
        return [Part(words.opened), *inner, Part(words.closed)]

    def _one_consent(self, group: Group, path: Path) -> Part | None:
        """Any of several channels for one purpose is said in one breath."""
        given = [item for item in group.items if isinstance(item, Agreed) and item.granted]
        if group.match is not Match.ANY or len(given) != len(group.items) or len(given) < 2:
            return None
        purposes = {item.purpose for item in given}
        known = all(item.channel in self.catalogue.channels for item in given)
        if len(purposes) > 1 or not known or given[0].purpose not in self.catalogue.purposes:
            return None
        told = self.phrases.agreed(
            [item.channel for item in given], given[0].purpose, self.catalogue
        )
        return Part(told, tuple(self.numbers[(*path, i)] for i in range(len(given))))

    def _condition(self, condition: Condition, path: Path) -> Part:
        try:
            told = self.phrases.phrase(condition, self.catalogue)
        except (BadValueError, KeyError, TypeError):
            told = self.words.unfinished  # a draft: check() says what is missing
        return Part(told, (self.numbers[path],))
