"""One line of JSON for each measured figure, with the machine that it was measured on."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path


def figure(
    name: str,
    value: float,
    unit: str,
    peer: str | None = None,
    peer_value: float | None = None,
    ratio: float | None = None,
    n: int | None = None,
    note: str = "",
) -> None:
    """Print a figure; `ratio` says how many times better than the peer we are."""
    line = {
        "name": name,
        "value": _short(value),
        "unit": unit,
        "peer": peer,
        "peer_value": _short(peer_value),
        "ratio": _short(ratio),
        "n": n,
        "note": note,
        "machine": machine(),
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


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
