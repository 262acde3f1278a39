"""Rows for the tests of the lake: as many as asked for, all different."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01


def events(ids: Sequence[int], batch: str = "live", owners: int = 5, days: int = 2) -> pa.Table:
    """One event for each number: it belongs to `person-<number % owners>`."""
    received = [START_US + (number % days) * DAY_US + number for number in ids]
    return pa.table(
        {
            "event_id": pa.array([f"event-{number}" for number in ids], pa.string()),
            "name": pa.array(["Page Viewed" for _ in ids], pa.string()),
            "source": pa.array(["site" for _ in ids], pa.string()),
            "batch": pa.array([batch for _ in ids], pa.string()),
            "identifier_id": pa.array([f"person-{number % owners}" for number in ids], pa.string()),
            "ts_us": pa.array([moment - 1_000 for moment in received], pa.int64()),
            "received_us": pa.array(received, pa.int64()),
            "properties": pa.array([f'{{"n":{number}}}' for number in ids], pa.string()),
        }
    )


def lines(ids: Sequence[int], currency: str = "CNY") -> pa.Table:
    """One order line for each number."""
    price = [Decimal(number % 90 + 1) for number in ids]
    return (
        events(ids)
        .drop_columns(["name", "properties"])
        .append_column("order_id", pa.array([f"order-{number}" for number in ids], pa.string()))
        .append_column("sku", pa.array([f"sku-{number % 7}" for number in ids], pa.string()))
        .append_column("quantity", pa.array([1 for _ in ids], pa.int64()))
        .append_column("unit_price", pa.array(price, pa.decimal128(18, 4)))
        .append_column("amount", pa.array(price, pa.decimal128(18, 4)))
        .append_column("currency", pa.array([currency for _ in ids], pa.string()))
    )
