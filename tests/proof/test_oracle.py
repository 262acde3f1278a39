"""The hand-written oracle and the page made from the policy say the same, address by address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.proof import oracle
from zhiyin.accounts.roles import Role

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
LEVELS = {"": "-", "masked": "m", "read": "r", "write": "r"}


def lines(start: str) -> list[dict[Role, str]]:
    """The cells of the lines of the page that begin so, by role."""
    found = []
    for line in PAGE.read_text().splitlines():
        if line.startswith(f"| {start}"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[3:-1]]
            found.append(dict(zip(Role, cells, strict=True)))
    return found


@pytest.mark.parametrize(
    ("address", "table"),
    [
        ("`GET /customers/<uuid:customer_id>/`", oracle.SEE_CUSTOMER),
        ("`GET /customers/`", oracle.SEE_CUSTOMER),
        ("`GET /api/v1/customers/<customer_id>`", oracle.SEE_CUSTOMER),
        ("`GET /customers/<uuid:customer_id>/reveal/<slug:field>`", oracle.REVEAL),
        ("`GET /campaigns/outbox/`", oracle.SEE_MESSAGE),
        ("`GET /data/imports/<uuid:import_id>/`", oracle.SEE_IMPORT),
        ("`GET /data/imports/<uuid:import_id>/rejects/`", oracle.SEE_ROWS_OF_IMPORT),
        ("`GET /account/work/<uuid:work_id>/`", oracle.SEE_WORK),
        ("`GET /account/audit/`", oracle.SEE_AUDIT),
        ("`GET /account/users/<uuid:user_id>/`", oracle.SEE_USER),
    ],
)
def test_whose_rows_are_seen(address: str, table: dict[Role, str]) -> None:
    assert lines(address) == [table]


@pytest.mark.parametrize(
    ("fields", "table"),
    [(oracle.PERSONAL_FIELDS, oracle.PERSONAL), (oracle.SENSITIVE_FIELDS, oracle.SENSITIVE)],
)
def test_how_much_of_a_field_is_seen(fields: set[str], table: dict[Role, str]) -> None:
    # The page tells the most that a role sees: that on its own rows. The house's own fields
    # (c_…) are not on it; their levels follow their kind.
    for field in (one for one in fields if not one.startswith("c_")):
        (told,) = lines(f"`customer.{field}`")
        assert {role: LEVELS[text] for role, text in told.items()} == {
            role: levels[0] for role, levels in table.items()
        }
