from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from zhiyin.demo import DEMO_SEED, Simulation, shift_orders, shift_weeks, simulate

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def original() -> pa.Table:
    """Online Retail as it is shipped."""
    return pq.read_table(EXAMPLES / "online_retail" / "online_retail.parquet")


@pytest.fixture(scope="session")
def orders(original: pa.Table) -> pa.Table:
    """The same orders, moved to the weeks before `NOW`."""
    last = pc.max(original["InvoiceDate"]).as_py()
    return shift_orders(original, shift_weeks(last, NOW))


@pytest.fixture(scope="session")
def simulation(orders: pa.Table) -> Simulation:
    """The channels that the demo shows."""
    return simulate(orders, seed=DEMO_SEED, now=NOW)
