"""Text without a signature: which alphabet, and whether a browser would take it for a page."""

from __future__ import annotations

import codecs
import re

# Control characters that no text holds (tab, line feed, form feed, return and escape are common).
_BINARY = frozenset(range(0x20)) - frozenset(b"\t\n\f\r\x1b")
_MARKUP = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|svg|object|embed|img|a|div|style|base|meta"
    rb"|form|table|title|font|link|br|p|h1|!--)[\s/>]",
    re.IGNORECASE,
)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|script|iframe|object|embed)[\s/>]", re.IGNORECASE)
_SVG = re.compile(rb"<(?:[a-z_][\w.-]*:)?svg[\s/>]", re.IGNORECASE)
_XML = re.compile(rb"<\?xml\s", re.IGNORECASE)
_SCRIPT = re.compile(rb"<\?(?:php|=)", re.IGNORECASE)


def text_kind(head: bytes, whole: bool) -> str | None:
    """The key of the kind of text this is; None where it is none. `whole`: nothing follows."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _wide(head)
    if _BINARY & frozenset(head):
        return None
    charset = next((name for name in ("utf-8", "gb18030") if _reads(head, name, whole)), None)
    if charset is None:
        return None
    return _active(head) or ("text" if charset == "utf-8" else charset)


def _wide(head: bytes) -> str | None:
    even = head[: len(head) // 2 * 2]
    try:
        text = even.decode("utf-16", "strict")
    except UnicodeDecodeError as error:
        if error.end < len(even) - 2:  # only half of a pair at the very end may be missing
            return None
        text = even.decode("utf-16", "ignore")
    if any(ord(letter) in _BINARY for letter in text):
        return None
    return _active(text.encode("utf-8", "replace")) or "text16"


def _reads(head: bytes, charset: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(charset)().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _active(head: bytes) -> str | None:
    """What a browser or a shell would make of it; text that begins otherwise stays text.

    A page is known by how it begins, as browsers do, and by a tag that runs anywhere near: a CSV
    with a tag in a cell stays text only where the tag runs nothing.
    """
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _SCRIPT.search(head):
        return "script"
    if _SVG.search(head):
        return "svg"
    if _PAGE.search(head) or _MARKUP.match(start):
        return "html"
    return "xml" if _XML.match(start) else None
