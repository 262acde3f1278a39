"""The dashboard as CSV: every figure with its span and interval, as plain numbers."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language, gettext

from zhiyin.accounts import access, audit
from zhiyin.accounts.models import User
from zhiyin.cleaning.rejects import escape_formula
from zhiyin.customers.words import RFM_SEGMENTS
from zhiyin.monitor.board import Board
from zhiyin.monitor.campaigns import Increment
from zhiyin.monitor.periods import Span
from zhiyin.monitor.sight import Sight

Value = str | int | float | Decimal | None
Line = tuple[Value, ...]
FIELDS = ("figure", "of", "value", "low", "high", "from", "until", "as_of")


def as_csv(board: Board, increment: Increment | None, sight: Sight, *, by: User) -> bytes:
    """The file, with the audit entry of its leaving; spreadsheets run none of its cells."""
    access.require(by, "dashboard.export")
    lines = [*_trade(board), *_people(board), *_retention(board), *_value(board), *_risk(board)]
    if increment is not None:
        total = increment.total
        lines.append((gettext("Campaign lift"), increment.name, total.value, total.low, total.high))
    text = io.StringIO()
    writer = csv.writer(text)
    where = sight.chosen.name if sight.chosen else gettext("All departments")
    writer.writerow([
        gettext("Figure"), gettext("Of"), gettext("Value"), gettext("Low (95%)"),
        gettext("High (95%)"), gettext("From"), gettext("Until"), gettext("Data as of"),
        gettext("Department"),
    ])  # fmt: skip
    as_of = _moment(board.as_of)
    for line in lines:
        cells = [*line, *[None] * (7 - len(line)), as_of, where]
        writer.writerow([_cell(cell) for cell in cells])
    audit.exported(by, "dashboard", rows=len(lines), fields=FIELDS)
    return text.getvalue().encode("utf-8-sig")


def segment_name(key: str) -> str:
    """An RFM segment in the reader's language."""
    zh = (get_language() or "zh").startswith("zh")
    known = RFM_SEGMENTS.get(key)
    return known["zh" if zh else "en"] if known else gettext("The others")


def _trade(board: Board) -> list[Line]:
    lines: list[Line] = []
    for span, found in list(zip(board.spans, board.trade, strict=True))[:2]:
        when = _when(span)
        lines += [
            (gettext("Revenue"), "", found.revenue, None, None, *when),
            (gettext("Active customers"), "", found.buyers, None, None, *when),
            (gettext("Orders"), "", found.sales, None, None, *when),
            (gettext("Average order"), "", _rounded(found.order_value), None, None, *when),
        ]
    for rate in (board.repurchase[0], board.repurchase[3]):
        lines.append((gettext("90-day repurchase rate"), "", _rounded(rate.share)))
    return lines


def _people(board: Board) -> list[Line]:
    lines: list[Line] = []
    for span, found in list(zip(board.spans, board.mix, strict=False)):
        when = _when(span)
        lines += [
            (gettext("New customers"), "", found.new_people, None, None, *when),
            (gettext("Returning customers"), "", found.returning_people, None, None, *when),
            (gettext("Revenue"), gettext("New customers"), found.new_revenue, None, None, *when),
            (gettext("Revenue"), gettext("Returning customers"), found.returning_revenue, None,
             None, *when),
        ]  # fmt: skip
    return lines


def _retention(board: Board) -> list[Line]:
    return [
        (gettext("Retention"), f"{row.label} +{n}", _rounded(cell.share))
        for row in board.retention
        for n, cell in enumerate(row.cells, start=1)
    ]


def _value(board: Board) -> list[Line]:
    if board.value is None:
        return []
    found = board.value
    lines: list[Line] = [
        (gettext("12-month value"), gettext("Median"), round(found.median, 2)),
        (gettext("12-month value"), gettext("Mean"), _rounded(found.mean)),
        (gettext("12-month value"), gettext("Top 10% hold"), _rounded(found.top_tenth)),
    ]
    lines += [(gettext("People by value"), f"≥ {one.starts:f}", one.people) for one in found.bins]
    return lines


def _risk(board: Board) -> list[Line]:
    if board.risk is None:
        return []
    lines: list[Line] = [(gettext("High churn risk"), "", board.risk.whole.high_risk)]
    for one in board.risk.segments:
        name = segment_name(one.key)
        lines += [
            (
                gettext("Churn forecast"),
                name,
                *[_rounded(share) for share in (one.risk, one.low, one.high)],
            ),
            (gettext("At stake"), name, round(one.loss, 2)),
            (gettext("People"), name, one.people),
        ]
    return lines


def _when(span: Span) -> tuple[str, str]:
    return _moment(span.starts), _moment(span.ends)


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def _rounded(value: float | Decimal | None) -> float | Decimal | None:
    if value is None:
        return None
    return round(value, 4) if isinstance(value, Decimal) else round(float(value), 4)


def _cell(value: Value) -> str:
    return "" if value is None else escape_formula(str(value))
