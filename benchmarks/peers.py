"""Peers in a Python of their own: what they need never meets what we need.

Each is fetched by name into a temporary environment, unless ZHIYIN_BENCH_PEERS names a Python that
has them already. A peer that cannot be had is named in one line and left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

_LIMIT_S = 3_600


def environment(room: Path, packages: list[str], name: str) -> Path | None:
    """A Python with the packages, or None with one line that says why not."""
    ready = os.environ.get("ZHIYIN_BENCH_PEERS")
    if ready:
        return Path(ready)
    home = room / f"peer-{name}"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([*command, *packages], capture_output=True, text=True)
    if done.returncode:
        print(f"{name} cannot be had here, its figures are left out: {_last(done.stderr)}",
              file=sys.stderr)  # fmt: skip
        return None
    return python


def ask(python: Path | None, script: str, *arguments: object, name: str) -> dict[str, Any] | None:
    """What the script prints as its last line, read as JSON."""
    if python is None:
        return None
    command = [str(python), "-W", "ignore", "-c", script, *map(str, arguments)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S,
                              env={**os.environ, **threads})  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"{name} did not end within an hour", file=sys.stderr)
        return None
    if done.returncode:
        print(f"{name} did not run: {_last(done.stderr)}", file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _last(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "no message"
