"""Cuts a style sheet to the rules whose classes occur in our sources.

Tabler's is eight times as large as what our screens use of it, and the first paint waits for it. A
rule stays when each class in its selector is a word of some template, script or Python file;
classes inside :not(), :is() and :where() are not asked for. Needs neither Django nor npm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
_FUNCTION = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'|url\([^)\"']*\)")
_NESTING = ("@media", "@supports", "@layer", "@container")


def sources(root: Path) -> Iterator[Path]:
    """The files in which a class could be named."""
    for pattern in ("*.html", "*.py", "*.js"):
        yield from (path for path in root.rglob(pattern) if "vendor" not in path.parts)


def named_in(root: Path) -> set[str]:
    """Every word of our sources that could be the name of a class."""
    words: set[str] = set()
    for path in sources(root):
        words.update(_WORD.findall(path.read_text(encoding="utf-8")))
    return words


def kept(css: str, words: set[str]) -> str:
    """The style sheet without the rules that nothing of ours can match."""
    return "".join(_rules(_COMMENT.sub("", css), words))


def _rules(css: str, words: set[str]) -> Iterator[str]:
    at = 0
    while at < len(css):
        end = _next(css, at, "{;}")
        if end >= len(css):
            break
        head = css[at:end].strip()
        if css[end] != "{":
            if head:
                yield f"{head};"
            at = end + 1
            continue
        close = _closing(css, end)
        body = css[end + 1 : close]
        at = close + 1
        if head.startswith(_NESTING):
            inner = "".join(_rules(body, words))
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        elif selectors := [one for one in _split(head) if _wanted(one, words)]:
            yield f"{','.join(selectors)}{{{body}}}"


def _wanted(selector: str, words: set[str]) -> bool:
    return all(name in words for name in _CLASS.findall(_FUNCTION.sub("", selector)))


def _split(head: str) -> Iterator[str]:
    """Selectors of a list; a comma inside brackets does not part them."""
    depth, start = 0, 0
    for i, letter in enumerate(head):
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == "," and depth == 0:
            yield head[start:i].strip()
            start = i + 1
    yield head[start:].strip()


def _next(css: str, at: int, signs: str) -> int:
    """Where the next of these signs is, outside of strings and addresses."""
    while at < len(css):
        if css[at] in signs:
            return at
        found = _STRING.match(css, at) if css[at] in "\"'u" else None
        at = found.end() if found else at + 1
    return at


def _closing(css: str, opened: int) -> int:
    depth, at = 0, opened
    while at < len(css):
        depth += {"{": 1, "}": -1}[css[at]]
        if depth == 0:
            return at
        at = _next(css, at + 1, "{}")
    return at
