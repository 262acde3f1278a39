"""The command line in this process on the test database, and in processes of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:  # this file is read before Django is set up
    from tests.cli.terminal import Answer

ORDERS = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1001,A1,Mug,2,2026-03-01 10:00,3.50,C1,United Kingdom
1002,A2,Lamp,1,2026-03-02 11:00,20.00,C2,France
1003,A1,Mug,1,2026-03-03 12:00,4.00,C3,France
"""


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Three good order lines."""
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


@pytest.fixture
def one_bad_row(tmp_path: Path) -> Path:
    """Three order lines, of which the last has a price that is none."""
    path = tmp_path / "bad.csv"
    path.write_text(ORDERS.replace("4.00", "dear"))
    return path


@pytest.fixture
def run(
    db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[..., Answer]]:  # fmt: skip
    """`run("import", path)`: one command on the test database; what it answered."""
    from django.utils import translation

    from tests.cli.terminal import Answer
    from zhiyin.cli import main
    from zhiyin.collect import archive

    settings.LAKE = str(tmp_path / "lake")
    archive.lake.cache_clear()
    monkeypatch.setenv("ZHIYIN_LANG", "en")
    monkeypatch.setenv("ZHIYIN_DATA", str(settings.DATA))

    def command(*words: object) -> Answer:
        capsys.readouterr()
        code = main([*map(str, words), "--data", str(settings.DATA)])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    with translation.override(None):
        yield command
    archive.lake.cache_clear()
