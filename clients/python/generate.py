"""Writes the generated half of the Python client from docs/openapi.json.

`python -m clients.python.generate`; a test fails while the files are older than the description.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE.parents[1] / "docs" / "openapi.json"
PACKAGE = HERE / "zhiyin_client"
_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"uuid": "UUID", "date-time": "datetime", "date": "date"}
_HEAD = '"""{about} Generated from docs/openapi.json: do not edit."""\n\n'
_LEFT_OUT = {"fields", "cursor"}  # of what is iterated over


class Generator:
    """The text of the files, from a description."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = description["components"]["schemas"]
        self.paths: dict[str, Any] = description["paths"]
        self.language = self._reached({"Rule"})  # the segment language: plain JSON
        self.sent = self._reached(self._named("requestBody")) | {
            name for name in self.schemas if name.endswith("Row")
        }
        self.got = self._reached(self._named("responses"))

    def files(self) -> dict[str, str]:
        """What each generated file holds."""
        return {"models.py": self.models(), "client.py": self.client()}

    def models(self) -> str:
        """Every schema as a struct."""
        used = (self.sent | self.got) - self.language
        parts = [self._struct(name) for name in sorted(used) if "properties" in self.schemas[name]]
        head = (
            "from __future__ import annotations\n\n"
            "from datetime import date, datetime\nfrom typing import Any, Literal\n"
            "from uuid import UUID\n\nimport msgspec\nfrom msgspec import UNSET, UnsetType\n\n"
            "from zhiyin_client.core import Answer\n\n"
            "_NOT_ASKED: Any = UNSET  # stands where `fields=` left a field out\n"
        )
        return _HEAD.format(about="What is sent and what comes back.") + head + "".join(parts)

    def client(self) -> str:
        """Every operation as a method."""
        methods = [
            text
            for path, operations in self.paths.items()
            for verb, operation in operations.items()
            for text in self._methods(path, verb, operation)
        ]
        names = sorted(
            name
            for name in (self.sent | self.got) - self.language
            if re.search(rf"\b{name}\b", "".join(methods))
        )
        head = (
            "from __future__ import annotations\n\nfrom collections.abc import Iterator\n"
            "from datetime import date, datetime\nfrom typing import Any, Literal\n"
            "from uuid import UUID\n\nfrom zhiyin_client.core import Transport\n"
            f"from zhiyin_client.models import (\n{''.join(f'    {n},{chr(10)}' for n in names)})\n"
            '\n__all__ = ["Client"]\n_UNUSED = (Any, date, datetime, Literal)\n\n\n'
            'class Client(Transport):\n    """Every operation of the API as a method."""\n'
        )
        return _HEAD.format(about="The operations.") + head + "".join(methods)

    def _struct(self, name: str) -> str:
        schema = self.schemas[name]
        always, needed = set(schema.get("x-always", ())), set(schema.get("required", ()))
        lines = []
        for key, one in schema["properties"].items():
            kind, own = self._type(one), _python_name(key)
            if key in needed and name in self.sent:
                default = ""
            elif key in needed | always:
                default = " = _NOT_ASKED"
            else:
                kind, default = f"{kind} | UnsetType", " = UNSET"
            if own != key:
                default = f' = msgspec.field(default={default[3:] or "..."}, name="{key}")'
            lines.append(f"    {own}: {kind}{default}\n")
        base = "Answer" if name in self.got and name not in self.sent else "msgspec.Struct"
        more = "" if base == "Answer" else ", omit_defaults=True"
        about = schema.get("description", name).split("\n")[0].replace('"', "'")
        return (
            f'\n\nclass {name}({base}, kw_only=True{more}):\n    """{about}"""\n\n{"".join(lines)}'
        )

    def _methods(self, path: str, verb: str, operation: dict[str, Any]) -> list[str]:
        named = operation["operationId"]
        good = next(one for status, one in operation["responses"].items() if status[0] == "2")
        answer = self._type(good["content"]["application/json"]["schema"])
        parameters = operation.get("parameters", [])
        inside = [one for one in parameters if one["in"] == "path"]
        asked = [one for one in parameters if one["in"] == "query"]
        headers = [one["name"] for one in parameters if one["in"] == "header"]
        first = [f"{one['name']}: {self._type(one['schema'])}" for one in inside]
        call = [f'"{verb.upper()}"', f'"{path.removeprefix("/api/v1")}"', answer]
        if inside:
            names = ", ".join(f'"{one["name"]}": {one["name"]}' for one in inside)
            call.append(f"arguments={{{names}}}")
        later = self._body(operation, first, call)
        later += [self._asked(one) for one in asked]
        if asked:
            names = ", ".join(f'"{one["name"]}": {one["name"]}' for one in asked)
            call.append(f"query={{{names}}}")
        later += [f"{_header(one)}: str | None = None" for one in headers]
        if headers:
            names = ", ".join(f'"{one}": {_header(one)}' for one in headers)
            call.append(f"headers={{{names}}}")
        about = f"{operation['summary']}."
        made = [_method(named, first, later, answer, about, f"self.call({', '.join(call)})")]
        if any(one["name"] == "cursor" for one in asked):
            made.append(self._each(named, answer, inside, first, asked, later))
        return made

    def _each(
        self, named: str, page: str, inside: list[Any], first: list[str], asked: list[Any],
        later: list[str],
    ) -> str:  # fmt: skip
        """A method that goes through all pages."""
        item = self._type(self.schemas[page]["properties"]["items"]["items"])
        kept = [one["name"] for one in asked if one["name"] not in _LEFT_OUT]
        given = [text for text in later if text.split(":")[0] not in _LEFT_OUT]
        passed = [one["name"] for one in inside] + [f"{name}={name}" for name in kept]
        own = "each_" + named.removeprefix("list_").removeprefix("get_")
        lines = (
            '        cursor: str | None = ""\n        while cursor is not None:\n'
            f"            page = self.{named}({', '.join([*passed, 'cursor=cursor'])})\n"
            "            yield from page.items\n            cursor = page.next\n"
        )
        return (
            f"\n    def {own}(self{_signature(first, given)}) -> Iterator[{item}]:\n"
            f'        """All pages of `{named}`, record by record."""\n{lines}'
        )

    def _body(self, operation: dict[str, Any], first: list[str], call: list[str]) -> list[str]:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            first.append(f"body: {self._type(content['application/json']['schema'])}")
            call.append("body=body")
        elif "multipart/form-data" in content:
            schema = content["multipart/form-data"]["schema"]
            names = schema["properties"]
            call.append(f"form={{{', '.join(f'{chr(34)}{n}{chr(34)}: {n}' for n in names)}}}")
            return [
                f"{name}: {'tuple[str, bytes]' if one.get('format') == 'binary' or name == 'file' else self._type(one)}"  # noqa: E501
                for name, one in names.items()
            ]
        return []

    def _asked(self, one: dict[str, Any]) -> str:
        kind = self._type(one["schema"])
        if one.get("required"):
            return f"{one['name']}: {kind}"
        return f"{one['name']}: {kind}{'' if kind.endswith('None') else ' | None'} = None"

    def _type(self, schema: dict[str, Any]) -> str:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return "dict[str, Any]" if name in self.language else name
        if "const" in schema or "enum" in schema:
            values = schema.get("enum", [schema.get("const")])
            return f"Literal[{', '.join(json.dumps(one, ensure_ascii=False) for one in values)}]"
        for options in (schema.get("anyOf"), schema.get("oneOf")):
            if options:
                kinds = list(dict.fromkeys(self._type(one) for one in options))
                return " | ".join(sorted(kinds, key=lambda kind: kind == "None"))
        kind = schema.get("type")
        if kind == "array":
            return f"list[{self._type(schema.get('items', {}))}]"
        if kind == "object":
            more = schema.get("additionalProperties")
            return f"dict[str, {self._type(more) if isinstance(more, dict) and more else 'Any'}]"
        if kind == "string" and schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        return _TYPES.get(str(kind), "Any")

    def _named(self, part: str) -> set[str]:
        parts = [
            one.get(part, {}) for operations in self.paths.values() for one in operations.values()
        ]
        return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(parts)))

    def _reached(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            found.add(name)
            inside = json.dumps(self.schemas[name])
            waiting |= set(re.findall(r"#/components/schemas/(\w+)", inside)) - found
        return found


def _python_name(key: str) -> str:
    return f"{key}_" if keyword.iskeyword(key) else key


def _header(name: str) -> str:
    return name.lower().replace("-", "_")


def _signature(first: list[str], later: list[str]) -> str:
    needed = [one for one in later if " = " not in one]
    given = [*needed, *(one for one in later if " = " in one)]
    return "".join(f", {one}" for one in [*first, *(["*", *given] if given else [])])


def _method(
    name: str, first: list[str], later: list[str], answer: str, about: str, call: str
) -> str:
    return (
        f"\n    def {name}(self{_signature(first, later)}) -> {answer}:\n"
        f'        """{about}"""\n        return {call}\n'
    )


def rendered() -> dict[str, str]:
    """What the generated files have to hold now."""
    return Generator(json.loads(DESCRIPTION.read_text(encoding="utf-8"))).files()


if __name__ == "__main__":
    for file, text in rendered().items():
        (PACKAGE / file).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{PACKAGE / file}\n")
