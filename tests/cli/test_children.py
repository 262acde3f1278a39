"""A child that falls over is started again, the sooner it fell the later, and always again."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

from zhiyin.cli.children import FIRST_WAIT_S, MOST_WAIT_S, QUICK_S, Kept


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _starts() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])


def _killed(one: Kept) -> int:
    one.process.kill()
    one.process.wait()
    return one.process.pid


def test_one_that_worked_for_a_while_is_started_again_at_once() -> None:
    clock = _Clock()
    one = Kept(_starts, clock)
    assert one.look() is None
    clock.now += QUICK_S
    first = _killed(one)
    assert one.look() == 0
    assert one.process.pid != first
    _killed(one)


def test_one_that_falls_over_at_once_is_started_again_later_and_later_and_never_given_up() -> None:
    clock = _Clock()
    one = Kept(_starts, clock)
    waits = []
    for _ in range(8):
        gone = _killed(one)
        wait_s = one.look()
        assert wait_s is not None
        waits.append(wait_s)
        clock.now += wait_s - 0.01
        assert one.look() is None, "its end is told once"
        assert one.process.pid == gone
        clock.now += 0.01
        assert one.look() is None
        assert one.process.poll() is None, "it runs again"
    assert waits[0] == FIRST_WAIT_S
    assert waits[-1] == MOST_WAIT_S
    assert all(later >= sooner for sooner, later in pairwise(waits))
    clock.now += QUICK_S
    _killed(one)
    assert one.look() == 0, "once it has worked for a while, nothing is held against it"
    _killed(one)
