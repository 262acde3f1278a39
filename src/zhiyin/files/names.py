"""What a file is called: text of a stranger, made fit to be shown and to be saved under.

Never used as a path: files lie under opaque names (store.py).
"""

from __future__ import annotations

import unicodedata

LONGEST = 180  # characters; file systems take 255 bytes
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, marks of direction, halves
_FORBIDDEN = frozenset('<>:"|?*')  # what Windows takes in no name
_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)


def tidy_name(given: str, otherwise: str) -> str:
    """The name as it is shown: NFC, without folders and without characters nobody sees.

    A mark that turns the direction of writing would let "exe" at the end read as "txt".
    """
    text = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    seen = "".join(
        "_" if letter in _FORBIDDEN else " " if unicodedata.category(letter) == "Zs" else letter
        for letter in text
        if unicodedata.category(letter) not in _HIDDEN
    )
    name = _shortened(" ".join(seen.split()).strip(". "))
    if not name:
        return otherwise
    return f"_{name}" if name.partition(".")[0].casefold() in _RESERVED else name


def ending_of(name: str) -> str:
    """The letters behind the last dot, in lower case; empty where there are none."""
    return name.rpartition(".")[2].casefold() if "." in name else ""


def _shortened(name: str) -> str:
    """At most so many characters, with the ending kept."""
    if len(name) <= LONGEST:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 12:
        return name[:LONGEST].rstrip(". ")
    return stem[: LONGEST - len(ending) - 1].rstrip(". ") + dot + ending
