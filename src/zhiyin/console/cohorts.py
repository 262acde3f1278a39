"""The retention table: which shade each cell has, and which periods are not over yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHADES = 6


@dataclass(frozen=True)
class Cell:
    """One period of one cohort."""

    share: float
    shade: int
    unfinished: bool
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One cohort: when its people first bought, how many they are, who came back when."""

    label: str
    people: int
    cells: list[Cell]
    missing: range


def shade(share: float, low: float, high: float) -> int:
    """The step of the one-hue scale, 0 to 5, between the table's lowest and highest share."""
    if high <= low:
        return 0
    return min(SHADES - 1, int((share - low) / (high - low) * SHADES))


def table(rows: Sequence[tuple[str, int, Sequence[float]]], *, last_open: bool = True) -> list[Row]:
    """Rows ready to draw; with `last_open` each row's newest period is still running."""
    shares = [share for _label, _people, found in rows for share in found]
    low, high = (min(shares), max(shares)) if shares else (0.0, 0.0)
    width = max((len(found) for _label, _people, found in rows), default=0)
    return [
        Row(
            label,
            people,
            [
                Cell(share, shade(share, low, high), last_open and i == len(found) - 1)
                for i, share in enumerate(found)
            ],
            range(width - len(found)),
        )
        for label, people, found in rows
    ]
