"""What a command answered, and running one as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OURS = ("ZHIYIN_", "DJANGO_", "DATABASE_URL", "PG")


@dataclass(frozen=True)
class Answer:
    """Exit code and both outputs."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object that `--json` promises: a single line, and nothing beside it."""
        lines = self.out.splitlines()
        assert len(lines) == 1, self.out
        return json.loads(lines[0])


def environment(home: Path) -> dict[str, str]:
    """Somebody else's shell: nothing of ours in it, and a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "LANG": "C.UTF-8"}


def zhiyin(*words: object, cwd: Path, home: Path, timeout: float = 120) -> Answer:
    """One command as a process without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "zhiyin", *map(str, words)],
        cwd=cwd, env=environment(home), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=timeout,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)
