"""The sentence in which the dashboard says what changed, where from, and what needs a person.

Made from the figures by rules, the same every time. What it claims about where a change came from
is arithmetic: the part (new or returning people) that moved further in the direction of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from zhiyin.monitor.board import Board
from zhiyin.monitor.kpis import Change
from zhiyin.monitor.sources import DOWN, Fresh

LITTLE = 0.005  # changes below half a percent are none


@dataclass(frozen=True)
class Said:
    """What the template puts into words. `need` is drifting, high_risk, source or nothing."""

    change: str  # more, less, same, first, none
    ratio: float
    cause: str  # new, returning, or nothing
    need: str
    people: int = 0
    loss: float = 0
    source: str = ""


def say(board: Board, sources: list[Fresh]) -> Said:
    """The parts of the sentence."""
    change, ratio = _change(board)
    cause = _cause(board) if change in ("more", "less") else ""
    need, people, loss, source = _need(board, sources)
    return Said(change, ratio, cause, need, people, loss, source)


def _change(board: Board) -> tuple[str, float]:
    ratio = Change(board.now.revenue, board.before.revenue).ratio
    if ratio is None:
        return ("first" if board.now.sales else "none"), 0.0
    if abs(ratio) < LITTLE:
        return "same", 0.0
    return ("more" if ratio > 0 else "less"), abs(ratio)


def _cause(board: Board) -> str:
    now, before = board.mix[0], board.mix[1]
    sign = 1 if board.now.revenue >= board.before.revenue else -1
    new = sign * (now.new_revenue - before.new_revenue)
    returning = sign * (now.returning_revenue - before.returning_revenue)
    if max(new, returning) * 2 <= abs(board.now.revenue - board.before.revenue):
        return ""
    return "new" if new > returning else "returning"


def _need(board: Board, sources: list[Fresh]) -> tuple[str, int, float, str]:
    broken = next((one for one in sources if one.state == DOWN), None)
    drifting = board.risk.drifting if board.risk else None
    if drifting is not None and drifting.people:
        return "drifting", drifting.people, drifting.loss, ""
    if board.risk is not None and board.risk.whole.high_risk:
        return "high_risk", board.risk.whole.high_risk, 0.0, ""
    if broken is not None:
        return "source", 0, 0.0, broken.name
    return "", 0, 0.0, ""
