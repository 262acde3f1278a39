"""Writes pictures of screens to docs/screens: `python -m tests.browser.pictures [screen …]`.

Both languages, both themes, 1440 and 390 pixels wide; without names, the component page and the
screens that have no picture from the walk of test_road.
"""

from __future__ import annotations

import os
import sys

import pytest

SCREENS = ("components", "setup", "help")


def main(names: list[str]) -> int:
    """Take the pictures; the exit code of pytest."""
    os.environ["ZHIYIN_SCREENS"] = ",".join(names or SCREENS)
    return int(
        pytest.main(["tests/console/test_screens.py", "-k", "test_pictures", "-p", "no:xdist"])
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
