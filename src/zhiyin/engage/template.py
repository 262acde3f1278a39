"""Messages with placeholders: Liquid, cut down to what a letter needs.

Only `if`, `unless`, `case` and comments; few filters; no includes, no loops. What a template may
name is the catalogue below, with values of the recipient alone. A placeholder without a value and
without `default` is no empty space in the letter: it raises, and the person is not written to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from liquid import Environment, FalsyStrictUndefined, Mode
from liquid.exceptions import LiquidError, UndefinedError

Text = Mapping[str, str]
LONGEST = 20_000  # characters of a rendered message
_TAGS = {"if", "unless", "case", "comment", "#", "content", "output", "illegal"}
_FILTERS = {"default", "upcase", "downcase", "capitalize", "strip", "truncate", "round"}
_ADDRESS = re.compile(r"https?://[^\s<>\"'，。；！？、）】》]+")


@dataclass(frozen=True)
class Placeholder:
    """Something about the recipient that a message may say."""

    name: str
    label: Text
    example: Text


PLACEHOLDERS = {
    one.name: one
    for one in (
        Placeholder(
            "name", {"zh": "姓名", "en": "Name"}, {"zh": "林静姝", "en": "Sarah Whitfield"}
        ),
        Placeholder(
            "first_name", {"zh": "称呼", "en": "First name"}, {"zh": "林静姝", "en": "Sarah"}
        ),
        Placeholder(
            "last_order_date",
            {"zh": "上次购买", "en": "Last order"},
            {"zh": "8 月 14 日", "en": "14 August"},
        ),
        Placeholder(
            "favourite_product",
            {"zh": "常买商品", "en": "Favourite product"},
            {"zh": "凤凰单丛", "en": "Ceramic teapot"},
        ),
        Placeholder("orders", {"zh": "订单数", "en": "Orders"}, {"zh": "7", "en": "7"}),
        Placeholder("tier", {"zh": "会员等级", "en": "Tier"}, {"zh": "黄金", "en": "Gold"}),
        Placeholder("city", {"zh": "城市", "en": "City"}, {"zh": "杭州", "en": "Leeds"}),
    )
}


class MissingValueError(ValueError):
    """A placeholder has no value for this person; `placeholder` says which."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(f"no value for {placeholder}")
        self.placeholder = placeholder


@dataclass(frozen=True)
class Fault:
    """What is wrong with a template, in both languages, and in which line."""

    line: int
    zh: str
    en: str


class _Sandbox(Environment):
    output_stream_limit = LONGEST * 4  # bytes
    loop_iteration_limit = 1
    local_namespace_limit = 10_000
    context_depth_limit = 8
    block_nesting_limit = 8


def _sandbox() -> _Sandbox:
    made = _Sandbox(undefined=FalsyStrictUndefined, tolerance=Mode.STRICT)
    made.tags = {name: tag for name, tag in made.tags.items() if name in _TAGS}
    made.filters = {name: run for name, run in made.filters.items() if name in _FILTERS}
    return made


_ENVIRONMENT = _sandbox()


@lru_cache(maxsize=256)
def _parsed(source: str) -> Any:
    return _ENVIRONMENT.from_string(source)


def faults(source: str) -> list[Fault]:
    """Everything that keeps a template from being used; empty where it can be."""
    if len(source) > LONGEST:
        return [Fault(1, f"正文超过 {LONGEST:,} 字", f"Longer than {LONGEST:,} characters")]
    try:
        used = _parsed(source).analyze()
        unknown = _unknown(source, used)
        if not unknown:
            _parsed(source).render(
                **{name: one.example["en"] for name, one in PLACEHOLDERS.items()}
            )
    except LiquidError as error:
        return [_syntax(error)]
    return unknown


def _unknown(source: str, used: Any) -> list[Fault]:
    """Names that are in no catalogue of ours: placeholders and filters."""
    found = [
        Fault(
            _line(source, where.span.index),
            f"没有「{where}」这个占位符",
            f"There is no placeholder called “{where}”",
        )
        for uses in used.globals.values()
        for where in uses
        if str(where) not in PLACEHOLDERS
    ]
    return found + [
        Fault(
            _line(source, uses[0].index), f"没有「{name}」这个写法", f"There is no filter “{name}”"
        )
        for name, uses in used.filters.items()
        if name not in _FILTERS
    ]


def placeholders(*sources: str) -> set[str]:
    """The placeholders that templates use; of a template with faults none."""
    return {
        name
        for source in sources
        if source and not faults(source)
        for name in _parsed(source).analyze().globals
    }


def render(source: str, values: Mapping[str, str]) -> str:
    """The message for one person; raises `MissingValueError` where a value is wanted and absent."""
    try:
        return str(_parsed(source).render(**{name: text for name, text in values.items() if text}))
    except UndefinedError as error:
        found = re.search(r"'([\w.]+)' is undefined", str(error))
        raise MissingValueError(found[1] if found else "?") from error
    except LiquidError as error:  # a value that a filter cannot take
        raise MissingValueError(_syntax(error).en[:80]) from error


def one_line(text: str) -> str:
    """Text for a header: no line breaks, no control characters, at most 300 characters."""
    kept = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(kept.split())[:300]


def to_html(text: str) -> SafeString:
    """A plain message as HTML: paragraphs, line breaks and links; every character escaped."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return mark_safe("\n".join(f"<p>{_linked(block)}</p>" for block in blocks))  # noqa: S308


def _linked(block: str) -> str:
    parts, end = [], 0
    for found in _ADDRESS.finditer(block):
        link = found[0].rstrip(".,;:!?)")
        parts += [
            escape(block[end : found.start()]),
            f'<a href="{escape(link)}">{escape(link)}</a>',
        ]
        end = found.start() + len(link)
    parts.append(escape(block[end:]))
    return "".join(parts).replace("\n", "<br>\n")


def _syntax(error: LiquidError) -> Fault:
    context = error.context()
    said = str(error.message or error).splitlines()[0]
    return Fault(context[0] if context else 1, f"写法不对：{said}", f"Not understood: {said}")


def _line(source: str, index: int) -> int:
    return source.count("\n", 0, max(0, index)) + 1
