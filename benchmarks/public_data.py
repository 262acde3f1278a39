"""Where the public data lie that may not be shipped: beside the checkout, or where one says.

ZHIYIN_BENCH_DATA names the folder; else it is `shared/data` beside the checkout. A set that is not
there is named in one line and its figures are left out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


def public(name: str) -> Path | None:
    """The folder of a set, or None with one line that says so."""
    folder = Path(os.environ.get("ZHIYIN_BENCH_DATA", _BESIDE)) / name
    if folder.is_dir():
        return folder
    print(f"the set {name} is not here, its figures are left out", file=sys.stderr)
    return None
