"""What stood in a cell before it was cleaned, and the rule that changed it.

Only where the two differ: a row carries its changed cells as one JSON object, field → [original,
rule], and most rows carry none. For the report a few examples of each rule are kept beside the
import; whole originals travel with their row to where that row lives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from . import mended
from .report import Rule

WAS = pa.field("was", pa.string())  # the column of a cleaned table
EXAMPLES = 200  # cells of each rule and field that the report shows
CHANGED = pa.schema(
    [
        ("row_number", pa.int64()),
        ("field", pa.string()),
        ("original", pa.string()),
        ("value", pa.string()),
        ("rule", pa.string()),
    ]
)
_STANDARD_TIME = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"
_PLAIN_NUMBER = r"^-?\d+(\.\d+)?$"
_TO_ESCAPE = r'[\x00-\x1f"\\]'


class Original(NamedTuple):
    """A cell as it came, and the rule by which it became what it is (or was left out)."""

    text: str
    rule: str


class Originals:
    """Gathers the changed cells of one batch; `shown` are examples for the report."""

    def __init__(self, row_numbers: pa.Array) -> None:
        self._row_numbers = row_numbers
        self._pieces: list[pa.Array] = []
        self._noted: dict[str, pa.Array] = {}
        self.shown: list[pa.Table] = []

    def note(
        self, field: str, written: pa.Array, values: pa.Array, mask: pa.Array, rule: Rule
    ) -> None:
        """The cells of a field in `mask` were `written` so; the first rule to say so counts."""
        mask = pc.fill_null(mask, False)
        before = self._noted.get(field)
        if before is not None:
            mask = pc.and_not(mask, before)
        if not pc.any(mask).as_py():
            return
        self._noted[field] = mask if before is None else pc.or_(before, mask)
        texts = pc.fill_null(written, "")
        head, tail = pa.scalar(f'"{field}":["'), pa.scalar(f'","{rule.id}"],')
        joined = pc.binary_join_element_wise(head, _escaped(texts), tail, pa.scalar(""))
        self._pieces.append(pc.if_else(mask, joined, ""))
        places = pc.indices_nonzero(mask).slice(0, EXAMPLES)
        self.shown.append(
            pa.table(
                [
                    self._row_numbers.take(places),
                    pa.repeat(field, len(places)),
                    texts.take(places),
                    pc.fill_null(_text(values.take(places)), ""),
                    pa.repeat(rule.id, len(places)),
                ],
                schema=CHANGED,
            )
        )

    def compared(self, field: str, written: pa.Array, values: pa.Array, rule: Rule) -> pa.Array:
        """Note where a cell that says something reads differently now; gives the mask."""
        texts = _text(values)
        differs = pc.fill_null(pc.not_equal(written, texts), True)
        mask = pc.and_(differs, pc.and_(pc.is_valid(written), pc.is_valid(texts)))
        self.note(field, written, values, mask, rule)
        return mask

    def moments(self, field: str, written: pa.Array, shown: pa.Array) -> None:
        """Note times that were not in standard form."""
        odd = pc.invert(pc.match_substring_regex(pc.fill_null(written, ""), _STANDARD_TIME))
        self.note(field, written, shown, pc.and_(odd, pc.is_valid(shown)), mended.DATE)

    def numbers(self, field: str, written: pa.Array, values: pa.Array) -> None:
        """Note numbers that were not plainly written."""
        odd = pc.invert(pc.match_substring_regex(pc.fill_null(written, ""), _PLAIN_NUMBER))
        mask = pc.and_(odd, pc.and_(pc.is_valid(written), pc.is_valid(values)))
        self.note(field, written, values, mask, mended.NUMERAL)

    def column(self) -> pa.Array:
        """For each row its changed cells as JSON; null where there are none."""
        size = len(self._row_numbers)
        if not self._pieces:
            return pa.nulls(size, pa.string())
        joined = pc.binary_join_element_wise(*self._pieces, "")
        inner = pc.utf8_slice_codeunits(joined, 0, -1)  # without the last comma
        whole = pc.binary_join_element_wise(pa.scalar("{"), inner, pa.scalar("}"), "")
        return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), whole)


def read(was: str | None) -> dict[str, Original]:
    """The changed cells of a row."""
    if not was:
        return {}
    found = msgspec.json.decode(was, type=dict[str, tuple[str, str]])
    return {field: Original(*pair) for field, pair in found.items()}


def told(found: Mapping[str, Original]) -> dict[str, list[str]]:
    """The same as it is kept in JSON."""
    return {field: [one.text, one.rule] for field, one in found.items()}


def joined(shown: list[pa.Table]) -> pa.Table:
    """Examples of a whole file: of each rule and field the first `EXAMPLES`."""
    if not shown:
        return CHANGED.empty_table()
    table = pa.concat_tables(shown)
    seen: dict[tuple[str, str], int] = {}
    keep = []
    for pair in zip(table["field"].to_pylist(), table["rule"].to_pylist(), strict=True):
        seen[pair] = seen.get(pair, 0) + 1
        keep.append(seen[pair] <= EXAMPLES)
    return table.filter(pa.array(keep, pa.bool_()))


def _escaped(texts: pa.Array) -> pa.Array:
    """As they stand within the quotation marks of JSON."""
    odd = pc.match_substring_regex(texts, _TO_ESCAPE)
    if not pc.any(odd).as_py():
        return texts
    mended = [json.dumps(text, ensure_ascii=False)[1:-1] for text in texts.filter(odd).to_pylist()]
    return pc.replace_with_mask(texts, odd, pa.array(mended, pa.string()))


def _text(values: pa.Array) -> pa.Array:
    """A column of values as people would have written them."""
    if values.type == pa.string():
        return values
    if pa.types.is_list(values.type):
        return pc.binary_join(values, ", ")
    return values.cast(pa.string())
