"""Finds every text that a room hands to gettext, in its templates and its Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Lexer, TokenType
from django.utils.text import smart_split
from django.utils.translation import trim_whitespace

FUNCTIONS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}


def of_python(source: str) -> Iterator[str]:
    """Constant texts in calls of gettext and its kin."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in FUNCTIONS:
            continue
        at = 1 if name == "pgettext" else 0
        text = node.args[at] if len(node.args) > at else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text.value


def of_template(source: str) -> Iterator[str]:
    """Texts of translate and blocktranslate; variables as gettext knows them, %(name)s."""
    block: list[str] | None = None
    trimmed = False
    for token in Lexer(source).tokenize():
        words = list(smart_split(token.contents)) if token.token_type is TokenType.BLOCK else []
        tag = words[0] if words else ""
        if block is not None:
            if tag.startswith("endblocktrans"):
                text = "".join(block)
                yield trim_whitespace(text) if trimmed else text
                block = None
            elif tag == "plural":
                text = "".join(block)
                yield trim_whitespace(text) if trimmed else text
                block = []
            elif token.token_type is TokenType.VAR:
                block.append(f"%({token.contents})s")
            elif token.token_type is TokenType.TEXT:
                block.append(token.contents.replace("%", "%%"))
        elif tag in {"blocktranslate", "blocktrans"}:
            block, trimmed = [], "trimmed" in words
        elif tag in {"translate", "trans"} and re.match(r"""^["']""", words[1]):
            text = words[1][1:-1].replace(f"\\{words[1][0]}", words[1][0])
            yield text.replace("%", "%%")
        else:
            yield from re.findall(r"""_\("([^"]+)"\)""", token.contents if words else "")


def of_room(room: Path) -> set[str]:
    """Everything a room says."""
    found: set[str] = set()
    for path in room.rglob("*.py"):
        found.update(of_python(path.read_text(encoding="utf-8")))
    for path in room.rglob("*.html"):
        found.update(of_template(path.read_text(encoding="utf-8")))
    return found
