"""What kind a formula is, and what is wrong with it.

A moment becomes its day where a day is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from zhiyin.formulas.functions import FUNCTIONS, Function
from zhiyin.formulas.parsing import parse
from zhiyin.formulas.problems import FormulaError, fault, printable
from zhiyin.formulas.tree import Binary, Call, Kind, Literal, Name, Node, Unary

_KINDS = {
    Kind.NUMBER: ("数字", "a number"),
    Kind.TEXT: ("文本", "a text"),
    Kind.DATE: ("日期", "a day"),
    Kind.MOMENT: ("时刻", "a moment"),
    Kind.BOOL: ("是非", "true or false"),
}
_ORDERED = (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.MOMENT)


@dataclass(frozen=True)
class Checked:
    """A formula that can be computed: its tree, and the kind of its answer."""

    node: Node
    kind: Kind


def check(source: str, fields: Mapping[str, Kind]) -> Checked:
    """Read a formula over these fields; raises `FormulaError`."""
    return _checked(parse(source), fields)


def _checked(node: Node, fields: Mapping[str, Kind]) -> Checked:
    match node:
        case Literal():
            return Checked(node, node.kind)
        case Name():
            if node.field not in fields:
                name = printable(node.field)
                raise _at(node, f"没有字段「{name}」", f"there is no field “{name}”")
            return Checked(node, fields[node.field])
        case Unary():
            wanted = Kind.NUMBER if node.op == "-" else Kind.BOOL
            item = _as(wanted, _checked(node.item, fields))
            return Checked(Unary(node.op, item, node.at), wanted)
        case Binary():
            return _binary(node, fields)
        case Call():
            return _call(node, fields)


def _binary(node: Binary, fields: Mapping[str, Kind]) -> Checked:
    left, right = _checked(node.left, fields), _checked(node.right, fields)
    if node.op in ("and", "or"):
        wanted = result = Kind.BOOL
    elif node.op in "+-*/":
        wanted = result = Kind.NUMBER
        if node.op in "+-" and {left.kind, right.kind} & {Kind.DATE, Kind.MOMENT}:
            raise _at(
                node, "日期加减请用 add_days 或 days_between",
                "days are added with add_days and compared with days_between",
            )  # fmt: skip
    else:
        wanted, result = _common([left, right], node), Kind.BOOL
        if node.op not in ("=", "!=") and wanted not in _ORDERED:
            raise _at(node, "是非值没有大小", "true and false have no order")
    return Checked(Binary(node.op, _as(wanted, left), _as(wanted, right), node.at), result)


def _call(node: Call, fields: Mapping[str, Kind]) -> Checked:
    function = FUNCTIONS.get(node.function)
    if function is None:
        name = printable(node.function)
        raise _at(node, f"没有函数「{name}」", f"there is no function “{name}”")
    given = [_checked(each, fields) for each in node.arguments]
    if function.name == "if":
        return _choice(node, given)
    if function.name == "is_empty":
        _count(node, len(given), 1)
        return Checked(Call("is_empty", (given[0].node,), node.at), Kind.BOOL)
    if function.repeats():
        return _repeated(node, function, given)
    _count(node, len(given), len(function.kinds))
    arguments = tuple(_as(kind, one) for kind, one in zip(function.kinds, given, strict=True))
    if function.fixed_last is not None:
        _fixed(function, arguments[-1])
    if function.result is None:
        raise AssertionError("a function without repeated arguments says what it gives")
    return Checked(Call(function.name, arguments, node.at), function.result)


def _choice(node: Call, given: list[Checked]) -> Checked:
    _count(node, len(given), 3)
    kind = _common(given[1:], node)
    arguments = (_as(Kind.BOOL, given[0]), _as(kind, given[1]), _as(kind, given[2]))
    return Checked(Call("if", arguments, node.at), kind)


def _repeated(node: Call, function: Function, given: list[Checked]) -> Checked:
    if not given:
        raise _at(node, "至少要一个参数", "at least one argument is needed")
    kind = _common(given, node)
    if kind is Kind.MOMENT and kind not in function.same:
        kind = Kind.DATE
    if kind not in function.same:
        wanted = _KINDS[function.same[0]]
        raise _at(node, f"{function.name} 要用{wanted[0]}", f"{function.name} takes {wanted[1]}")
    return Checked(Call(function.name, tuple(_as(kind, one) for one in given), node.at), kind)


def _fixed(function: Function, argument: Node) -> None:
    low, high = function.fixed_last or (0, 0)
    value = argument.value if isinstance(argument, Literal) else None
    if isinstance(value, Decimal) and value == int(value) and low <= value <= high:
        return
    raise _at(
        argument, f"{function.name} 的位数要写成 {low} 到 {high} 的整数",
        f"the last argument of {function.name} is a whole number from {low} to {high}",
    )  # fmt: skip


def _count(node: Call, given: int, wanted: int) -> None:
    if given != wanted:
        raise _at(
            node, f"{node.function} 要 {wanted} 个参数，现在有 {given} 个",
            f"{node.function} takes {wanted} arguments, not {given}",
        )  # fmt: skip


def _common(given: list[Checked], node: Node) -> Kind:
    """The one kind of all; a moment beside a day counts as its day."""
    kinds = {each.kind for each in given}
    if kinds == {Kind.DATE, Kind.MOMENT}:
        return Kind.DATE
    if len(kinds) > 1:
        first, other = given[0].kind, next(e.kind for e in given if e.kind is not given[0].kind)
        raise _at(
            node, f"{_KINDS[first][0]}和{_KINDS[other][0]}不能放在一起",
            f"{_KINDS[first][1]} and {_KINDS[other][1]} do not go together",
        )  # fmt: skip
    return kinds.pop()


def _as(wanted: Kind, given: Checked) -> Node:
    if given.kind is wanted:
        return given.node
    if wanted is Kind.DATE and given.kind is Kind.MOMENT:
        return Call("day_of", (given.node,), given.node.at)
    raise _at(
        given.node, f"这里要{_KINDS[wanted][0]}，不是{_KINDS[given.kind][0]}",
        f"{_KINDS[wanted][1]} is needed here, not {_KINDS[given.kind][1]}",
    )  # fmt: skip


def _at(node: Node, zh: str, en: str) -> FormulaError:
    return fault(node.at.start, node.at.end, zh, en)
