"""What the profile of several who are one person says, from what each says by itself.

Pure: rows as JSON holds them come in and go out. Who stays gives every value; what is missing is
filled from the others, the older first; tags are those of all. What somebody changes while they are
one is known by comparing (`edited`): it is kept for who stays, and what was taken away is taken
from everybody, so that it does not come back from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]
GAPS = (
    "number", "name", "email", "phone", "gender", "birth_date", "language", "country", "province",
    "city", "owner_id", "department_id", "company_id", "job_title",
)  # fmt: skip
PREDICTED = (
    "tier", "rfm", "rfm_segment", "persona", "value_12m", "value_12m_low", "value_12m_high",
    "churn_risk", "churn_risk_low", "churn_risk_high", "next_purchase_from", "next_purchase_to",
    "next_purchase_probability", "scored_at",
)  # fmt: skip
TOLD = (*GAPS, *PREDICTED, "tags", "custom", "created_at", "simulated_profile")


def composed(stays: Row, others: Iterable[Row]) -> Row:
    """The row of one person."""
    row = {**stays, "tags": list(stays["tags"]), "custom": dict(stays["custom"])}
    for other in sorted(others, key=lambda one: (str(one["created_at"]), str(one["id"]))):
        for name in GAPS:
            if _is_empty(row.get(name)):
                row[name] = other.get(name)
        if row.get("scored_at") is None and other.get("scored_at") is not None:
            row.update({name: other.get(name) for name in PREDICTED})
        row["tags"] += [tag for tag in other["tags"] if tag not in row["tags"]]
        row["custom"] = {**other["custom"], **row["custom"]}
        row["created_at"] = min(str(row["created_at"]), str(other["created_at"]))
    return row


def told(row: Row) -> Row:
    """What is kept of a composed row, to see later what was changed in it."""
    return {name: row.get(name) for name in TOLD}


def edited(own: Mapping[str, Row], stays: str, told: Row, now: Row) -> dict[str, Row]:
    """What each says by itself, with what was changed on the row of all since `told`."""
    rows = {id_: {**row} for id_, row in own.items()}
    mine = rows[stays]
    for name in (*GAPS, *PREDICTED, "created_at", "simulated_profile"):
        before, after = told.get(name), now.get(name)
        if before == after:
            continue
        if name in GAPS and _is_empty(after):
            for row in rows.values():
                if row.get(name) == before:
                    row[name] = after
        mine[name] = after
    added = [tag for tag in now["tags"] if tag not in told["tags"]]
    taken = {tag for tag in told["tags"] if tag not in now["tags"]}
    if taken:
        for row in rows.values():
            row["tags"] = [tag for tag in row["tags"] if tag not in taken]
    if added:
        mine["tags"] = [*mine["tags"], *(tag for tag in added if tag not in mine["tags"])]
    _edit_custom(rows, mine, told["custom"], now["custom"])
    return rows


def _edit_custom(rows: dict[str, Row], mine: Row, told: Row, now: Row) -> None:
    changed = {key: value for key, value in now.items() if told.get(key) != value}
    taken = {key for key in told if key not in now}
    if taken:
        for row in rows.values():
            row["custom"] = {key: one for key, one in row["custom"].items() if key not in taken}
    if changed:
        mine["custom"] = {**mine["custom"], **changed}


def _is_empty(value: object) -> bool:
    return value is None or value == ""
