"""The glossary: what each figure and word of the product means, in both languages.

The entries are in `glossary.toml` beside this file. Every room may name a term; the console shows
it beside the figure and on the page /help/, and the palette searches it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from zhiyin.cleaning.pinyin import search_keys

FILE = Path(__file__).with_suffix(".toml")


class UnknownTermError(Exception):
    """No entry of the glossary has this name; add one to glossary.toml."""


@dataclass(frozen=True)
class Term:
    """One word: its name in both languages, what it is, how it is computed, its neighbours."""

    key: str
    zh: str
    en: str
    text_zh: str
    text_en: str
    how_zh: str = ""
    how_en: str = ""
    see: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The word in the reader's language."""
        return self.en if _is_english() else self.zh

    @property
    def text(self) -> str:
        """What it is, in the reader's language."""
        return self.text_en if _is_english() else self.text_zh

    @property
    def how(self) -> str:
        """How it is computed here, in the reader's language; may be empty."""
        return self.how_en if _is_english() else self.how_zh

    @property
    def neighbours(self) -> list[Term]:
        """Words that explain more."""
        return [term(key) for key in self.see]


def _is_english() -> bool:
    return (get_language() or "zh").startswith("en")


@cache
def terms() -> dict[str, Term]:
    """Every entry by its name, in the order of the file."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        key: Term(key, **{**entry, "see": tuple(entry.get("see", ()))})
        for key, entry in read.items()
    }


def term(key: str) -> Term:
    """One entry; a name that is not there is a mistake of ours, not of the reader."""
    try:
        return terms()[key]
    except KeyError as error:
        raise UnknownTermError(f"glossary.toml has no entry called {key!r}") from error


def search(query: str) -> list[Term]:
    """Entries that answer a query, names before texts; all of them for an empty one.

    Either language finds, and so do pinyin and initials: 流失, liushi, ls, churn.
    """
    wanted = "".join(query.casefold().split())
    if not wanted:
        return list(terms().values())
    ranked = [(rank, one) for one in terms().values() if (rank := _rank(one, wanted))]
    return [one for _rank_of, one in sorted(ranked, key=lambda pair: -pair[0])]


def _rank(one: Term, wanted: str) -> int:
    keys = _typed(one.key)
    if any(name.startswith(wanted) for name in keys):
        return 3
    if any(wanted in name for name in keys):
        return 2
    texts = (one.text_zh, one.text_en, one.how_zh, one.how_en)
    return int(len(wanted) > 1 and any(wanted in _folded(text) for text in texts))


@cache
def _typed(key: str) -> tuple[str, ...]:
    """What somebody may type for a term's name."""
    one = terms()[key]
    read = search_keys(one.zh)
    return tuple(_folded(text) for text in (one.zh, one.en, key, read.full, read.initials) if text)


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def missing(used: Iterable[str]) -> set[str]:
    """Which of these names the glossary does not have."""
    return set(used) - terms().keys()
