"""Asks the questions, one after the other: where one fails, the others go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

import structlog
from django.utils import timezone

from zhiyin.accounts import seat
from zhiyin.accounts.work import Cancelled
from zhiyin.customers.asof import data_as_of
from zhiyin.insight.contract import NotEnoughHistoryError, Words
from zhiyin.insight.threads import one_thread
from zhiyin.understand.asked import Asked, CannotAnswer, Question, Told, questions
from zhiyin.understand.models import Run

log = structlog.get_logger()
Progress = Callable[[str, int, int | None], None]
FAILED = Words(
    "出错了，之前的结果仍在显示；错误记在日志里",
    "Failed; what was answered before is still shown. The error is in the log",
)


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@seat.system("answers are computed over everybody; who reads them is asked on the screen")
def ask(names: Collection[str] = (), progress: Progress = silent) -> dict[str, Run]:
    """Ask these questions, or all; what came of each. Cancelling stops between two of them."""
    asked = Asked(data_as_of())
    wanted = [one for one in questions() if not names or one.name in names]
    found: dict[str, Run] = {}
    for number, one in enumerate(wanted):
        progress(one.name, number, len(wanted))
        found[one.name] = _ask(one, asked, progress)
    progress("done", len(wanted), len(wanted))
    return found


def _ask(one: Question, asked: Asked, progress: Progress) -> Run:
    begun = time.perf_counter()
    state, told = Run.State.DONE, None
    try:
        with one_thread():
            told = one.answer(asked, lambda done, total: progress(one.name, done, total))
        words = told.words
    except CannotAnswer as short:
        state, words = Run.State.SKIPPED, short.words
    except NotEnoughHistoryError as short:
        state = Run.State.SKIPPED
        words = Words(f"历史还太短：{short}", f"The history is too short: {short}")
    except Cancelled:
        raise
    except Exception:
        log.exception("understand.failed", question=one.name)
        state, words = Run.State.FAILED, FAILED
    return _keep(one, state, told, words, asked, time.perf_counter() - begun)


def _keep(
    one: Question, state: Run.State, told: Told | None, words: Words, asked: Asked, seconds: float
) -> Run:
    fields: dict[str, object] = {
        "state": state, "at": timezone.now(), "seconds": round(seconds, 2),
        "said_zh": words.zh, "said_en": words.en,
    }  # fmt: skip
    if told is not None:
        fields |= {"rows": told.rows, "answered_as_of": asked.as_of}
    kept, _new = Run.objects.update_or_create(question=one.name, defaults=fields)
    return kept
