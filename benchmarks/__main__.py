"""Runs the benchmarks one after another, each in a process of its own, and ends with one table.

    python -m benchmarks                     all of them
    python -m benchmarks --quick             smaller data: minutes instead of a quarter of an hour
    python -m benchmarks --only features     one of them, or several with commas between
    python -m benchmarks --data FOLDER       keeps the workspace of a million customers there

Each figure is one line of JSON on standard output as soon as it is known; everything else goes to
standard error. A benchmark that cannot run says why and does not stop the others. Those of screens
share a workspace. Nothing is written outside a temporary folder, which is removed at the end, but
where --data names one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import figure, line_of

ON_A_WORKSPACE = ("screens", "growth", "vitals", "tracking")
BENCHMARKS = (
    "value", "ahead", "recommend", "demand", "uplift", "baskets", "dirt", "matching", "resolving",
    "quality", "features", "scale",
    "online_retail",
    *ON_A_WORKSPACE,
)  # fmt: skip

Figure = dict[str, Any]


def run(name: str, quick: bool, folder: Path, workspace: Path) -> tuple[list[Figure], bool]:
    """One benchmark: its figures, and whether it came to its end."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else [])]
    if name in ON_A_WORKSPACE:
        command += ["--data", str(workspace)]
    print(f"[{name}]", file=sys.stderr, flush=True)
    begun = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}
    )
    assert child.stdout is not None
    figures = []
    for text in child.stdout:
        print(text, end="", flush=True)
        found = line_of(text)
        if found is not None:
            figures.append(found)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    note = "the whole benchmark with its peer; memory of its largest process"
    figures.append(figure(f"{name}.took", seconds, "s", note=note))
    figures.append(figure(f"{name}.largest_process", used.ru_maxrss / 1024, "MiB", note=note))
    if child.returncode:
        print(f"[{name}] ended with {child.returncode}: skipped", file=sys.stderr, flush=True)
    return figures, child.returncode == 0


def table(figures: list[Figure]) -> str:
    """All figures as a Markdown table."""
    rows = ["| figure | value | peer | ratio | n | note |", "|---|---|---|---|---|---|"]
    for one in figures:
        peer = f"{one['peer']}: {one['peer_value']}" if one["peer"] else ""
        count = f"{one['n']:,}" if one["n"] else ""
        ratio = f"{one['ratio']}×" if one["ratio"] else ""
        cells = [one["name"], f"{one['value']} {one['unit']}", peer, ratio, count, one["note"]]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", default=",".join(BENCHMARKS), help="names with commas between")
    parser.add_argument("--quick", action="store_true", help="smaller data")
    parser.add_argument("--data", type=Path, help="a folder that keeps the workspace of screens")
    options = parser.parse_args()
    chosen = options.only.split(",")
    unknown = sorted(set(chosen) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    figures: list[Figure] = []
    whole = True
    with tempfile.TemporaryDirectory(prefix="zhiyin-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the database runs as a user of its own and walks through here
        for one in chosen:
            found, done = run(one, options.quick, folder, options.data or folder / "workspace")
            figures += found
            whole = whole and done
    print(table(figures), file=sys.stderr)
    if figures:
        print(json.dumps({"figures": len(figures), "machine": figures[0]["machine"]}))
    return 0 if whole else 1


if __name__ == "__main__":
    raise SystemExit(main())
