"""What the browser loads comes from the lock file, whole and without addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zhiyin import frontend
from zhiyin.console import icons, navigation

LOCK = frontend.CHECKOUT / "package-lock.json"


def test_the_lock_holds_hashes_and_no_addresses() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert "http" not in text
    assert "resolved" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_htmx_stays_on_its_second_version() -> None:
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert packages["node_modules/htmx.org"]["version"].startswith("2.")


@pytest.mark.skipif(not frontend.VENDOR.exists(), reason="run `python -m zhiyin.frontend` first")
def test_every_icon_of_the_navigation_exists() -> None:
    for section in navigation.SECTIONS:
        for item in section.items:
            assert icons.drawing(item.icon)


def test_an_unknown_icon_says_how_to_get_it() -> None:
    with pytest.raises(icons.UnknownIconError, match="Bring icons"):
        icons.drawing("no-such-icon")


def test_a_name_cannot_leave_the_icon_folder() -> None:
    with pytest.raises(icons.UnknownIconError):
        icons.drawing("../../console/seal")


def test_copying_again_writes_nothing(tmp_path: Path) -> None:
    modules = frontend.CHECKOUT / "node_modules"
    if not modules.exists():
        pytest.skip("npm has not run here")
    assert frontend.copy(modules, tmp_path)
    assert frontend.copy(modules, tmp_path) == []
