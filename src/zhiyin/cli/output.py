"""What a command prints: sentences and progress for people, one JSON object for scripts."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


class Failure(Exception):  # noqa: N818  (it carries an exit code and a message for people)
    """A command that cannot go on; `code` becomes the exit code."""

    def __init__(self, message: str, *, code: int = 1, **fields: object) -> None:
        super().__init__(message)
        self.message, self.code, self.fields = message, code, fields


class Output:
    """Sentences go to standard output, or to standard error where that holds the JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._shown = 0.0
        self._stage = ""

    def say(self, text: str) -> None:
        """A sentence for people."""
        print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def result(self, fields: dict[str, Any], text: str) -> None:
        """The end of a command: the object for scripts, or the text for people."""
        line = json.dumps(fields, ensure_ascii=False, default=str) if self.as_json else text
        print(line, flush=True)  # noqa: T201

    def fail(self, failure: Failure) -> None:
        """Why a command could not go on."""
        print(failure.message, file=sys.stderr, flush=True)  # noqa: T201
        if self.as_json:
            self.result({"error": failure.message, "code": failure.code, **failure.fields}, "")

    def progress(self, stage: str, done: int, total: int | None) -> None:
        """How far long work is: a line a stage, and every second within it."""
        now = time.monotonic()
        over = total is not None and done >= total
        if stage == self._stage and not over and now - self._shown < 1:
            return
        self._stage, self._shown = stage, now
        share = f" {done:,}/{total:,}" if total else f" {done:,}" if done else ""
        self.say(f"  {stage}{share}")
