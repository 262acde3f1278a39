"""The company of the files' tests: an owner, a colleague, a reader, a stranger, a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.files.desk import Desk


@pytest.fixture
def desk(db: None) -> Desk:
    from tests.files.desk import Desk  # Django is ready only now

    return Desk()
