"""A lake of its own for each test: no rollback takes back what is in files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # this file is read before Django is set up
    from tests.collect.desk import Desk


@pytest.fixture(autouse=True)
def _own_lake(own_lake: None) -> None:
    """Every test here has one."""


@pytest.fixture(autouse=True)
def _own_counts() -> Iterator[None]:
    """What one process learnt of sources is not of the next test's."""
    from zhiyin.collect.plan import noting

    noting.forget()
    yield
    noting.forget()


@pytest.fixture
def desk(db: None) -> Desk:
    """A marketer at the screen, in English."""
    from tests import factories
    from tests.collect.desk import Desk
    from zhiyin.accounts.roles import Role

    return Desk(factories.user(Role.MARKETER))
