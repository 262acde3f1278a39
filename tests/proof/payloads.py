"""What people who mean harm, and people who mean none, type into fields.

Each payload is short enough for a name, says what it tries, and is a text like any other: it is to
be kept as typed, or refused with a reason; it never runs and is never silently cut.
"""

from __future__ import annotations

import unicodedata

from zhiyin.cleaning.words import tidy

# Were one of these evaluated, this number would stand where they stood.
PRODUCT = "62615533"  # 7919 × 7907

PAYLOADS: dict[str, str] = {
    "script": "<script>window.__pwned=1;alert(1)</script>",
    "handler": '"><img src=x onerror=window.__pwned=2>',
    "svg": "<svg/onload=window.__pwned=3>",
    "attribute": "' autofocus onfocus=window.__pwned=4 x='",
    "address": "javascript:window.__pwned=5",
    "closes a script": "</script><script>window.__pwned=6</script>",
    "closes a textarea": "</textarea></title><b onclick=alert(1)>",
    "template": "{{ 7919*7907 }}",
    "template tag": "{% debug %}{# x #}",
    "liquid filter": "{{ 7919 | times: 7907 }}",
    "jinja": "{{ self.__init__.__globals__ }}",
    "dollar": "${7919*7907}#{7919*7907}",
    "formula": "=1+cmd|' /C calc'!A0",
    "formula with plus": "+7919*7907",
    "formula with minus": "-7919*7907",
    "formula with at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula after a tab": "\t=7919*7907",
    "formula after a return": "\r=7919*7907",
    "sql": "'; drop table customers_customer; --",
    "sql or": "' or 1=1 -- \\",
    "percent": "%s %(x)s %n {0} {x}",
    "right to left": "evil\u202etxt.exe",
    "no width": "zero\u200bwidth\u200djoin\ufeff",
    "hanzi": "𠮷野家𪚥龘 ｶﾅ ﬁ ①",
    "decomposed": "Cafe\u0301 A\u030angstro\u0308m",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽",
    "header": "x\r\nSet-Cookie: pwned=1\r\n\r\n<b>",
    "path": "../../../../etc/passwd",
    "windows path": "..\\..\\boot.ini",
    "attribute of a class": "__class__.__mro__[1].__subclasses__()",
    "lookup": "owner__password__startswith",
    "null word": "NULL None undefined NaN",
}
# What no column can hold: to be refused or cleaned, never a broken server.
UNKEEPABLE: dict[str, str] = {
    "nul": "a\x00b",
    "long": "长" * 33_000 + "x" * 2_000,
    "spaces": " \u3000\t ",
}


def kept_as(text: str) -> set[str]:
    """The texts that are the same as this one: composed, and tidied as short words are."""
    composed = unicodedata.normalize("NFC", text)
    lines = composed.replace("\r\n", "\n").replace("\r", "\n")
    return {composed, composed.strip(), lines, lines.strip(), tidy(text), tidy(lines)}
