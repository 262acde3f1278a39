"""An example of every body and answer in the description of the API.

Made of the examples that stand beside the fields; where a field has none, of its type. A test holds
each against its schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zhiyin.accounts.api.problems import MEDIA_TYPE, Problem, told

_MOST_DEEP = 8
_TEXTS = {
    "uuid": "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11", "date-time": "2026-11-24T09:30:00Z",
    "date": "2026-11-24", "binary": "(the bytes of the file)",
}  # fmt: skip
_BY_NAME: dict[str, Any] = {
    "name": "林小满", "title": "回电确认交期", "text": "下周二再联系", "next": None,
    "problem": None,
    "zh": "已完成", "en": "Done", "url": "https://hooks.example.com/zhiyin", "sha256": "9f2c…1768",
    "media_type": "application/pdf", "doubt": "", "detail": "", "quote": "", "side": "",
    "disguised": False, "deleted_at": None, "done_at": None, "edited_at": None, "unable": [],
    "unclear": [], "reasons": [], "gender": "female", "language": "zh", "key": "online-shop",
    "reason": "", "stopped_because": "", "failing_since": None, "address": "/customers/",
    "description": "ERP", "sku": "85123A", "product": "白色心形灯座", "unit_price": "2.55",
    "amount": "15.30", "method": "cuped", "sentence": "订单数不少于 2 的客户", "cost": "120.00",
    "token": None, "undone_at": None, "scorecard": {}, "report": {}, "ticket": "t_9f2c1d7a40b3",
    "value": 0.3, "low": 0.2, "high": 0.4,
}  # fmt: skip


def problems(statuses: Iterable[str]) -> dict[str, Any]:
    """An example of each kind of refusal, for the components of the description."""
    return {status: {"value": told(Problem(int(status)))} for status in statuses}


def show(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put an example beside every body and answer of an operation."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = _made(content["schema"], schemas, asked=True)
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            if kind == MEDIA_TYPE:
                content["examples"] = {"problem": {"$ref": f"#/components/examples/{status}"}}
            else:
                content["example"] = _made(content["schema"], schemas)


def _made(
    schema: dict[str, Any], schemas: dict[str, Any], *, name: str = "", asked: bool = False,
    deep: int = 0,
) -> Any:  # fmt: skip
    """An example of a schema; `asked`: of what somebody sends, so without what may be left out."""
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
        return _made(schema, schemas, name=name, asked=asked, deep=deep + 1)
    if "enum" in schema:
        return schema["enum"][0]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        if name in _BY_NAME and _BY_NAME[name] is None and {"type": "null"} in options:
            return None
        return _made(options[0], schemas, name=name, asked=asked, deep=deep + 1)
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema, schemas, asked, deep)
    if schema.get("type") == "array":
        return _array(schema, schemas, name, asked, deep)
    return _plain(schema, name)


def _object(schema: dict[str, Any], schemas: dict[str, Any], asked: bool, deep: int) -> Any:
    needed = set(schema.get("required", ()))
    return {
        name: _made(one, schemas, name=name, asked=asked, deep=deep + 1)
        for name, one in schema.get("properties", {}).items()
        if deep < _MOST_DEEP and (not asked or name in needed or "examples" in one)
    }


def _array(
    schema: dict[str, Any], schemas: dict[str, Any], name: str, asked: bool, deep: int
) -> list[Any]:
    if isinstance(_BY_NAME.get(name), list) or deep >= _MOST_DEEP:
        return []
    return [_made(schema.get("items", {}), schemas, asked=asked, deep=deep + 1)]


def _plain(schema: dict[str, Any], name: str) -> Any:
    kind = schema.get("type")
    fitting = {"string": str, "boolean": bool, "number": int | float}.get(str(kind))
    if schema.get("format") in _TEXTS:
        return _TEXTS[schema["format"]]
    if fitting is not None and isinstance(_BY_NAME.get(name), fitting):
        return _BY_NAME[name]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return None if kind in (None, "null") else "text"
