"""Tabler's outline icons as inline SVG, 16 px with a stroke of 1.5, kept in memory once read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDERS = (
    Path(__file__).resolve().parent / "static" / "vendor" / "icons",
    Path(__file__).resolve().parents[3]
    / "node_modules"
    / "@tabler"
    / "icons"
    / "icons"
    / "outline",
)
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
FRAME = re.compile(r"<(?:!--.*?--|/?svg\b[^>]*)>|<path stroke=\"none\"[^>]*/>", re.DOTALL)


class UnknownIconError(Exception):
    """No icon has this name; see tabler.io/icons, then run `python -m zhiyin.frontend`."""


@cache
def drawing(name: str) -> str:
    """The paths inside an icon, without its frame."""
    if NAME.fullmatch(name):
        for folder in FOLDERS:
            path = folder / f"{name}.svg"
            if path.exists():
                return " ".join(FRAME.sub("", path.read_text(encoding="utf-8")).split())
    raise UnknownIconError(f"No icon is called {name!r}. Bring icons: python -m zhiyin.frontend")
