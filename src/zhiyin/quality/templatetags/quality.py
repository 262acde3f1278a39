"""Cells of the grid of sources and fields."""

from __future__ import annotations

from django import template

from zhiyin.quality.queries import Figure, SourceRow

register = template.Library()
POOR, MIDDLING = 90, 98  # percent that is as it should be


@register.simple_tag
def cell_of(row: SourceRow, name: str) -> Figure | None:
    """The figure of a field, None where the source says nothing of it."""
    return row.cells.get(name)


@register.filter
def tone(figure: Figure) -> str:
    """How a share reads: poor below 90 %, middling below 98 %."""
    share = figure.percent
    if share is None or share >= MIDDLING:
        return ""
    return "poor" if share < POOR else "middling"
