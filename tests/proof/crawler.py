"""Somebody who is signed in and reads every byte that the product gives them.

The crawler follows every address that it finds in what it was given (links, forms, htmx and data
attributes, JSON, headers), tries every route of the resolver with every id of the company, asks
the API with each parameter of its description, presses every button of every form (each press is
rolled back afterwards), and unpacks what it downloads. What it found is judged elsewhere.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from tests.proof.canaries import Canary, Traps
from zhiyin.accounts.routes import Route, routes

HOST = "http://testserver"
_ADDRESS = re.compile(
    r"""(?:[a-z][a-z-]*)\s*=\s*["']((?:/(?!/)|\?|http://testserver/)[^"'<>]*)["']""", re.IGNORECASE
)
_IN_JSON = re.compile(r'"((?:/(?!/)|\?)[^"\\ ]{1,400})"')
_LEAVE = {"account_logout", "language", "theme", "end_other_sessions"}
_NOISE = {"csrfmiddlewaretoken"}


@dataclass(frozen=True)
class Answer:
    """What came back: from which door, to what question, and the canaries that were in it."""

    method: str
    address: str
    door: str
    status: int
    caught: frozenset[Canary]


@dataclass
class Budget:
    """How often the same kind of question is asked."""

    a_shape: int = 2  # addresses of one route with the same names of parameters
    a_path: int = 1  # the same for one path (one row)
    a_door: int = 7  # addresses of one route with parameters
    a_form: int = 1  # presses of one form with the same fields
    a_mistake: int = 1  # presses of the same with nothing right in it, for what is said then
    a_page: int = 4  # pages of one route whose forms are read
    in_all: int = 20_000


MUCH = Budget(a_shape=40, a_path=8, a_door=400, a_form=12, a_mistake=4, a_page=100)


@dataclass
class Crawler:
    """One signed-in reader."""

    client: Client
    traps: Traps
    ids: dict[str, list[Any]]
    budget: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.answers: list[Answer] = []
        self.broken: list[Answer] = []
        self._waiting: deque[str] = deque()
        self._seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
        self._shapes: Counter[tuple[str, ...]] = Counter()
        self._forms: Counter[tuple[str, ...]] = Counter()
        self._read: Counter[str] = Counter()
        self._deaf: set[str] = set()  # doors that take no GET

    def crawl(self, more: Iterable[str] = ()) -> None:
        """Everything, until nothing new turns up or the budget is spent; `more` in any case."""
        for address in self._known_addresses():
            self._push(address)
        self._waiting.extend(more)
        while self._waiting and len(self.answers) < self.budget.in_all:
            address = self._waiting.popleft()
            if door_of(urlsplit(address).path) not in self._deaf:
                self.get(address)

    def get(self, address: str, **headers: str) -> Any:
        """One question; its answer is searched and its addresses are followed."""
        response = self.client.get(address, headers=headers)
        text = self._take("GET", address, response)
        if response.status_code == 405:
            self._deaf.add(door_of(urlsplit(address).path))
        for found in _addresses(text, response):
            self._push(urljoin(f"{HOST}{address}", found).removeprefix(HOST))
        door = door_of(urlsplit(address).path)
        if self._read[door] < self.budget.a_page:
            self._read[door] += "<form" in text
            for form in Forms.of(text):
                self._press(form, address)
        return response

    def post(self, address: str, data: Any, **more: Any) -> Any:
        """A question that may change something: taken back at once, with its e-mails."""
        cookies = {name: one.OutputString() for name, one in self.client.cookies.items()}
        sent, point = len(mail.outbox), None
        with transaction.atomic():
            point = transaction.savepoint()
            response = self.client.post(address, data, **more)
            self._take("POST", address, response)
            for _ in range(3):
                if response.status_code not in (301, 302, 303):
                    break
                there = urljoin(f"{HOST}{address}", response.headers["Location"])
                if not there.startswith(HOST):
                    break
                response = self.client.get(there.removeprefix(HOST))
                self._take("POST", there.removeprefix(HOST), response)
            transaction.savepoint_rollback(point)
        cache.clear()
        for message in mail.outbox[sent:]:
            self._keep("MAIL", address, "mail", 200, str(message.message()), "")
        del mail.outbox[sent:]
        self.client.cookies.clear()
        for line in cookies.values():
            self.client.cookies.load(line)
        return response

    def hear(self, how: str, about: str, told: str) -> None:
        """Something that reached the reader outside of the product."""
        self._keep(how, about, how.lower(), 200, told, "")

    def _known_addresses(self) -> Iterator[str]:
        """Every route that can be read, with every id that its arguments take."""
        yield "/"
        for route in routes():
            if route.closed or route.method != "GET" or _short(route) in _LEAVE:
                continue
            yield from self.with_ids(route)

    def with_ids(self, route: Route) -> Iterator[str]:
        """The addresses of a route with the ids of the company."""
        if not route.arguments:
            yield reverse(route.name)
            return
        names = sorted(route.arguments)
        lists = [self.ids.get(name) or self._guessed(name) for name in names]
        many = max(len(values) for values in lists)
        for at in range(max(many, len(lists[0]))):
            kwargs = {name: values[at % len(values)]
                      for name, values in zip(names, lists, strict=True)}  # fmt: skip
            try:
                yield reverse(route.name, kwargs=kwargs)
            except NoReverseMatch:
                continue

    def _guessed(self, argument: str) -> list[Any]:
        """For an argument that nobody planted: fields for words, any ids for the rest."""
        if argument == "field":
            return ["phone", "birth_date", "email", "city", "name"]
        return [values[0] for values in self.ids.values() if values]

    def _push(self, address: str) -> None:
        parts = urlsplit(unescape(address))
        if not parts.path.startswith("/") or parts.path.startswith("/static/"):
            return
        pairs = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))
        key = (parts.path, pairs)
        if key in self._seen:
            return
        self._seen.add(key)
        door = door_of(parts.path)
        if not door or door in _LEAVE:
            return
        names = tuple(sorted({name for name, _ in pairs}))
        if pairs:
            if self._shapes[(parts.path, *names)] >= self.budget.a_path:
                return
            if self._shapes[(door, "?", *names)] >= self.budget.a_shape:
                return
            if self._shapes[(door,)] >= self.budget.a_door:
                return
            self._shapes[(door,)] += 1
        self._shapes[(parts.path, *names)] += 1
        self._shapes[(door, "?", *names)] += 1
        self._waiting.append(f"{parts.path}?{urlencode(pairs)}" if pairs else parts.path)

    def _press(self, form: Form, page: str) -> None:
        action = urljoin(f"{HOST}{page}", form.action or page).removeprefix(HOST)
        door = door_of(urlsplit(action).path)
        if not door or door in _LEAVE:
            return
        if form.method == "get":
            self._push(f"{urlsplit(action).path}?{urlencode(form.values)}")
            return
        shape = (door, *sorted({name for name, _ in form.values}))
        for extra in form.buttons or [()]:
            self._forms[(*shape, *map(str, extra))] += 1
            if self._forms[(*shape, *map(str, extra))] <= self.budget.a_form:
                data: dict[str, Any] = {}
                for name, value in [*form.values, *([extra] if extra else [])]:
                    data.setdefault(name, []).append(value)
                self.post(action, data)
        self._forms[(*shape, "wrong")] += 1
        if self._forms[(*shape, "wrong")] <= self.budget.a_mistake and form.values:
            self.post(action, {name: _mistyped(form.kinds[name]) for name, _ in form.values})

    def _take(self, method: str, address: str, response: Any) -> str:
        text = text_of(response)
        door = door_of(urlsplit(address).path)
        told = "\n".join(
            [text, *(f"{k}: {v}" for k, v in response.headers.items()),
             *(one.OutputString() for one in response.cookies.values())]
        )  # fmt: skip
        self._keep(method, address, door, response.status_code, told, address)
        return text

    def _keep(
        self, method: str, address: str, door: str, status: int, told: str, asked: str
    ) -> None:
        # What the question held itself comes back in many answers and teaches nobody anything.
        caught = self.traps.caught(told) - self.traps.caught(asked)
        one = Answer(method, address, door, status, frozenset(caught))
        self.answers.append(one)
        if status >= 500:
            self.broken.append(one)


def _mistyped(kind: str) -> str:
    """What is wrong in a field of this kind."""
    return {"number": "many", "date": "2026-02-30", "email": "@", "url": "://"}.get(kind, "")


def text_of(response: Any) -> str:
    """All that an answer holds, unpacked."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as box:
            raw = b"\n".join(box.read(name) for name in box.namelist())
    return str(raw, "utf-8", "replace")


def door_of(path: str) -> str:
    """The name of the address; empty where there is none."""
    try:
        match = resolve(path)
    except Resolver404:
        return ""
    return match.url_name or ""


def _short(route: Route) -> str:
    return route.name.rpartition(":")[2]


def _addresses(text: str, response: Any) -> Iterator[str]:
    for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Link", "Refresh"):
        if value := response.headers.get(name):
            yield value.rpartition("url=")[2].strip("<>")
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        yield from _IN_JSON.findall(text)
    elif "html" in kind:
        yield from _ADDRESS.findall(text)
        yield from _IN_JSON.findall(unescape(text))


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # the type of each field


class Forms(HTMLParser):
    """Reads the forms of a page, also fields that stand outside and name their form."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._named: dict[str, Form] = {}
        self._open: Form | None = None
        self._loose: list[tuple[str, str, str, str]] = []
        self._select: tuple[str, str, bool] | None = None
        self._area: tuple[str, str] | None = None
        self._text = ""

    @classmethod
    def of(cls, text: str) -> list[Form]:
        """The forms of a page."""
        if "<form" not in text:
            return []
        reader = cls()
        reader.feed(text)
        for form_id, name, value, kind in reader._loose:
            if form_id in reader._named:
                reader._add(reader._named[form_id], name, value, kind)
        return reader.forms

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = given.get("method", "get").lower()
            self._open = Form(given.get("action", given.get("hx-post", "")), method)
            if "hx-post" in given:
                self._open.method = "post"
            self.forms.append(self._open)
            if "id" in given:
                self._named[given["id"]] = self._open
        elif tag in ("input", "button") and "name" in given and "disabled" not in given:
            kind = given.get("type", "text" if tag == "input" else "submit").lower()
            if kind in ("checkbox", "radio") and "checked" not in given:
                self._note_kind(given, kind)
                return
            value = given.get("value", "on" if kind == "checkbox" else "")
            self._send(given.get("form", ""), given["name"], value, kind)
        elif tag == "select" and "name" in given:
            self._select = (given.get("form", ""), given["name"], False)
        elif tag == "option" and self._select is not None:
            form_id, name, done = self._select
            if not done or "selected" in given:
                self._send(form_id, name, given.get("value", ""), "select")
                self._select = (form_id, name, True)
        elif tag == "textarea" and "name" in given:
            self._area, self._text = (given.get("form", ""), given["name"]), ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            self._send(*self._area, self._text, "textarea")
            self._area = None

    def _note_kind(self, given: dict[str, str], kind: str) -> None:
        if self._open is not None:
            self._open.kinds.setdefault(given["name"], kind)

    def _send(self, form_id: str, name: str, value: str, kind: str) -> None:
        if form_id:
            self._loose.append((form_id, name, value, kind))
        elif self._open is not None:
            self._add(self._open, name, value, kind)

    def _add(self, form: Form, name: str, value: str, kind: str) -> None:
        if name in _NOISE:
            return
        form.kinds[name] = kind
        if kind == "submit":
            form.buttons.append((name, value))
        elif kind == "select":
            form.values = [pair for pair in form.values if pair[0] != name]
            form.values.append((name, value))
        else:
            form.values.append((name, value))


def asked_by_description(document: dict[str, Any], ids: dict[str, list[Any]]) -> Iterator[str]:
    """Every address that can be read over the API, bare and with each value of each parameter."""
    for path, operations in document["paths"].items():
        if "get" not in operations:
            continue
        names = re.findall(r"{(\w+)}", path)
        for at in range(max([1, *(len(ids.get(name, [0])) for name in names)])):
            filled = path
            for name in names:
                values = ids.get(name) or [0]
                filled = filled.replace(f"{{{name}}}", str(values[at % len(values)]))
            yield filled
            if at < 2:
                for parameter in operations["get"].get("parameters", []):
                    if parameter["in"] == "query":
                        for value in _values(parameter.get("schema", {})):
                            yield f"{filled}?{urlencode({parameter['name']: value})}"


def _values(schema: dict[str, Any]) -> Iterator[Any]:
    for one in (schema, *schema.get("anyOf", [])):
        yield from one.get("enum", [])
        if "const" in one:
            yield one["const"]
        if one.get("type") == "boolean":
            yield "true"
        if one.get("type") in ("integer", "number"):
            yield 1


def as_json(value: Any) -> str:
    """JSON as the builder's script sends it."""
    return json.dumps(value)
