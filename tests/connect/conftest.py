"""The receiver that the tests of this room send to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connect.receiver import Receiver, listening


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def receiver(certificates: Path) -> Iterator[Receiver]:
    with listening(certificates) as found:
        yield found
