"""JSON documents as rows: what shops and services send by webhook or answer to a question.

Nested objects become columns with dots (`customer.email`); a list of lines (`line_items`) becomes a
row for each line, with what is said of the whole repeated beside it. Numbers keep their digits.
Pure: who sent a document, and what becomes of its rows, is not asked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import msgspec

from .errors import FileProblem
from .fields import Field, Kind, required_groups
from .mapping import Mapping, guess_mapping, matched
from .preview import Preview

MOST_COLUMNS = 500  # of one document; deeper and further ones stay JSON in one cell
MOST_DEPTH = 6
# How lists of lines are called, and where one stands below what a service wraps around it.
LINES = ("line_items", "lineItems", "lines", "order_lines", "orderLines", "order_items",
         "orderItems", "items", "products", "商品", "明细")  # fmt: skip
ENVELOPES = ("data", "payload", "order", "object", "resource", "body", "result")
# What is said of a line and not of the whole: a total of the order on each of its lines would count
# as often as it has lines.
_OF_LINES = frozenset({"sku", "product_name", "quantity", "unit_price", "amount"})
_OWN_NAMES = ("id", "number", "no", "code", "name")  # of the order itself, at its top
Row = dict[str, str]


class NotDocuments(FileProblem):
    """The text is not JSON, or holds no object where one is looked for."""

    code = "not_documents"

    def __init__(self) -> None:
        super().__init__(
            "内容不是 JSON 对象，无法作为数据读取。", "This is no JSON object that can be read."
        )


def read(text: bytes | str) -> object:
    """A JSON document with its numbers as they were written; raises `NotDocuments`."""
    try:
        return json.loads(text, parse_float=_Written, parse_int=_Written, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise NotDocuments from error


class _Written(str):
    """A number as it was written: 19.90 stays 19.90, and forty digits stay forty."""

    __slots__ = ()


def _refused(word: str) -> object:
    raise ValueError(word)  # NaN and Infinity are no JSON


def at(document: object, path: str) -> object:
    """What lies at a path of names and numbers with dots; the whole for an empty path.

    Raises `NotDocuments` where nothing lies there.
    """
    found = document
    for name in path.split(".") if path else ():
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise NotDocuments
    return found


def only_list(told: object) -> object:
    """The answer itself where it is a list, else its only one; raises `NotDocuments`."""
    if isinstance(told, list):
        return told
    found = lists_in(told)
    if len(found) != 1:
        raise NotDocuments
    return at(told, found[0])


def lists_in(told: object, prefix: str = "") -> list[str]:
    """Where lists lie in an answer, not deeper than three names."""
    if not isinstance(told, dict):
        return []
    found = []
    for name, value in told.items():
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            found.append(f"{prefix}{name}")
        elif isinstance(value, dict) and prefix.count(".") < 2:
            found += lists_in(value, f"{prefix}{name}.")
    return found


def lines_of(document: object) -> str:
    """The path of the list of lines in a document; empty where it has none."""
    if not isinstance(document, dict):
        return ""
    for prefix, inside in (("", document), *_wrapped(document)):
        for name in LINES:
            if _is_lines(inside.get(name)):
                return f"{prefix}{name}"
    return ""


def _wrapped(document: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    for name in ENVELOPES:
        inside = document.get(name)
        if isinstance(inside, dict):
            yield f"{name}.", inside
            yield from ((f"{name}.{deeper}", found) for deeper, found in _wrapped(inside))


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def rows_of(document: object, lines: str | None = None) -> list[Row]:
    """The rows of a document. `lines` is the path of its list of lines, empty for none, and None
    where it is to be found. What is null or empty is no cell."""
    if not isinstance(document, dict):
        raise NotDocuments
    path = lines_of(document) if lines is None else lines
    whole: Row = {}
    _flatten(document, "", whole, apart=path)
    found = _list_at(document, path)
    if not found:
        return [whole] if whole else []
    rows = []
    for one in found:
        row = dict(whole)
        _flatten(one, f"{path}.", row, apart="")
        rows.append(row)
    return rows


def _list_at(document: dict[str, object], path: str) -> list[dict[str, object]]:
    if not path:
        return []
    try:
        found = at(document, path)
    except NotDocuments:
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _flatten(inside: dict[str, object], prefix: str, row: Row, *, apart: str) -> None:
    """Cells of an object into `row`; the list at `apart` is left for rows of its own."""
    deep = prefix.count(".") >= MOST_DEPTH
    for key, value in inside.items():
        name = f"{prefix}{key}"
        if name == apart or value is None or value == "":
            continue
        if isinstance(value, dict) and not deep and len(row) + len(value) < MOST_COLUMNS:
            _flatten(value, f"{name}.", row, apart=apart)
        elif (text := _text(value)) and (name in row or len(row) < MOST_COLUMNS):
            row[name] = text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return msgspec.json.encode(value).decode() if value else ""


def as_lines(rows: Sequence[Row]) -> bytes:
    """Rows as a file of JSON lines, which is read like any other."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def guess(preview: Preview, **options: object) -> Mapping:
    """The likeliest mapping of rows that were documents: names are read with and without what they
    lie in, and what is said of the whole never fills a field of a line."""
    names = [column.name for column in preview.columns]
    lines = _lines_in(names)
    kind = Kind.ORDERS if lines else max(Kind, key=lambda one: _fit(names, one))
    plain = guess_mapping(preview, kind, **options)  # for its days, zones and currencies
    return msgspec.structs.replace(plain, columns=_columns(names, kind, lines), shop="")


def _columns(names: Sequence[str], kind: Kind, lines: str) -> dict[str, str]:
    spelled = [(name, _spellings(name, kind, lines)) for name in names]

    def may_fill(column: str, entry: Field) -> bool:
        return not lines or column.startswith(f"{lines}.") is (entry.name in _OF_LINES)

    return matched(spelled, kind, may_fill)


def _spellings(name: str, kind: Kind, lines: str) -> tuple[str, ...]:
    """How a column may be called, the likeliest first."""
    plain = name.removeprefix(f"{lines}.") if lines else name
    first, _, rest = plain.partition(".")
    while rest and first in ENVELOPES:
        plain, (first, _, rest) = rest, rest.partition(".")
    found = [plain]
    if kind is Kind.ORDERS and "." not in plain and plain in _OWN_NAMES:
        found.append(f"order {plain}")
    if "." in plain:
        found.append(plain.rpartition(".")[2])
    return tuple(found)


def _lines_in(names: Sequence[str]) -> str:
    """The list of lines that columns came from."""
    known = {f"{prefix}{name}" for prefix in _PREFIXES for name in LINES}
    inside = (name.rpartition(".")[0] for name in names)
    return next((found for found in inside if found in known), "")


_PREFIXES = ("", *(f"{one}." for one in ENVELOPES),
             *(f"{one}.{two}." for one in ENVELOPES for two in ENVELOPES))  # fmt: skip


def _fit(names: Sequence[str], kind: Kind) -> float:
    found = set(_columns(names, kind, "").values())
    groups = required_groups(kind)
    met = sum(not found.isdisjoint(entry.name for entry in group) for group in groups.values())
    return met / len(groups) + len(found) / 100
