"""A company and a store of its own for each test of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.conf import LazySettings

    from tests.files.desk import Desk


@pytest.fixture
def desk(db: None, settings: LazySettings, tmp_path: Path) -> Desk:
    from tests.files.desk import Desk  # Django is ready only now

    settings.FILES_STORE = str(tmp_path / "files")
    return Desk()
