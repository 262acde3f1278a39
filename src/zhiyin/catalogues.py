"""Compile the translation catalogues (.po to .mo) with Babel, so that no gettext is needed.

`python -m zhiyin.catalogues` compiles what is missing or older than its source.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent


def compile_all(root: Path = ROOT) -> list[Path]:
    """Write the .mo beside each .po that changed; returns what was written."""
    written = []
    for source in sorted(root.glob("**/locale/*/LC_MESSAGES/django.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        with target.open("wb") as file:
            write_mo(file, catalogue)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in compile_all():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
