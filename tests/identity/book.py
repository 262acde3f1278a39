"""Identifiers and links as short as a test can tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from zhiyin.identity.edges import ASSERTED, IDENTIFIERS, STATEMENTS
from zhiyin.identity.kinds import Guards
from zhiyin.identity.ledger import Ledger

START = datetime(2026, 2, 1, tzinfo=UTC)
KINDS = {
    "p": "phone", "e": "email", "c": "card", "i": "identity_card", "o": "open_id",
    "d": "device", "k": "cookie", "r": "record", "n": "number",
}  # fmt: skip


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def identifiers(*names: str, first: int = 0) -> pa.Table:
    """`p1` is a phone and `r1@shop` a record of the shop; who p1 alone would be is `of p1`."""
    return pa.Table.from_pylist(
        [
            {"identifier": name, "kind": KINDS[name[0]], "namespace": name.partition("@")[2],
             "own_customer": f"of {name}", "number": first + place}
            for place, name in enumerate(names)
        ],
        IDENTIFIERS,
    )  # fmt: skip


Link = tuple[str, str, str] | tuple[str, str, str, str] | tuple[str, str, str, str, int]


def links(*said: Link, at: int = 0, state: str = ASSERTED) -> pa.Table:
    """(edge, a, b), and after them a rule and the day of the sight where these matter."""
    rows = []
    for one in said:
        edge, a, b = one[:3]
        rule = one[3] if len(one) > 3 else "seen together"
        seen = one[4] if len(one) > 4 else at
        rows.append(
            {"edge": edge, "a": a, "b": b, "rule": rule, "probability": 1.0, "source": "till",
             "seen_at": day(seen), "at": day(at), "state": state}
        )  # fmt: skip
    return pa.Table.from_pylist(rows, STATEMENTS)


NOTHING = links()
NOBODY = identifiers()


def book(names: Sequence[str], *said: Link, guards: Guards | None = None) -> Ledger:
    """A ledger that learned all of this on day 0."""
    ledger = Ledger(guards)
    ledger.append(identifiers(*names), links(*said), at=day(0))
    return ledger


def whose(ledger: Ledger, at: int | None = None) -> dict[str, str | None]:
    """identifier → customer."""
    table = ledger.whose(None if at is None else day(at))
    return dict(zip(table["identifier"].to_pylist(), table["customer"].to_pylist(), strict=True))
