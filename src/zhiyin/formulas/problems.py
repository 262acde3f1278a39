"""What is wrong with a formula, where, in both languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the characters [start, end) of the formula, and what to say of them."""

    start: int
    end: int
    zh: str
    en: str

    def message(self, language: str) -> str:
        """The message in "zh" or "en"."""
        return self.zh if language.startswith("zh") else self.en


class FormulaError(ValueError):
    """The formula cannot be used; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.start}-{problem.end}: {problem.en}")
        self.problem = problem


def fault(start: int, end: int, zh: str, en: str) -> FormulaError:
    """An error at a place."""
    return FormulaError(Problem(start, end, zh, en))


def printable(text: str) -> str:
    """A piece of the formula as it may stand inside a message."""
    shown = text[:40]
    return shown if shown.isprintable() else ascii(shown)[1:-1]
