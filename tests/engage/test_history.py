"""The demo's campaign is taken over whole, and the report finds what was planted in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests import factories
from tests.engage import people
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Source
from zhiyin.customers.models import Customer, Identifier, Order
from zhiyin.demo import DEMO_SEED, Simulation, shift_orders, shift_weeks, simulate
from zhiyin.engage import results
from zhiyin.engage.history import load_finished_campaign
from zhiyin.engage.models import Campaign
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
ORDERS = Path(__file__).resolve().parents[2] / "examples/online_retail/online_retail.parquet"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> tuple[pa.Table, Simulation]:
    if not ORDERS.exists():
        pytest.skip("the demo's orders are not here")
    original = pq.read_table(ORDERS)
    last = pc.max(original["InvoiceDate"]).as_py()
    orders = shift_orders(original, shift_weeks(last, NOW))
    return orders, simulate(orders, seed=DEMO_SEED, now=NOW)


def load(orders: pa.Table, simulation: Simulation) -> None:
    """Customers with their numbers, and one row an order: as much as the report reads."""
    source = people.shop()
    columns = ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    both = pa.concat_tables(
        [
            table.select(columns).cast(
                pa.schema(
                    [("InvoiceNo", pa.string()), ("CustomerID", pa.string()),
                     ("InvoiceDate", pa.timestamp("us")), ("Quantity", pa.int64()),
                     ("UnitPrice", pa.float64())]
                )
            )
            for table in (orders, simulation.campaign_orders)
        ]
    )  # fmt: skip
    both = both.filter(pc.is_valid(both["CustomerID"]))
    amount = pc.multiply(both["Quantity"], both["UnitPrice"])
    invoices = (
        both.append_column("amount", amount)
        .group_by(["InvoiceNo", "CustomerID"])
        .aggregate([("amount", "sum"), ("InvoiceDate", "min")])
    )
    numbers = sorted(set(invoices["CustomerID"].to_pylist()))
    customers = {one: uuid7() for one in numbers}
    Customer.objects.bulk_create(
        Customer(id=key, number=one, name="林静姝", language="zh", email=f"c{one}@example.com")
        for one, key in customers.items()
    )
    Identifier.objects.bulk_create(
        Identifier(
            kind="number", value=one, customer_id=key, source=source, first_seen_at=NOW,
            last_seen_at=NOW,
        )
        for one, key in customers.items()
    )  # fmt: skip
    Order.objects.bulk_create(
        (
            Order(
                id=uuid.uuid5(source.pk, f"{row['InvoiceNo']}/{row['CustomerID']}"),
                source=source, number=f"{row['InvoiceNo']}/{row['CustomerID']}",
                kind="return" if row["amount_sum"] < 0 else "sale",
                customer_id=customers[row["CustomerID"]],
                ordered_at=row["InvoiceDate_min"].replace(tzinfo=UTC),
                total=round(Decimal(row["amount_sum"]), 2), currency="GBP", lines=1,
            )
            for row in invoices.to_pylist()
        ),
        batch_size=2000,
    )  # fmt: skip


def test_the_planted_effect_is_found(shop: tuple[pa.Table, Simulation]) -> None:
    orders, simulation = shop
    load(orders, simulation)
    owner = factories.user(Role.ADMINISTRATOR)
    tables = (
        simulation.campaigns, simulation.campaign_assignment, simulation.campaign_excluded,
        simulation.campaign_messages,
    )  # fmt: skip
    load_finished_campaign(*tables, by=owner)
    campaign = load_finished_campaign(*tables, by=owner)  # a second time replaces the first
    assert Campaign.objects.count() == 1
    planted = simulation.truth.campaign
    report = results.measure(campaign, now=NOW)
    assert report.treated.people + report.hold_out.people == planted["population"]
    assert report.hold_out.people == planted["hold_out"]
    assert not report.window.is_open
    assert report.conversion is not None
    assert report.conversion.low <= planted["realised_lift"] <= report.conversion.high
    assert report.conversion.low > 0
    assert "多" in report.sentence["zh"]
    reasons = dict(report.reasons)
    assert reasons["held_out"] == planted["hold_out"]
    assert reasons["sent"] + reasons["failed"] == campaign.messages.count()
    assert reasons["no_consent"] > 0
    assert campaign.cost > 0
    assert campaign.simulated
    assert Source.objects.count() == 1
