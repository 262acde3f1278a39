"""One simulated shop for the whole room: it is only read."""

import pyarrow as pa
import pytest

from tests.insight import shop
from zhiyin.features.history import History
from zhiyin.insight.training import Understanding, train_all


@pytest.fixture(scope="session")
def shop_lines() -> pa.Table:
    return shop.lines()


@pytest.fixture(scope="session")
def shop_history(shop_lines: pa.Table) -> History:
    return History.from_arrow(shop_lines)


@pytest.fixture(scope="session")
def understood(shop_history: History) -> Understanding:
    return train_all(shop_history, shop.TODAY)
