"""`fields=name,city` on every read: only these fields of a record, or of each record of a list.

The names are those of the description; another one is refused. A field that the asker may not see
stays absent, asked for or not, and what is not asked for is not read: the audit trail keeps only
the personal values that were told. `id` is always there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

from django.http import HttpRequest, HttpResponseBase
from ninja.operation import Operation
from pydantic import BaseModel

from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.gate import endpoint_of

NAME = "fields"
LONGEST = 2000
ALWAYS = "id"
_UNKNOWN = {"zh": "没有这个字段", "en": "There is no such field"}
_EMPTY = {"zh": "至少写一个字段", "en": "Name one field at least"}


class SelectionMiddleware:
    """Reads the choice behind the gate, so that a refusal tells nothing to who may not ask."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: object, kwargs: object
    ) -> HttpResponseBase | None:
        """Keep the choice with the request; answer 422 where it names what is not there."""
        endpoint = endpoint_of(view) if NAME in request.GET and request.method == "GET" else None
        if endpoint is None:
            return None
        known = {name for one in endpoint.operations if "GET" in one.methods for name in names(one)}
        if not known:
            return None
        asked = [part.strip() for text in request.GET.getlist(NAME) for part in text.split(",")]
        wanted = {part for part in asked if part}
        if not wanted:
            return problems.answer(Problem(422, faults=[Fault(NAME, _EMPTY)]))
        if not wanted <= known:
            return problems.answer(Problem(422, faults=[Fault(NAME, _UNKNOWN)]))
        request.chosen_fields = frozenset(wanted | {ALWAYS})  # type: ignore[attr-defined]
        return None


def chosen(request: HttpRequest) -> frozenset[str] | None:
    """The fields that were asked for; None for all."""
    found: frozenset[str] | None = getattr(request, "chosen_fields", None)
    return found


def narrowed(data: Any, wanted: frozenset[str]) -> Any:
    """An answer with these fields only; what a page has beside its records stays."""
    if isinstance(data, list):
        return [_only(one, wanted) for one in data]
    if isinstance(data, dict) and isinstance(data.get("items"), list):
        return {**data, "items": [_only(one, wanted) for one in data["items"]]}
    return _only(data, wanted)


def names(operation: Operation) -> list[str]:
    """The fields that an operation's records have."""
    model = operation.response_models.get(200)
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return []
    record = _record(model.model_fields["response"].annotation)
    return _names_of(record) if record else []


def _record(answer: Any) -> type[BaseModel] | None:
    """The schema of the record: of the answer itself, or of what it lists."""
    if get_origin(answer) is list:
        return _record(get_args(answer)[0])
    if not isinstance(answer, type) or not issubclass(answer, BaseModel):
        return None
    items = answer.model_fields.get("items")
    return _record(items.annotation) if items is not None else answer


def _names_of(record: type[BaseModel]) -> list[str]:
    return [one.alias or name for name, one in record.model_fields.items()]


def _only(record: Any, wanted: Iterable[str]) -> Any:
    return {name: value for name, value in record.items() if name in wanted}
