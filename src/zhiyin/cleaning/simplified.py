"""Traditional Chinese as simplified, for comparing and reading; never for what is shown.

A person's name is shown as they write it. OpenCC's `t2s` maps letter by letter and by phrase
(乾隆 stays, 乾燥 is 干燥), which a table of single letters cannot.
"""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

_HANZI = re.compile(r"[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff]")


def to_simplified(text: str) -> str:
    """`text` with traditional hanzi as simplified ones; the rest as it was."""
    return _converter().convert(text) if _HANZI.search(text) else text


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")
