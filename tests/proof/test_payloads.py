"""Hostile texts through every form: nothing breaks, nothing runs, nothing is cut on the way.

The forms are found on the pages themselves. What a form accepted is looked for in every text
column of the database, and every page is read again afterwards.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from tests.proof.canaries import Traps
from tests.proof.crawler import HOST, Crawler, Form, Forms, door_of, text_of
from tests.proof.payloads import PAYLOADS, PRODUCT, UNKEEPABLE, kept_as
from tests.proof.world import Company
from zhiyin.accounts.roles import Role
from zhiyin.accounts.routes import routes
from zhiyin.objects.definitions import fields_of, object_types

NEVER = {"account_logout", "language", "theme", "end_other_sessions", "deactivate_user"}
FREE = {"text", "textarea", "search"}
# Fields that take no free text: a form is not to be refused for these.
SOUND = {"email": "new@example.com", "phone": "+8613800138000", "birth_date": "", "due": "",
         "domain": "", "website": ""}  # fmt: skip
# Folded on purpose (what a search compares with), or not ours.
UNSEARCHED = {"customers_customersearch", "django_session", "procrastinate_jobs"}


@pytest.fixture
def desk(db: None) -> Iterator[tuple[Company, Client]]:
    """The company, and an administrator who types."""
    logging.disable(logging.CRITICAL)
    company = Company()
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[Role.ADMINISTRATOR])
    yield company, client
    logging.disable(logging.NOTSET)


def pages(company: Company, client: Client, whose: str = "reader:administrator") -> dict[str, str]:
    """One page behind each address that can be read, of one's rows: its text by its address."""
    ids = {**company.ids_for(company.tried_by(Role.ADMINISTRATOR)), **_some(company, whose)}
    crawler = Crawler(client, company.traps, {name: found[:1] for name, found in ids.items()})
    read = {}
    for address in dict.fromkeys(crawler._known_addresses()):
        response = client.get(address)
        if response.status_code == 200 and "html" in response.headers.get("Content-Type", ""):
            read[address] = text_of(response)
    return read


def _some(company: Company, whose: str) -> dict[str, list[Any]]:
    return {name: found for name, found in company.ids_for({whose}).items() if found}


def forms(
    company: Company, client: Client, whose: str = "reader:administrator"
) -> list[tuple[str, Form]]:
    """Every form that takes something written, once: the address that it is sent to, and it."""
    found: dict[tuple[str, ...], tuple[str, Form]] = {}
    for address, text in pages(company, client, whose).items():
        for form in Forms.of(text):
            to = urljoin(f"{HOST}{address}", form.action or address).removeprefix(HOST)
            door = door_of(urlsplit(to).path)
            written = any(kind in FREE for kind in form.kinds.values())
            if form.method == "post" and written and door not in NEVER:
                found.setdefault((door, *sorted(form.kinds)), (to, form))
    return list(found.values())


def filled(form: Form, text: str) -> dict[str, list[str]]:
    """The form with this text in everything that somebody can type into."""
    data: dict[str, list[str]] = {}
    for name, value in form.values:
        free = form.kinds.get(name) in FREE and name not in SOUND
        data.setdefault(name, []).append(text if free else SOUND.get(name, value))
    for name, value in form.buttons[:1]:
        data.setdefault(name, []).append(value)
    return data


def test_there_are_forms_to_try(desk: tuple[Company, Client]) -> None:
    doors = {door_of(urlsplit(to).path) for to, _ in forms(*desk)}
    assert doors >= {"new_customer", "note_customer", "new_task", "new_user", "departments",
                     "keep_view", "new_campaign", "tag_customer"}  # fmt: skip


@pytest.mark.slow
def test_hostile_texts_go_through_every_form_unharmed(desk: tuple[Company, Client]) -> None:
    company, client = desk
    found = forms(company, client)
    broken, cut, kept = [], [], 0
    for to, form in found:
        for name, text in {**PAYLOADS, **UNKEEPABLE}.items():
            with transaction.atomic():
                before = written()
                response = client.post(to, filled(form, text))
                if response.status_code >= 500:
                    broken.append((to, name, response.status_code))
                elif response.status_code < 400 and name not in ("spaces", "nul"):
                    tables = {table for table, rows in written().items()
                              if rows != before.get(table, 0)}  # fmt: skip
                    stored = texts_like(text, tables)
                    kept += bool(stored)
                    if stored and not any(same(text, one) for one in stored):
                        cut.append((to, name, stored[0][:80]))
                # Every fourth stays, for the pages to show; the others make room for it.
                transaction.set_rollback(hash_of(name) % 4 != 0 or name in UNKEEPABLE)
    assert broken == []
    assert cut == []
    assert kept > 3 * len(PAYLOADS)
    ran = [
        (address, what)
        for address, text in pages(company, client).items()
        for what in Suspicious.of(text)
    ]
    assert ran == []


def hash_of(name: str) -> int:
    """A number of a name that is the same in every run."""
    return list(PAYLOADS).index(name) if name in PAYLOADS else 1


def same(typed: str, stored: str) -> bool:
    """Whether a stored text is what was typed, alone or among other texts (a search, JSON)."""
    return any(one and (one == stored or one in stored) for one in kept_as(typed))


def written() -> dict[str, int]:
    """How many rows were written in each table so far in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select relname, n_tup_ins + n_tup_upd from pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def texts_like(text: str, tables: set[str]) -> list[str]:
    """Every text stored in these tables that holds the beginning of this one."""
    start = max((piece for piece in re.split(r"[\s\x00-\x1f]+", text) if piece), key=len)[:12]
    start = min(kept_as(start), key=len)
    found: list[str] = []
    for model in apps.get_models():
        if model._meta.db_table not in tables or model._meta.db_table in UNSEARCHED:
            continue
        columns = [
            f'"{field.column}"::text'
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
        ]
        if not columns:
            continue
        where = " or ".join(f"strpos({column}, %s) > 0" for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"select {', '.join(columns)} from {model._meta.db_table} where {where} limit 20",
                [start] * len(columns),
            )
            for row in cursor.fetchall():
                found += [value for value in row if value and start in value]
    return found


class Suspicious(HTMLParser):
    """Finds in a page what only an unescaped payload can have put there."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def of(cls, text: str) -> list[str]:
        """What is wrong with a page."""
        reader = cls()
        reader.feed(text)
        if PRODUCT in text:
            reader.found.append("a template was evaluated")
        return reader.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"<{tag} {name}={value}>")
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post") and (
                (value or "").strip().lower().startswith(("javascript:", "data:text"))
            ):
                self.found.append(f"<{tag} {name}={value}>")
        if tag == "script" and not {"src", "type"} & {name for name, _ in attrs}:
            self.found.append("a script that is not ours")


def test_no_cell_of_an_export_begins_a_formula(desk: tuple[Company, Client]) -> None:
    company, client = desk
    for row, text in zip(company.rows.values(), PAYLOADS.values(), strict=False):
        type(row.customer).objects.filter(pk=row.customer.pk).update(city=text, name=text)
    formulas = [text for name, text in PAYLOADS.items() if "formula" in name]
    for row, text in zip(company.rows.values(), formulas, strict=False):
        type(row.customer).objects.filter(pk=row.customer.pk).update(
            name=text, country=text, province=text, tags=[text]
        )
    query = "?set=1&col=name&col=city&col=country&col=province&col=tags"
    data = {"query": query, "all": "1"}
    raw = text_of(client.post(reverse("export_customers"), {**data, "format": "csv"}))
    cells = [cell for line in csv.reader(io.StringIO(raw.removeprefix("\ufeff"))) for cell in line]
    assert len(cells) > 4 * len(company.rows)
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell not in ("", "-")] == []
    book = text_of(client.post(reverse("export_customers"), {**data, "format": "xlsx"}))
    assert "<f>" not in book
    assert "cmd|" in book


class Formulas(Traps):
    """Traps whose words begin as a spreadsheet's formulas do."""

    def word(self, thing: str, field: str, row: str = "") -> str:
        found = super().word(thing, field, row)
        return "=+-@"[len(self.by_needle) % 4] + found

    def email(self, thing: str, field: str, row: str) -> str:
        return f"{super().word(thing, field, row)}@example.com"


def test_no_file_that_can_be_downloaded_holds_a_formula(db: None) -> None:
    """Every route that hands out a table, with all columns, opened as a spreadsheet opens it."""
    company = Company(Formulas())
    admin, client = company.readers[Role.ADMINISTRATOR], Client()
    client.force_login(admin)
    crawler = Crawler(client, company.traps, company.ids_for({"reader:administrator", ""}))
    opened: dict[str, int] = {}
    for route in routes():
        if not re.search("export|rejects", route.name):
            continue
        plural = route.name.rpartition("_")[2]
        known = next((one for one in object_types().values() if one.plural_name == plural), None)
        columns = "".join(f"&col={key}" for key in (fields_of(known) if known else ()))
        for address, kind in product(crawler.with_ids(route), ("csv", "xlsx")):
            sent = {"query": f"?set=1{columns}", "all": "1", "format": kind}
            for answer in (client.get(address), client.post(address, sent)):
                if answer.get("Content-Type", "") in ("application/x-ndjson", "application/json"):
                    continue  # JSON, which no spreadsheet opens
                if answer.status_code == 200 and "attachment" in answer.get(
                    "Content-Disposition", ""
                ):
                    cells = cells_of(answer)
                    opened[f"{route.name} {kind}"] = len(cells)
                    assert company.traps.caught(" ".join(cells)) or "dashboard" in route.name
                    assert [one for one in cells if begins_a_formula(one)] == [], address
    assert len(opened) >= 6, opened
    assert all(opened.values())


def cells_of(answer: Any) -> list[str]:
    """The texts of a table as a spreadsheet reads it; in XLSX a formula keeps its sign."""
    raw = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if raw[:2] != b"PK":
        table = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
        return [cell for line in table for cell in line]
    with zipfile.ZipFile(io.BytesIO(raw)) as box:
        whole = "".join(box.read(name).decode() for name in box.namelist() if "xml" in name)
    formulas = [f"={one}" for one in re.findall(r"<f[ >].*?</f>", whole)]
    return [*formulas, *(f"'{one}" for one in re.findall(r"<t[^>]*>(.*?)</t>", whole))]


def begins_a_formula(cell: str) -> bool:
    """As Excel, LibreOffice and WPS see it; a number may be negative."""
    start = cell.lstrip(" \u00a0\u3000\ufeff")[:1]
    return start in set("=+-@\t\r\n|%＝＋－＠") and not re.fullmatch(r"[-+]?[\d.,]*%?", cell)


def test_hostile_texts_over_the_api_are_kept_whole_or_refused(
    desk: tuple[Company, Client],
) -> None:
    company, client = desk
    person = company.rows["elsewhere"].customer
    at = f"/api/v1/customers/{person.pk}"
    for name, text in {**PAYLOADS, **UNKEEPABLE}.items():
        person.refresh_from_db()
        answer = client.patch(
            at, json.dumps({"version": person.version, "city": text, "name": text}),
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code in (200, 422), (name, answer.content)
        if answer.status_code == 200 and name != "spaces":
            read: dict[str, Any] = client.get(at).json()
            assert same(text, read["name"]), name
            assert same(text, read["city"]), name
        tagged = client.post(f"{at}/tags", json.dumps({"tag": text}), "application/json")
        assert tagged.status_code in (200, 422), (name, tagged.content)


@pytest.mark.parametrize("kind", ["", "text\x00", "__class__"])
def test_a_field_of_no_known_type_comes_back_as_a_form(
    desk: tuple[Company, Client], kind: str
) -> None:
    _, client = desk
    for name, sent in (("new_custom_field", "type"), ("preview_custom_field", "known_type")):
        answer = client.post(reverse(name, args=["company"]), {sent: kind, "sample": "x"})
        assert answer.status_code in (200, 422), (name, answer.status_code)
