"""The SDKs that come by npm: fetched once into this folder, so that neither the product nor its
front-end files know of them. Without npm or without its registry the tests that need them skip.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from zhiyin import frontend

HERE = Path(__file__).parent
NODE = shutil.which("node") or ""


@cache
def _fetched() -> str:
    """Empty, or why they are not here. One process fetches, the others wait for it."""
    if not NODE:
        return "no Node.js"
    with (HERE / ".fetching").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            frontend.install(HERE)
        except frontend.FrontendError:
            return "npm could not fetch the SDKs"
    return ""


def modules() -> Path:
    """Where they are; skips the test where they cannot be had."""
    if missing := _fetched():
        pytest.skip(f"no npm SDKs: {missing}")
    return HERE / "node_modules"


def run(script: str, *words: str, seconds: float = 120) -> str:
    """Run one of our scripts beside this file with Node; what it printed."""
    modules()
    done = subprocess.run(
        [NODE, str(HERE / script), *words], capture_output=True, text=True, timeout=seconds,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
