"""What a command is given as text: a list in a file, a day."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from zhiyin.cli.output import Failure
from zhiyin.cli.words import t


def listed_in(path: Path, *, nothing: str) -> list[str]:
    """The lines of a file, or of standard input for -; `nothing` is said where there are none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(
            t(f"读不了 {path}：{error}", f"{path} cannot be read: {error}"), code=3
        ) from error
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise Failure(nothing, code=3)
    return found


def day_of(text: str) -> date:
    """A day of ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Failure(
            t(f"不是日期：{text}（例：2026-03-01）", f"Not a date: {text} (like 2026-03-01)"),
            code=2,
        ) from error
