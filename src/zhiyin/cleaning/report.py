"""The cleaning report: what was found in a file, by which rule, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from .errors import Reason

EXAMPLES = 5


class Action(StrEnum):
    """What was done with the rows of a finding."""

    KEPT = "kept"
    MENDED = "mended"
    SET_ASIDE = "set aside"
    REJECTED = "rejected"


class Rule(msgspec.Struct, frozen=True):
    """A stated rule: `zh` and `en` say what is found and what is done."""

    id: str
    action: Action
    zh: str
    en: str


class Finding(msgspec.Struct, frozen=True):
    """A rule that applied to `count` rows."""

    rule: str
    action: Action
    sentence: dict[str, str]
    count: int
    example_rows: tuple[int, ...]


class CleaningReport(msgspec.Struct, frozen=True):
    """Rows of the file = kept + set aside + rejected (mended rows are kept)."""

    rows: int
    kept: int
    set_aside: int
    rejected: int
    findings: tuple[Finding, ...]

    def count(self, rule: str) -> int:
        """How many rows a rule applied to."""
        return sum(finding.count for finding in self.findings if finding.rule == rule)

    def to_json(self) -> bytes:
        """For storage and the API."""
        return msgspec.json.encode(self)


class Tally:
    """Counts findings while batches go by."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Rule, int, list[int]]] = {}

    def note(self, rule: Rule, count: int, rows: Iterable[int]) -> None:
        """Add `count` rows to a rule, with some of their numbers."""
        if not count:
            return
        _, before, examples = self._found.get(rule.id, (rule, 0, []))
        kept = sorted({*examples, *rows})[:EXAMPLES]
        self._found[rule.id] = (rule, before + count, kept)

    def note_mask(self, rule: Rule, mask: pa.Array, row_numbers: pa.Array) -> None:
        """Add the rows that `mask` picks."""
        picked = row_numbers.filter(pc.fill_null(mask, False))
        self.note(rule, len(picked), picked.slice(0, EXAMPLES).to_pylist())

    def note_rejected(self, rejected: pa.Table) -> None:
        """Add rejected rows, one finding for each reason and field."""
        codes = rejected.column("code").to_pylist()
        numbers = rejected.column("row_number").to_pylist()
        fields = rejected.column("field").to_pylist()
        for code, field, number in zip(codes, fields, numbers, strict=True):
            self.note(rejection_rule(code, field), 1, [number])

    def findings(self) -> tuple[Finding, ...]:
        """All findings, the most frequent first."""
        found = [
            Finding(rule.id, rule.action, {"zh": rule.zh, "en": rule.en}, count, tuple(examples))
            for rule, count, examples in self._found.values()
        ]
        return tuple(sorted(found, key=lambda finding: (-finding.count, finding.rule)))


_REJECTIONS = {
    "ragged_row": ("单元格数量与表头不一致", "The number of cells differs from the header"),
    "quote_not_closed": ("引号没有配对", "A quotation mark is not closed"),
    "stray_line_break": ("行中间有多余的回车", "A carriage return inside the row"),
    "unreadable_letters": ("有无法解码的字符", "Letters could not be decoded"),
    "nul_character": ("含有空字符（NUL）", "A NUL character"),
    "not_json": ("不是完整的 JSON 对象", "Not a complete JSON object"),
    "missing_value": ("必填内容为空", "A required value is missing"),
    "date_unreadable": ("日期无法识别", "The date cannot be read"),
    "date_impossible": ("日期或时间不存在", "The date or time does not exist"),
    "date_ambiguous": ("日和月的先后不明", "Day and month could be swapped"),
    "date_future": ("日期在未来", "The date is in the future"),
    "date_too_early": ("日期过早", "The date is too long ago"),
    "number_unreadable": ("不是数字", "Not a number"),
    "number_too_large": ("数字过大", "The number is too large"),
    "quantity_fraction": ("数量不是整数", "The quantity is not a whole number"),
    "quantity_zero": ("数量为零", "The quantity is zero"),
    "price_negative": ("单价为负数", "The unit price is negative"),
    "currency_unknown": ("货币未知", "The currency is unknown"),
    "phone_invalid": ("电话号码无效", "The phone number is not valid"),
    "phone_masked": ("号码被打码", "The phone number is masked"),
    "phone_scientific": ("号码被 Excel 改成科学计数法", "Excel damaged the phone number"),
    "email_invalid": ("邮箱无效", "The e-mail address is not valid"),
    "email_masked": ("邮箱被打码", "The e-mail address is masked"),
    "yes_no_unreadable": ("看不出是或否", "Neither yes nor no"),
    "gender_unknown": ("性别无法识别", "The gender is not known"),
    "language_unknown": ("语言无法识别", "The language is not known"),
    "text_too_long": ("文字过长", "The text is too long"),
    "name_empty": ("姓名为空", "The name is empty"),
    "no_identifier": ("没有任何可识别客户的信息", "Nothing that identifies the customer"),
    "properties_not_json": ("属性不是 JSON 对象", "The properties are not a JSON object"),
}


def rejection_rule(code: str, field: str | None = None) -> Rule:
    """The rule behind a rejected row."""
    zh, en = _REJECTIONS.get(code, ("无法使用", "Cannot be used"))
    where_zh, where_en = (f"（{field}）", f" ({field})") if field else ("", "")
    name = f"{code}:{field}" if field else code
    return Rule(
        name,
        Action.REJECTED,
        f"{zh}{where_zh}：已拒绝，可下载修改后重新导入。",
        f"{en}{where_en}: rejected; download, mend and load again.",
    )


def missing_value(zh: str, en: str) -> Reason:
    """The reason for an empty required cell."""
    return Reason("missing_value", f"{zh}不能为空", f"{en} must not be empty")
