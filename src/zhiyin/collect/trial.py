"""A mapping tried on the first rows before it is kept: what would come in, and what would not.

Nothing is written; the rows go through the same cleaning as those of a whole file.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from zhiyin.accounts.models import User
from zhiyin.cleaning import documents
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.preview import Preview
from zhiyin.collect import cleaning_step, own_fields
from zhiyin.collect.services import silent

ROWS = 100
MOST_REASONS = 8


@dataclass(frozen=True)
class Problem:
    """Why rows would be rejected: a field, a reason in both languages, and the first of them."""

    field: str
    reason: dict[str, str]
    rows: list[int]
    times: int


@dataclass(frozen=True)
class Trial:
    """What would become of the rows."""

    rows: int
    kept: int
    rejected: int
    problems: list[Problem]


def trial(look: Preview, mapping: Mapping, *, by: User) -> Trial:
    """Try a mapping on the first rows; raises a `FileProblem` where it does not fit at all."""
    own_fields.check(mapping, by)
    good = [row for row in look.rows[:ROWS] if row.problem is None]
    names = [column.name for column in look.columns]
    mapping.check(names)
    rows = [
        {name: cell for name, cell in zip(names, row.cells, strict=True) if cell is not None}
        for row in good
    ]
    unreadable = len(look.rows[:ROWS]) - len(good)
    if not rows:
        return Trial(unreadable, 0, unreadable, [])
    every = dict.fromkeys(names, "")
    with tempfile.TemporaryDirectory(prefix="zhiyin-") as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_bytes(documents.as_lines([{**every, **rows[0]}, *rows[1:]]))
        found = cleaning_step.clean(
            path, mapping, now=timezone.now(), progress=silent,
            own=own_fields.readers(mapping, by),
        )  # fmt: skip
    numbers = [row.number for row in good]
    report = found.report
    return Trial(
        rows=len(good) + unreadable, kept=report.kept, rejected=report.rejected + unreadable,
        problems=_problems(found.rejected.to_pylist(), numbers),
    )  # fmt: skip


def _problems(rejected: list[dict[str, object]], numbers: list[int]) -> list[Problem]:
    """The reasons, those of most rows first; rows by their number in the file."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for entry in rejected:
        key = (str(entry["field"] or ""), str(entry["reason_zh"]), str(entry["reason_en"]))
        place = entry["row_number"]
        assert isinstance(place, int)
        found.setdefault(key, []).append(numbers[place - 1])
    most = sorted(found.items(), key=lambda one: -len(one[1]))[:MOST_REASONS]
    return [
        Problem(field, {"zh": zh, "en": en}, rows[:3], len(rows)) for (field, zh, en), rows in most
    ]
