"""What every question is asked about, and the list of questions: each is one `Question`.

A question computes an answer from the history as of a date and keeps it in tables of its own, in
one transaction, so that a screen shows the old answer or the new one, never half of each.
`computing` asks them one after the other, each night and when somebody wants it now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
from django.conf import settings
from django.utils.functional import Promise

from zhiyin.collect.archive import lake
from zhiyin.customers.training import whose_identifiers
from zhiyin.features.history import History
from zhiyin.insight.contract import Words
from zhiyin.lake.engine import EngineSettings


class CannotAnswer(RuntimeError):  # noqa: N818  (it carries the words for people)
    """There is too little, or nothing, to answer from; `words` say what is missing."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass
class Asked:
    """The date, and the history, which is opened once for all questions of a run."""

    as_of: datetime
    _history: list[History] = field(default_factory=list)
    _links: list[pa.Table] = field(default_factory=list)

    @property
    def links(self) -> pa.Table:
        """identifier_id, customer_id: whose each identifier is now."""
        if not self._links:
            self._links.append(whose_identifiers())
        return self._links[0]

    @property
    def history(self) -> History:
        if not self._history:
            engine = EngineSettings(settings.ENGINE)
            self._history.append(History.from_lake(lake(), self.links, settings.CURRENCY, engine))
        return self._history[0]


@dataclass(frozen=True)
class Told:
    """What a question came to: how many rows it wrote, and one sentence for the list of runs."""

    rows: int
    words: Words


Progress = Callable[[int, int | None], None]
Answer = Callable[[Asked, Progress], Told]


@dataclass(frozen=True)
class Question:
    """`answer` raises `CannotAnswer` where it has nothing to go by; the others go on."""

    name: str
    label: Promise
    url_name: str
    answer: Answer


_questions: dict[str, Question] = {}


def register(question: Question) -> Question:
    """Let a question be asked each night, in the order of registration."""
    _questions[question.name] = question
    return question


def questions() -> list[Question]:
    """All of them, in order."""
    return list(_questions.values())


def question(name: str) -> Question:
    """One of them; raises KeyError."""
    return _questions[name]
