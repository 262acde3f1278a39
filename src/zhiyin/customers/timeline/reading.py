"""Reading the timeline: one query over all providers, folded, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from zhiyin.customers.models import Customer
from zhiyin.customers.timeline.entries import Entry
from zhiyin.customers.timeline.registry import Row, facts_of, providers

PAGE = 60  # rows before folding
RUN = timedelta(minutes=45)  # a longer pause begins a new visit
SAME_MOMENT = 20  # rows of one moment that a page may have to look past


@dataclass(frozen=True)
class Timeline:
    """Some lines, newest first, and the mark from which the older ones begin."""

    entries: list[Entry]
    older: str


@dataclass(frozen=True)
class Mark:
    """Up to where somebody has read: a moment, and the key of the line there."""

    at: datetime
    key: str

    @classmethod
    def of(cls, text: str) -> Mark | None:
        """The mark of an address; None where there is none."""
        moment, _, key = text.partition("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, key) if at.tzinfo else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.key}"


def read(
    customer: Customer, *, kind: str = "", source: UUID | None = None, before: str = ""
) -> Timeline:
    """Lines older than `before`, of one kind or source if asked."""
    mark = Mark.of(before)
    limit = PAGE + 1 + (SAME_MOMENT if mark else 0)
    parts = []
    for provider in providers():
        if kind and kind not in provider.kinds:
            continue
        rows = provider.rows(customer.pk)
        rows = rows.filter(row_origin=source) if source else rows
        rows = rows.filter(row_at__lte=mark.at) if mark else rows
        parts.append(rows.order_by("-row_at")[:limit])
    if not parts:
        return Timeline([], "")
    union = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = [
        Row(
            provider=row["row_provider"],
            key=row["row_key"],
            at=row["row_at"],
            source=row["row_origin"],
            data=facts_of(row["row_data"]),
        )
        for row in union
    ]
    found.sort(key=lambda row: (row.at, row.key), reverse=True)
    if mark:
        found = [row for row in found if (row.at, row.key) < (mark.at, mark.key)]
    page, more = found[:PAGE], len(found) > PAGE
    told = {provider.name: provider.tell for provider in providers()}
    lines = [line for row in page if (line := told[row.provider](row)) is not None]
    lines = [line for line in lines if not kind or line.kind == kind]
    older = str(Mark(page[-1].at, page[-1].key)) if more else ""
    return Timeline(folded(lines), older)


def folded(lines: list[Entry]) -> list[Entry]:
    """Runs of looking around become one line each: how many, and where the visit ended."""
    result: list[Entry] = []
    for line in lines:
        last = result[-1] if result else None
        if last and line.folds and line.folds == last.folds and last_of(last) - line.at <= RUN:
            result[-1] = replace(last, count=last.count + 1, key=f"{last.key}",
                                 last=line.at.isoformat())  # fmt: skip
        else:
            result.append(line)
    return result


def last_of(line: Entry) -> datetime:
    """When the earliest event of a folded line was."""
    return datetime.fromisoformat(line.last) if line.last else line.at
