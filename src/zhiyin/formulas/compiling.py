"""A checked formula as one PostgreSQL expression, its values beside it as parameters.

The text is made of columns that the application hands in and of words of this room; `%s` stands
where a value goes. Without `today()` the expression is immutable, so that it can have an index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from zhiyin.formulas.functions import FUNCTIONS
from zhiyin.formulas.problems import fault
from zhiyin.formulas.tree import Binary, Call, Kind, Literal, Name, Node, Unary

MAX_SQL = 20_000  # arguments may be repeated, so a small formula could become a large statement
Param = Decimal | str | bool | date

_TYPES = {Kind.NUMBER: "numeric", Kind.TEXT: "text", Kind.DATE: "date", Kind.BOOL: "boolean"}
_SIGNS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class Column:
    """How a field is written in SQL, of exactly its kind (numeric, text, date, timestamptz, …).

    `params` are the values of the `%s` in it; an empty text in the table must come out as NULL.
    """

    kind: Kind
    sql: str
    params: tuple[Param, ...] = ()


@dataclass(frozen=True)
class Statement:
    """An expression with `%s` where each of `params` goes, in this order."""

    sql: str
    params: tuple[Param, ...]
    kind: Kind

    def named(self, prefix: str) -> tuple[str, dict[str, Param]]:
        """The same with named placeholders, for a statement that has others."""
        parts = self.sql.split("%s")
        names = [f"{prefix}{number}" for number in range(len(self.params))]
        text = parts[0] + "".join(
            f"%({name})s{part}" for name, part in zip(names, parts[1:], strict=True)
        )
        return text, dict(zip(names, self.params, strict=True))


def compile_sql(
    node: Node, columns: Mapping[str, Column], *, today: date, zone: ZoneInfo
) -> Statement:
    """The expression; raises `FormulaError` where it would become too long."""
    made = _Writer(columns, today, zone).write(node)
    if len(made.sql) > MAX_SQL:
        raise fault(
            node.at.start,
            node.at.end,
            "公式太复杂，数据库算不动",
            "the formula is too large to compute",
        )
    return made


class _Writer:
    def __init__(self, columns: Mapping[str, Column], today: date, zone: ZoneInfo) -> None:
        self.columns = columns
        self.today = today
        self.zone = zone

    def write(self, node: Node) -> Statement:
        match node:
            case Literal():
                return _value(node.value, node.kind)
            case Name():
                column = self.columns[node.field]
                return Statement(column.sql, column.params, column.kind)
            case Unary():
                item = self.write(node.item)
                return Statement(f"({node.op} {item.sql})", item.params, item.kind)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)

    def _binary(self, node: Binary) -> Statement:
        left, right = self.write(node.left), self.write(node.right)
        params = left.params + right.params
        if node.op == "/":
            sql = (
                f"round(div({left.sql} * 1000000000000, nullif({right.sql}, 0))"
                " * 0.000000000001, 10)"
            )
            return Statement(sql, params, Kind.NUMBER)
        if node.op in _SIGNS:
            # the order of code points, whatever the database's language: as Python compares
            order = ' collate "C"' if left.kind is Kind.TEXT else ""
            sql = f"({left.sql}{order} {_SIGNS[node.op]} {right.sql}{order})"
            return Statement(sql, params, Kind.BOOL)
        return Statement(f"({left.sql} {node.op} {right.sql})", params, left.kind)

    def _call(self, node: Call) -> Statement:
        given = [self.write(each) for each in node.arguments]
        if node.function == "today":
            return _value(self.today, Kind.DATE)
        if node.function == "is_empty":
            return _empty(given[0])
        if node.function == "day_of":
            sql = f"({given[0].sql} at time zone %s)::date"
            return Statement(sql, (*given[0].params, self.zone.key), Kind.DATE)
        function = FUNCTIONS[node.function]
        kind = function.result or given[-1].kind
        return _filled(function.sql, given, kind)


def _value(value: Param, kind: Kind) -> Statement:
    return Statement(f"%s::{_TYPES[kind]}", (value,), kind)


def _empty(item: Statement) -> Statement:
    if item.kind is Kind.TEXT:
        return Statement(f"(coalesce({item.sql}, '') = '')", item.params, Kind.BOOL)
    return Statement(f"({item.sql} is null)", item.params, Kind.BOOL)


def _filled(pattern: str, given: Sequence[Statement], kind: Kind) -> Statement:
    """The pattern with its arguments in place, their parameters as often as they stand there."""
    sql: list[str] = []
    params: list[Param] = []
    rest = pattern.replace("{all}", ", ".join(f"{{{number}}}" for number in range(len(given))))
    while "{" in rest:
        before, _, after = rest.partition("{")
        number, _, rest = after.partition("}")
        argument = given[int(number)]
        sql += [before, argument.sql]
        params += argument.params
    return Statement(f"({''.join(sql)}{rest})", tuple(params), kind)
