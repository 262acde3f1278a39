"""Questions are asked one after the other, and each screen says what came of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import gettext_lazy

from tests import factories
from zhiyin.accounts.access import Denied
from zhiyin.accounts.roles import Role
from zhiyin.insight.contract import NotEnoughHistoryError, Words
from zhiyin.understand import asked, computing, tasks
from zhiyin.understand.asked import Asked, CannotAnswer, Progress, Question, Told
from zhiyin.understand.models import Run

pytestmark = pytest.mark.django_db
LABEL = gettext_lazy("Customer value")


def good(_asked: Asked, progress: Progress) -> Told:
    progress(1, 2)
    return Told(7, Words("七行", "Seven rows"))


def short(_asked: Asked, _progress: Progress) -> Told:
    raise CannotAnswer(Words("没有门票", "There are no tickets"))


def young(_asked: Asked, _progress: Progress) -> Told:
    raise NotEnoughHistoryError("3 days")


def broken(_asked: Asked, _progress: Progress) -> Told:
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def only_these() -> Iterator[None]:
    known = dict(asked._questions)
    asked._questions.clear()
    for name, answer in (("broken", broken), ("short", short), ("young", young), ("good", good)):
        asked.register(Question(name, LABEL, "models", answer))
    yield
    asked._questions.clear()
    asked._questions.update(known)


def test_one_question_that_fails_does_not_keep_the_others_from_their_answer() -> None:
    found = computing.ask()
    states = {name: run.state for name, run in found.items()}
    assert states == {"broken": "failed", "short": "skipped", "young": "skipped", "good": "done"}
    assert found["good"].rows == 7
    assert found["short"].said_en == "There are no tickets"
    assert "3 days" in found["young"].said_zh


def test_an_answer_stays_shown_when_the_next_asking_fails() -> None:
    computing.ask(["good"])
    first = Run.objects.get(pk="good")
    asked.register(Question("good", LABEL, "models", broken))
    computing.ask(["good"])
    again = Run.objects.get(pk="good")
    assert (again.state, again.rows, again.answered_as_of) == (
        "failed", 7, first.answered_as_of,
    )  # fmt: skip


def test_only_what_was_asked_for_is_computed_and_progress_is_told() -> None:
    seen: list[tuple[str, int, int | None]] = []
    found = computing.ask(["good"], lambda *told: seen.append(told))
    assert list(found) == ["good"]
    assert seen == [("good", 0, 1), ("good", 1, 2), ("done", 1, 1)]


def test_who_may_only_look_cannot_ask_anew() -> None:
    with pytest.raises(Denied):
        tasks.begin(["good"], by=factories.user(Role.SERVICE))
    manager = factories.user(Role.MANAGER)
    assert tasks.begin(["good"], by=manager) == tasks.begin(["good"], by=manager)
