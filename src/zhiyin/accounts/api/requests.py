"""How a request is read: who asks, JSON and parameters without what the database cannot keep."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from zhiyin.accounts.api import selection
from zhiyin.accounts.api.problems import Fault, Problem
from zhiyin.accounts.gate import endpoint_of
from zhiyin.accounts.models import User

DEEPEST = 40
MOST_BYTES = 1_000_000
_UNKEEPABLE = {
    "zh": "含有无法保存的字符（NUL 或不完整的代理对）",
    "en": "Holds characters that cannot be kept (NUL or half of a surrogate pair)",
}


def user_of(request: HttpRequest) -> User:
    """Who asks; the gate has let nobody else through."""
    if isinstance(request.user, AnonymousUser):
        raise Problem(401)
    return request.user


class StrictParser(Parser):
    """Refuses what would fail further in: NUL, halves of surrogates, endless nesting, NaN,
    unknown parameters."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if len(request.body) > MOST_BYTES:
            raise Problem(400, {"zh": "请求超过 1 MB", "en": "The request is larger than 1 MB"})
        found = json.loads(request.body, parse_constant=_not_json)
        _check(found)
        return found  # type: ignore[no-any-return]

    def parse_querydict(
        self, data: MultiValueDict[str, str], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        if id(data) == id(request.FILES):  # names and contents of files are looked at by their room
            return super().parse_querydict(data, list_fields, request)
        source = "form" if data is request.POST else "query"
        unknown = sorted(set(data) - _parameters(request, source))
        if unknown:
            text = {"zh": "没有这个参数", "en": "There is no such parameter"}
            raise Problem(422, faults=[Fault(_printable(name), text) for name in unknown[:5]])
        for name in data:
            for value in data.getlist(name):
                if not _can_be_kept(value):
                    raise Problem(422, faults=[Fault(name, _UNKEEPABLE)])
        return super().parse_querydict(data, list_fields, request)


def _parameters(request: HttpRequest, source: str) -> set[str]:
    """The parameters that the operation that is asked takes from its query or its form."""
    match = request.resolver_match
    view = endpoint_of(match.func) if match is not None else None
    operations = view.operations if view is not None else []
    known = {
        name
        for operation in operations
        if request.method in operation.methods
        for model in operation.models
        if model.__ninja_param_source__ == source
        for name in getattr(model, "__ninja_flatten_map__", {})
    }
    return known | {selection.NAME} if source == "query" and request.method == "GET" else known


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _can_be_kept(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _printable(name: str) -> str:
    return name[:60].encode("utf-8", "replace").decode().replace("\x00", "?")


def _check(found: object) -> None:
    """Walk the JSON without recursion, which is what a hostile nesting would exhaust."""
    level: list[object] = [found]
    for _ in range(DEEPEST):
        below: list[object] = []
        for one in level:
            if isinstance(one, str) and not _can_be_kept(one):
                raise Problem(422, faults=[Fault("body", _UNKEEPABLE)])
            below += _inside(one)
        if not below:
            return
        level = below
    raise Problem(400, {"zh": "JSON 嵌套太深", "en": "The JSON is nested too deeply"})


def _inside(one: object) -> Iterable[object]:
    if isinstance(one, dict):
        return [*one.keys(), *one.values()]
    return one if isinstance(one, list) else ()
