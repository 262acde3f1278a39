"""The map of ways: what comes first, second, third, as nodes and links of a Sankey diagram.

Each step shows its most frequent events and puts the rest together; who goes no further ends in a
node of his own, so the numbers of every step add up to all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np

from zhiyin.insight.given import Rows
from zhiyin.insight.paths.sequences import PAUSE, Sequences, Unit, sequences

OTHER, LEFT = "(other)", "(left)"


class Step(msgspec.Struct, frozen=True):
    """A node: an event (or "(other)", "(left)") as the n-th of a sequence, from 0."""

    id: str
    step: int
    event: str
    units: int


class Way(msgspec.Struct, frozen=True):
    """A link between nodes of neighbouring steps, and how many sequences took it."""

    source: str
    target: str
    units: int


@dataclass(frozen=True)
class Explored:
    nodes: list[Step]
    links: list[Way]
    units: int


def explore(
    events: Rows,
    as_of: datetime,
    *,
    start: str | None = None,
    depth: int = 5,
    most: int = 8,
    unit: Unit = Unit.VISIT,
    since: datetime | None = None,
    pause: timedelta = PAUSE,
) -> Explored:
    """The first `depth` events of each sequence, or from the first `start` on."""
    if depth < 1 or most < 1:
        raise ValueError("at least one step and one event a step")
    walked = sequences(events, as_of, unit=unit, since=since, pause=pause)
    grid = _grid(walked, start, depth)
    grid = grid[grid[:, 0] >= 0]
    shown = [_grouped(grid[:, step], walked.names, most) for step in range(depth)]
    nodes, links = [], []
    for step, column in enumerate(shown):
        for event, count in _counts(column):
            nodes.append(Step(f"{step}:{event}", step, event, count))
        if step:
            for pair, count in _counts(
                [f"{a}\x1f{b}" if a and b else "" for a, b in zip(shown[step - 1], column,
                                                                  strict=True)]
            ):  # fmt: skip
                a, _, b = pair.partition("\x1f")
                links.append(Way(f"{step - 1}:{a}", f"{step}:{b}", count))
    return Explored(nodes, links, len(grid))


def _grid(
    walked: Sequences, start: str | None, depth: int
) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]]":
    """Sequences x steps: place of the event; -1 where the sequence is over."""
    starts = walked.starts()
    begin = starts[:-1].copy()
    if start is not None:
        at = np.flatnonzero(walked.event == walked.place(start))
        begin = np.full(len(walked), len(walked.event), dtype=np.int64)
        np.minimum.at(begin, walked.unit[at], at)
    row = begin[:, None] + np.arange(depth)[None, :]
    inside = row < starts[1:, None]
    return np.where(inside, walked.event[np.minimum(row, len(walked.event) - 1)], -1)


def _grouped(column: np.ndarray, names: list[str], most: int) -> list[str]:
    """The names of a step: rare ones together; "(left)" once, then nothing."""
    counts = np.bincount(column[column >= 0], minlength=len(names))
    frequent = set(np.lexsort((np.arange(len(names)), -counts))[:most].tolist())
    return [
        LEFT if place < 0 else names[place] if place in frequent else OTHER
        for place in column.tolist()
    ]


def _counts(column: list[str]) -> list[tuple[str, int]]:
    values, counts = np.unique(np.array([c for c in column if c], dtype=object), return_counts=True)
    order = np.lexsort((values.astype(str), -counts))
    return [(str(values[i]), int(counts[i])) for i in order]
