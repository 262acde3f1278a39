"""Every word that this room shows is in the Chinese catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

import zhiyin.accounts

ROOM = Path(zhiyin.accounts.__file__).parent
IN_TEMPLATES = re.compile(r'{% translate "(?P<text>.+?)"(?: context "(?P<context>.+?)")? %}')
IN_CODE = re.compile(
    r'(?<![\w.])(?:_|pgettext_lazy)\(\s*(?:"(?P<context>[^"]+)",\s*)?"(?P<text>[^"]+)"'
)


def test_every_word_has_its_chinese() -> None:
    with (ROOM / "locale/zh_Hans/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans")
    missing = []
    for pattern, kind in ((IN_TEMPLATES, "*.html"), (IN_CODE, "*.py")):
        for path in sorted(ROOM.rglob(kind)):
            for found in pattern.finditer(path.read_text(encoding="utf-8")):
                message = catalogue.get(found["text"], found["context"])
                if message is None or not message.string:
                    missing.append((path.name, found["text"], found["context"]))
    assert missing == []
