"""From words to a tree, by the strength of each operator (Pratt's method).

Depth and size are bounded. From weak to strong:

or  <  and  <  not  <  = != < <= > >=  <  + -  <  * /  <  -x
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from zhiyin.formulas.problems import fault, printable
from zhiyin.formulas.reading import Token, Word, read
from zhiyin.formulas.tree import Binary, Call, Literal, Name, Node, Place, Unary

MAX_DEPTH = 30
MAX_NODES = 200

_STRENGTH = {
    "or": 1, "and": 2, "=": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6,
}  # fmt: skip
_NOT, _COMPARISON, _MINUS = 3, 4, 7
_SAME = {"==": "=", "<>": "!="}
_RESERVED = ("and", "or", "not", "true", "false")


def parse(source: str) -> Node:
    """The tree of a formula; raises `FormulaError`."""
    parser = _Parser(read(source))
    node = parser.expression(0, 0)
    parser.expect_end()
    return node


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.nodes = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def expression(self, strength: int, depth: int) -> Node:
        """What binds at least as strongly as `strength`."""
        left = self.first(depth)
        height, compared = depth, False
        while True:
            op = self._operator()
            found = _STRENGTH.get(op, 0)
            if found <= strength:
                return left
            token = self.take()
            if found == _COMPARISON and compared:
                raise fault(
                    token.start, token.end, "比较不能连写，请用 and 连接",
                    "comparisons do not chain; join them with “and”",
                )  # fmt: skip
            compared = found == _COMPARISON
            height += 1  # a long chain leans to the left, and is as deep as it is long
            self._bounded(token, height)
            right = self.expression(found, depth + 1)
            left = Binary(op, left, right, Place(left.at.start, right.at.end))

    def first(self, depth: int) -> Node:
        """A value, a field, a call, a bracket, or something turned round."""
        token = self.take()
        self._bounded(token, depth)
        place = Place(token.start, token.end)
        word = token.text.lower()
        if token.word is Word.NUMBER:
            return Literal(Decimal(token.text), place)
        if token.word is Word.TEXT:
            return Literal(token.text, place)
        if token.word is Word.NAME and word in ("true", "false"):
            return Literal(word == "true", place)
        if token.word is Word.NAME and word == "not":
            item = self.expression(_NOT, depth + 1)
            return Unary("not", item, Place(token.start, item.at.end))
        if token.text == "-" and token.word is Word.SIGN:
            item = self.expression(_MINUS, depth + 1)
            return Unary("-", item, Place(token.start, item.at.end))
        if token.text == "(" and token.word is Word.SIGN:
            inside = self.expression(0, depth + 1)
            self._close(token)
            return inside
        if token.word is Word.NAME and word not in _RESERVED:
            return self._called(token, depth) if self.next.text == "(" else Name(token.text, place)
        raise _unexpected(token)

    def _called(self, name: Token, depth: int) -> Node:
        opening = self.take()
        arguments: list[Node] = []
        if not self._is_sign(")"):
            arguments.append(self.expression(0, depth + 1))
            while self._is_sign(","):
                self.take()
                arguments.append(self.expression(0, depth + 1))
        end = self._close(opening).end
        place = Place(name.start, end)
        if name.text.lower() == "date":
            return Literal(_day(arguments, place), place)
        return Call(name.text.lower(), tuple(arguments), place)

    def _operator(self) -> str:
        token = self.next
        if token.word is Word.NAME:
            return token.text.lower()
        return _SAME.get(token.text, token.text) if token.word is Word.SIGN else ""

    def _is_sign(self, sign: str) -> bool:
        return self.next.word is Word.SIGN and self.next.text == sign

    def _close(self, opening: Token) -> Token:
        if not self._is_sign(")"):
            if self.next.word is Word.END:
                raise fault(
                    opening.start, opening.end, "括号没有合上", "this bracket is never closed"
                )
            raise _unexpected(self.next)
        return self.take()

    def expect_end(self) -> None:
        """Nothing may follow the expression."""
        if self.next.word is not Word.END:
            raise _unexpected(self.next)

    def _bounded(self, token: Token, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise fault(
                token.start, token.end, f"公式太复杂，最多 {MAX_DEPTH} 层、{MAX_NODES} 项",
                f"the formula is too large: at most {MAX_DEPTH} levels and {MAX_NODES} parts",
            )  # fmt: skip


def _day(arguments: list[Node], place: Place) -> date:
    numbers = [each.value for each in arguments if isinstance(each, Literal)]
    whole = [int(n) for n in numbers if isinstance(n, Decimal) and n == n.to_integral_value()]
    try:
        if len(arguments) == len(whole) == 3:
            return date(*whole)
    except (ValueError, OverflowError):
        pass
    raise fault(
        place.start, place.end, "日期要写成 date(2026, 5, 1) 这样",
        "a day is written as date(2026, 5, 1)",
    )  # fmt: skip


def _unexpected(token: Token) -> Exception:
    if token.word is Word.END:
        return fault(token.start, token.end, "公式还没写完", "the formula ends too early")
    piece = printable(token.text)
    return fault(
        token.start, token.end, f"这里不该有「{piece}」", f"“{piece}” does not belong here"
    )
