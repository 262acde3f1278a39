"""Starting the demo afresh empties what the product keeps, and nothing while it runs."""

from __future__ import annotations

import fcntl
import json
from argparse import Namespace
from pathlib import Path

import pytest

from zhiyin.cli import demo
from zhiyin.cli.output import Failure, Output


def test_a_running_demo_is_not_emptied_and_it_is_said_how_to_stop_it(tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text(json.dumps({"url": "http://127.0.0.1:8000"}))
    with (tmp_path / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Failure, match="Ctrl-C"):
            demo.demo(Namespace(data=tmp_path, reset=True), Output(as_json=False))
    assert (tmp_path / "up.json").exists()


def test_uploads_and_files_go_too_and_what_is_not_ours_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name in ("files", "uploads", "lake", "my-notes"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one").write_text("x")
    demo._empty(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["my-notes"]
