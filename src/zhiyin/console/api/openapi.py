"""What ninja's description of the API leaves out: the media type of problems, the segment
language, and what to know before the first request."""

from __future__ import annotations

from typing import Any

import msgspec

from zhiyin.accounts.api import limits, preconditions, selection
from zhiyin.accounts.api.idempotency import FORM, HEADER
from zhiyin.accounts.api.problems import MEDIA_TYPE
from zhiyin.console.api import examples
from zhiyin.customers.api.bulk import CompanyRow, CustomerRow, TaskRow
from zhiyin.customers.api.segments import RULE
from zhiyin.segments import Rule

ABOUT = """Everything here obeys the same policy as the screens: who asks sees the rows of their
scope only, hidden fields are absent and masked ones hold a masked text. What lies out of sight is
answered like what does not exist (404).

**Signing in.** Send `Authorization: Bearer zy_…` with a token made under *My account → Access
tokens*, or of a service account (*Users → Service accounts*). A token does at most what its account
may at that moment, narrowed by its scopes. The session of a browser works too; its writes also need
the CSRF token (cookie `csrftoken`, sent back as header `X-CSRFToken`).

**Lists** hold `items` and `next`; ask again with `cursor=<next>` for what follows. Every read takes
`fields=name,city`: only these fields, and `id`.

**Once only.** A write with an `Idempotency-Key` is done once: the same request again gets the kept
answer for 24 hours (`Idempotent-Replayed: true`), another body 422, and 409 while the first is on
its way. **Nothing new.** Reads carry an `ETag`; `If-None-Match` with it is answered 304.
**As it was read.** A write with `If-Match` and the `ETag` of the record is done only while nobody
else has written in it; otherwise 412.

**Problems** are `application/problem+json` (RFC 9457) in both languages, with the fields at fault
in `errors`. `RateLimit` says how many requests you have left, over all your tokens and browsers,
and in how many seconds there are new ones; one too many is 429 with `Retry-After`."""

_MEANING = {
    "400": "The body is no JSON, too large or nested too deeply.",
    "401": "Nobody is signed in, or the token opens nothing.",
    "403": "Your role or your token does not allow this, or the CSRF token is missing.",
    "404": "There is no such thing, or not for you.",
    "409": "The present state does not allow this, or the same key is on its way.",
    "410": "It is over; ask again.",
    "412": "Somebody wrote in it since you read it; read it again.",
    "413": "The file is too large.",
    "422": "Some values cannot be used; `errors` names them.",
    "429": "Too many requests.",
    "503": "The question takes too long.",
}

_TEXT = {"type": "string"}
_HEADERS = {
    limits.POLICY: {
        "schema": _TEXT, "description": "How many requests in how many seconds.",
        "example": '"user";q=1200;w=60',
    },
    limits.LEFT: {
        "schema": _TEXT, "description": "How many are left, and for how many seconds.",
        "example": '"user";r=1187;t=42',
    },
    "ETag": {"schema": _TEXT, "description": "For If-None-Match; of one record for If-Match, too."},
    "Retry-After": {
        "schema": {"type": "integer", "minimum": 1}, "description": "Seconds.", "example": 42,
    },
}  # fmt: skip


def complete(description: dict[str, Any]) -> None:
    """Fill in what is missing, in place."""
    schemas = description["components"]["schemas"]
    schemas.update(_segment_language())
    description["components"]["headers"] = _HEADERS
    description["components"]["examples"] = examples.problems(_MEANING)
    for row in (CustomerRow, CompanyRow, TaskRow):
        schemas[row.__name__] = row.model_json_schema(ref_template="#/components/schemas/{model}")
    _name_the_language(description)
    for operations in description["paths"].values():
        for method, operation in operations.items():
            _tell_keys(method, operation)
            _tell_if_match(operation)
            if method == "get":
                _tell_selection(operation, schemas)
            _tell_headers(method, operation["responses"])
            _mark_problems(operation["responses"])
            _lift_examples(operation.get("parameters", []))
            examples.show(operation, schemas)


def _tell_keys(method: str, operation: dict[str, Any]) -> None:
    """Writes take an Idempotency-Key, and may find its first request still on its way."""
    if method not in ("post", "patch"):
        return
    operation.setdefault("parameters", []).append(
        {
            "name": HEADER, "in": "header", "required": False,
            "description": "The same request again with the same key gets the same answer, for 24"
            " hours.",
            "schema": {"type": "string", "pattern": FORM},
            "example": "f2a0c1de-7b1e-4c55-9d0e-1f2b3c4d5e6f",
        }
    )  # fmt: skip
    responses = operation["responses"]
    if not {409, "409"} & set(responses):
        kept = responses.get(422) or responses["422"]
        responses["409"] = {**kept, "content": dict(kept["content"])}


def _tell_if_match(operation: dict[str, Any]) -> None:
    """Who knows 412 takes If-Match."""
    if {412, "412"} & set(operation["responses"]):
        operation.setdefault("parameters", []).append(
            {
                "name": preconditions.HEADER, "in": "header", "required": False,
                "description": "The `ETag` of the record as you read it, or `*`.",
                "schema": {"type": "string", "maxLength": 500},
                "example": '"9f2c1d7a40b35e68.0b5d2f0c9a7e4a51b1c2d3e4f5061728"',
            }
        )  # fmt: skip


def _tell_selection(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Reads take `fields`; what a record always has is what it has when nothing is left out."""
    record = _record_of(operation, schemas)
    if record is None:
        return
    names = list(record["properties"])
    operation.setdefault("parameters", []).append(
        {
            "name": selection.NAME, "in": "query", "required": False,
            "description": "Only these fields of each record; `id` is always there.",
            "style": "form", "explode": False, "example": names[:2],
            "schema": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": names}},
        }
    )  # fmt: skip
    if "x-always" not in record:
        record["x-always"] = record.get("required", [])
        record["required"] = [name for name in record["x-always"] if name == selection.ALWAYS]


def _record_of(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of what an operation reads: the answer itself, or what it lists."""
    responses = operation["responses"]
    schema = (responses.get(200) or responses["200"])["content"]["application/json"]["schema"]
    for _ in range(3):
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        if schema.get("type") == "array":
            schema = schema["items"]
        elif "items" in schema.get("properties", {}):
            schema = schema["properties"]["items"]
        else:
            break
    return schema if "properties" in schema else None


def _tell_headers(method: str, responses: dict[Any, Any]) -> None:
    for status, answer in responses.items():
        told = [limits.POLICY, limits.LEFT] if str(status) in ("200", "201", "429") else []
        if str(status) == "200" and method == "get":
            told.append("ETag")
        if str(status) == "429":
            told.append("Retry-After")
        if told:
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in told}


def _mark_problems(responses: dict[Any, Any]) -> None:
    for status, answer in responses.items():
        told = _MEANING.get(str(status))
        if told is not None:
            answer["description"] = told
            answer["content"] = {MEDIA_TYPE: dict(answer["content"]["application/json"])}


def _lift_examples(parameters: list[dict[str, Any]]) -> None:
    """A parameter's `examples` is a map in OpenAPI; the list belongs to its schema."""
    for parameter in parameters:
        examples = parameter.pop("examples", None)
        if examples:
            parameter["example"] = examples[0]


def _segment_language() -> dict[str, Any]:
    """The schemas of the segment language, a component each."""
    _, found = msgspec.json.schema_components([Rule], ref_template="#/components/schemas/{name}")
    return {name: found[name] for name in sorted(found)}


def _name_the_language(node: Any) -> None:
    """Where a schema carries the mark of the segment language, or of rows, a reference stands."""
    if isinstance(node, list):
        for each in node:
            _name_the_language(each)
    if not isinstance(node, dict):
        return
    if "x-rows" in node:
        refs = [{"$ref": f"#/components/schemas/{name}"} for name in node.pop("x-rows")]
        node["items"] = {"anyOf": refs}
    if node.get("x-schema") == RULE:
        kept = {name: node[name] for name in ("description", "examples") if name in node}
        node.clear()
        node.update({"$ref": "#/components/schemas/Rule", **kept})
        return
    for each in node.values():
        _name_the_language(each)
