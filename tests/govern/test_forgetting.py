"""Every table says how it forgets a customer: one that nobody spoke for fails here."""

from __future__ import annotations

import pytest
from django.db import connection

from zhiyin.accounts import forgetting

pytestmark = pytest.mark.django_db
# Types with room for what a person is called, or for whose a row is.
_TEXTS = {"text", "character varying", "character", "json", "jsonb", "bytea", "ARRAY", "xml"}


def columns() -> dict[str, dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.table_name, c.column_name, c.data_type from information_schema.columns c"
            " join information_schema.tables t using (table_schema, table_name)"
            " where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'"
        )
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
    return found


def undeclared(there: dict[str, dict[str, str]]) -> list[str]:
    """Tables, and columns with room for text or a customer, that no room spoke for."""
    said = forgetting.declared()
    missing = []
    for table, kinds in there.items():
        if table not in said:
            missing.append(table)
            continue
        known = said[table]
        if known is None:
            continue
        missing += [
            f"{table}.{column}"
            for column, kind in kinds.items()
            if (kind in _TEXTS or "customer" in column) and column not in known
            and column not in _COUNTS
        ]  # fmt: skip
    return missing


_COUNTS = {"customers"}  # how many


def test_every_table_and_every_text_is_declared_by_its_room() -> None:
    assert undeclared(columns()) == []


def test_a_table_or_column_that_nobody_spoke_for_is_found() -> None:
    with connection.cursor() as cursor:
        cursor.execute("create table customers_diary (customer_id uuid, entry text)")
        cursor.execute("alter table customers_order add column wish text")
    assert sorted(undeclared(columns())) == ["customers_diary", "customers_order.wish"]


def test_what_is_declared_exists() -> None:
    there = columns()
    for table, known in forgetting.declared().items():
        assert table in there, table
        assert known is None or known <= set(there[table]), table


def test_who_refers_to_a_customer_forgets_by_more_than_words() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct conrelid::regclass::text from pg_constraint"
            " where contype = 'f' and confrelid in ('customers_customer'::regclass,"
            " 'customers_identifier'::regclass)"
        )
        referring = {row[0] for row in cursor.fetchall()}
    assert referring <= {rule.table for rule in forgetting.rules()}
