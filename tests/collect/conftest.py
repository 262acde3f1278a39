"""A lake of its own for each test: no rollback takes back what is in files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:  # this file is read before Django is set up
    from tests.collect.desk import Desk


@pytest.fixture(autouse=True)
def _own_lake(settings: Settings, tmp_path: Path) -> Iterator[None]:
    from zhiyin.collect import archive

    settings.LAKE = str(tmp_path / "lake")
    archive.lake.cache_clear()
    yield
    archive.lake.cache_clear()


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
