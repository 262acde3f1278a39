"""From text to words: numbers, texts, names, signs. Chinese signs are read as their twins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from zhiyin.formulas.problems import fault, printable

MAX_LENGTH = 1000
_TWINS = str.maketrans("（），＋－＊／＝＜＞×÷", "(),+-*/=<>*/")
_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,10})?(?![\w.])", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}(?!\w)")
_SIGN = re.compile(r"<=|>=|!=|<>|==|[-+*/=<>(),]")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "＂": "＂"}


class Word(Enum):
    """What sort of word it is."""

    NUMBER = auto()
    TEXT = auto()
    NAME = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True)
class Token:
    """One word and where it stands."""

    word: Word
    text: str
    start: int
    end: int


def read(source: str) -> list[Token]:
    """The words of a formula, the end being one; raises `FormulaError`."""
    if len(source) > MAX_LENGTH:
        raise fault(
            MAX_LENGTH, len(source), f"公式最多 {MAX_LENGTH} 个字符",
            f"a formula has at most {MAX_LENGTH} characters",
        )  # fmt: skip
    plain = source.translate(_TWINS)
    tokens: list[Token] = []
    at = 0
    while at < len(plain):
        if space := _SPACE.match(plain, at):
            at = space.end()
            continue
        token = _text(source, at) if source[at] in _QUOTES else _word(plain, at)
        tokens.append(token)
        at = token.end
    tokens.append(Token(Word.END, "", len(source), len(source)))
    return tokens


def _text(source: str, at: int) -> Token:
    """A quoted text; its closing mark inside is written twice. What it holds stays as typed."""
    quote, pieces, begin = _QUOTES[source[at]], "", at + 1
    while True:
        end = source.find(quote, begin)
        if end < 0:
            raise fault(at, len(source), "文本缺少后引号", "the text has no closing quotation mark")
        pieces += source[begin:end]
        if source[end + 1 : end + 2] != quote:
            break
        pieces += source[end]
        begin = end + 2
    if "\x00" in pieces:
        raise fault(
            at, end + 1, "文本里有不可用的字符", "the text holds a character that cannot be kept"
        )
    return Token(Word.TEXT, pieces, at, end + 1)


def _word(plain: str, at: int) -> Token:
    for word, pattern in ((Word.NUMBER, _NUMBER), (Word.NAME, _NAME), (Word.SIGN, _SIGN)):
        if found := pattern.match(plain, at):
            return Token(word, found.group(), at, found.end())
    bad = re.compile(r"\w+|.", re.DOTALL).match(plain, at)
    piece = bad.group() if bad else plain[at]
    raise fault(
        at,
        at + len(piece),
        f"读不懂「{printable(piece)}」",
        f"“{printable(piece)}” cannot be read here",
    )
