"""The command line's two languages: chosen by --lang, ZHIYIN_LANG, or the terminal's locale."""

from __future__ import annotations

import os
from collections.abc import Sequence

_chinese = False


def choose_language(arguments: Sequence[str]) -> None:
    """Settle the language before anything is printed."""
    global _chinese
    wanted = ""
    for position, word in enumerate(arguments):
        if word == "--lang" and position + 1 < len(arguments):
            wanted = arguments[position + 1]
        elif word.startswith("--lang="):
            wanted = word.partition("=")[2]
    for name in ("ZHIYIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = wanted or os.environ.get(name, "")
    _chinese = wanted.lower().startswith("zh")


def t(zh: str, en: str) -> str:
    """The text in the chosen language."""
    return zh if _chinese else en


def is_chinese() -> bool:
    """Whether the chosen language is Chinese."""
    return _chinese
