"""Computes a checked formula for one row. Never raises: what has no answer is empty (None)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from zhiyin.formulas.functions import EXACT, FUNCTIONS, Value
from zhiyin.formulas.tree import Binary, Call, Literal, Name, Node, Unary

_SHIFT = Decimal(10) ** 12
_BACK = Decimal("0.000000000001")
_TEN_PLACES = Decimal("0.0000000001")


def evaluate(node: Node, row: Mapping[str, Value], *, today: date, zone: ZoneInfo) -> Value:
    """The formula's answer. An empty text is empty; numbers must be `Decimal`."""
    return _Row(row, today, zone).value(node)


def divided(left: Decimal, right: Decimal) -> Decimal | None:
    """Ten decimals, rounded half up from twelve: what PostgreSQL can be made to agree with."""
    if not right:
        return None
    whole = EXACT.divide_int(EXACT.multiply(left, _SHIFT), right)
    return EXACT.multiply(whole, _BACK).quantize(_TEN_PLACES, ROUND_HALF_UP, EXACT)


class _Row:
    def __init__(self, row: Mapping[str, Value], today: date, zone: ZoneInfo) -> None:
        self.row = row
        self.today = today
        self.zone = zone

    def value(self, node: Node) -> Value:
        match node:
            case Literal():
                return node.value
            case Name():
                found = self.row.get(node.field)
                return None if found == "" else found
            case Unary():
                return self._unary(node)
            case Binary(op="and" | "or"):
                return self._joint(node)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)

    def _unary(self, node: Unary) -> Value:
        item = self.value(node.item)
        if node.op == "not":
            return None if item is None else not item
        return EXACT.minus(item) if isinstance(item, Decimal) else None

    def _joint(self, node: Binary) -> Value:
        """SQL's three-valued logic: one that decides, decides; else unknown stays unknown."""
        decides = node.op == "or"
        left = self.value(node.left)
        if left is decides:
            return decides
        right = self.value(node.right)
        if right is decides:
            return decides
        return None if left is None or right is None else not decides

    def _binary(self, node: Binary) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if left is None or right is None:
            return None
        if isinstance(left, Decimal) and isinstance(right, Decimal):
            match node.op:
                case "+":
                    return EXACT.add(left, right)
                case "-":
                    return EXACT.subtract(left, right)
                case "*":
                    return EXACT.multiply(left, right)
                case "/":
                    return divided(left, right)
        return _compared(node.op, left, right)

    def _call(self, node: Call) -> Value:
        if node.function == "today":
            return self.today
        if node.function == "if":
            chosen = 1 if self.value(node.arguments[0]) is True else 2
            return self.value(node.arguments[chosen])
        function = FUNCTIONS[node.function]
        given = [self.value(each) for each in node.arguments]
        if function.strict and any(each is None for each in given):
            return None
        if node.function == "day_of":
            moment = given[0]
            return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else None
        return function.compute(*given)


def _compared(op: str, left: Value, right: Value) -> bool:
    if op == "=":
        return left == right
    if op == "!=":
        return left != right
    lower, higher = (left, right) if op in ("<", "<=") else (right, left)
    if op in ("<=", ">="):
        return lower <= higher  # type: ignore[operator]  # checked: both are of one ordered kind
    return lower < higher  # type: ignore[operator]
