"""What the validation of a request found, told in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhiyin.accounts.api.problems import Fault, Text

_WHOLE = {"zh": "必须是整数", "en": "Must be a whole number"}
_NUMBER = {"zh": "必须是数字", "en": "Must be a number"}
_TEXT = {"zh": "必须是文字", "en": "Must be text"}
_DAY = {"zh": "必须是日期，如 1990-05-01", "en": "Must be a date such as 1990-05-01"}
_OBJECT = {"zh": "必须是 JSON 对象", "en": "Must be a JSON object"}
_UUID = {"zh": "不是有效的 UUID", "en": "Not a valid UUID"}

_BY_TYPE: Mapping[str, Text] = {
    "missing": {"zh": "缺少这一项", "en": "This is required"},
    "extra_forbidden": {"zh": "不能写入这一项", "en": "This cannot be written"},
    "string_too_long": {
        "zh": "最多 {max_length} 个字符", "en": "At most {max_length} characters",
    },
    "string_too_short": {
        "zh": "至少 {min_length} 个字符", "en": "At least {min_length} characters",
    },
    "greater_than_equal": {"zh": "不能小于 {ge}", "en": "Must be at least {ge}"},
    "less_than_equal": {"zh": "不能大于 {le}", "en": "Must be at most {le}"},
    "literal_error": {"zh": "只能是 {expected}", "en": "Must be one of {expected}"},
    "enum": {"zh": "只能是 {expected}", "en": "Must be one of {expected}"},
    "bool_parsing": {"zh": "只能是 true 或 false", "en": "Must be true or false"},
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(
        ("float_parsing", "float_type", "decimal_parsing", "decimal_type", "finite_number"),
        _NUMBER,
    ),
    "string_type": _TEXT,
    **dict.fromkeys(
        ("date_parsing", "date_type", "date_from_datetime_parsing",
         "date_from_datetime_inexact"),
        _DAY,
    ),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _OBJECT),
    **dict.fromkeys(("uuid_parsing", "uuid_type"), _UUID),
}  # fmt: skip
_OTHERWISE: Text = {"zh": "这个值不能用", "en": "This value cannot be used"}


def faults_of(errors: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """One fault for each finding of pydantic; what was sent is never repeated."""
    return [Fault(_field(error.get("loc", ())), _text(error)) for error in errors]


def _field(place: Sequence[str | int]) -> str:
    """The field's own name: without the part of the request, and without our parameter's name."""
    parts = place[2:] if place and place[0] == "body" else place[1:]
    return ".".join(str(part) for part in parts) or str(place[0] if place else "body")


def _text(error: Mapping[str, Any]) -> Text:
    pattern = _BY_TYPE.get(str(error.get("type")), _OTHERWISE)
    facts = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    try:
        return {tongue: text.format(**facts) for tongue, text in pattern.items()}
    except KeyError:
        return _OTHERWISE
