"""One line of JSON for each measured figure, with the machine that it was measured on."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def figure(
    name: str,
    value: float,
    unit: str,
    peer: str | None = None,
    peer_value: float | None = None,
    ratio: float | None = None,
    n: int | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Print a figure and return it; `ratio` says how many times better than the peer we are."""
    line = {
        "name": name,
        "value": _short(value),
        "unit": unit,
        "peer": peer,
        "peer_value": _short(peer_value),
        "ratio": _short(ratio),
        "n": n,
        "note": note,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "load": round(os.getloadavg()[0], 1),
        "machine": machine(),
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return line


def line_of(text: str) -> dict[str, Any] | None:
    """The figure of a printed line; None where the line is something else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "name" in found else None


def machine() -> str:
    """Processor, cores, memory and Python of this machine."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, "
        f"Python {platform.python_version()}"
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
