"""What people send by mistake or on purpose: clear words on the screen, nothing half-loaded."""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
import xlsxwriter
from django.conf import settings
from pytest_django import Settings

from tests import factories
from tests.collect.desk import Desk, note_of
from tests.collect.state import digest
from zhiyin.accounts.roles import Role
from zhiyin.collect import services
from zhiyin.collect.models import Import
from zhiyin.customers.models import Customer

HEADER = "order,date,sku,product,quantity,price,customer"
GOOD = "1,2026-03-01 10:00,A,Tea,1,10.00,C1"
Usage = namedtuple("Usage", "total used free")


def _kept() -> list[str]:
    folder = Path(settings.DATA) / "imports"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def _workbook(*rows: list[str]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return out.getvalue()


def _workbook_bomb() -> bytes:
    out = io.BytesIO(_workbook(["a"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/b", "w") as part:
        for _ in range(100):
            part.write(bytes(1 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        pytest.param(b"", "empty.csv", "holds no data", id="an empty file"),
        pytest.param(b" \r\n\n", "blank.csv", "holds no data", id="only empty lines"),
        pytest.param(b"a,b,a\n1,2,3\n", "twice.csv", "more than one column named", id="a header"),
        pytest.param(
            "编号,姓名\n1,林\n".encode("gbk")[:-2] + b"\xff\xfe\x81\n", "odd.csv", "encoding",
            id="wrong encoding",
        ),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "photo.csv", "Save it as CSV", id="a picture"),
        pytest.param(b"PK\x03\x04 broken", "book.xlsx", "Save it as CSV", id="a broken workbook"),
        pytest.param(_workbook_bomb(), "bomb.xlsx", "zip bomb", id="a zip bomb"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    desk: Desk, content: bytes, name: str, words: str
) -> None:
    kept = _kept()
    answer = desk.upload(content, name)
    assert answer.status_code == 422
    assert words in note_of(answer)
    assert not Import.objects.exists()
    assert _kept() == kept


def test_the_reason_is_said_in_chinese_too(db: None) -> None:
    answer = Desk(factories.user(Role.MARKETER, locale="zh-hans")).upload(b"", "empty.csv")
    assert "没有收下这个文件 文件里没有数据。" in note_of(answer)


def test_nothing_chosen_is_said(desk: Desk) -> None:
    answer = desk.post("new_import")
    assert (answer.status_code, "Choose a file first." in note_of(answer)) == (422, True)


def test_a_gzip_bomb_is_stopped_while_it_is_checked(desk: Desk) -> None:
    row = (GOOD + " " * 4000 + "\n").encode()
    bomb = gzip.compress(f"{HEADER}\n".encode() + row * 20_000, 9)
    one = desk.uploaded(bomb, "bomb.csv.gz")
    before = digest()
    desk.map(one)
    with pytest.raises(Exception, match="zip bomb"):
        desk.wait()
    one.refresh_from_db()
    assert one.state == Import.State.NEW
    assert "zip bomb" in note_of(desk.get("import", one))
    assert digest() == before


@pytest.mark.parametrize("when", ["before it is read", "while it is written"])
def test_a_file_that_the_disk_cannot_hold_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    free = iter([1 << 40] * 2 if when == "while it is written" else [])
    usage = lambda path: Usage(1 << 40, 0, next(free, 1 << 20))  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
    kept = _kept()
    answer = desk.upload(f"{HEADER}\n{GOOD}\n")
    assert answer.status_code in (413, 422)
    assert "Not enough disk space" in note_of(answer)
    assert not Import.objects.exists()
    assert _kept() == kept


def test_a_file_over_the_limit_is_refused(desk: Desk, settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    answer = desk.upload(f"{HEADER}\n" + f"{GOOD}\n" * 100)
    assert answer.status_code == 413
    assert "over the limit of 1,000 bytes" in note_of(answer)


def test_a_missing_column_is_named(desk: Desk) -> None:
    one = desk.uploaded("order,sku,quantity,price\n1,A,1,2\n")
    answer = desk.map(one)
    assert answer.status_code == 422
    assert "Required columns are missing: Time of order." in note_of(answer)
    one.refresh_from_db()
    assert one.state == Import.State.NEW


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("2,2026-03-01 10:00,A", None, "3 cells"),
        ("2,2026-03-01 10:00,A,Tea,1,2,C1,more,and more", None, "9 cells"),
        ("2,2026-02-30 10:00,A,Tea,1,2,C1", "date", "does not exist"),
        ("2,yesterday,A,Tea,1,2,C1", "date", "not a date"),
        ("2,2096-03-01 10:00,A,Tea,1,2,C1", "date", "future"),
        ("2,2026-03-01 10:00,A,Tea,1,-2,C1", "price", "negative"),
        ("2,2026-03-01 10:00,A,Tea,1.5,2,C1", "quantity", "whole"),
        ("2,2026-03-01 10:00,A,Tea,=1+1,2,C1", "quantity", "number"),
        (",2026-03-01 10:00,A,Tea,1,2,C1", "order", "empty"),
        ("2,2026-03-01 10:00,A,T\x00ea,1,2,C1", None, "NUL"),
    ],
)
def test_a_bad_row_is_set_apart_with_row_field_and_reason(
    desk: Desk, row: str, field: str | None, reason: str
) -> None:
    one = desk.loaded(f"{HEADER}\n{GOOD}\n{row}\n3{GOOD[1:]}\n")
    found = services.rejected_rows(one).to_pylist()
    assert [(entry["row_number"], entry["field"]) for entry in found][:1] == [(3, field)]
    assert reason in found[0]["reason_en"]
    page = desk.page("import", one)
    assert "Rejected rows" in page
    assert one.loaded >= 1


def test_formulas_markup_and_rare_letters_are_only_text(desk: Desk) -> None:
    names = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A1",
        "𠮷田🍵",
        "欧阳修\u200b",
        "O'Neil; --",
    ]
    people = "\n".join(f'K{place},"{name}"' for place, name in enumerate(names))
    one = desk.uploaded(f"customer id,name\n{people}\n", "people<b>.csv")
    page = desk.page("import_columns", one)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    desk.map(one)
    desk.wait()
    desk.post("load_import", one)
    desk.wait()
    one.refresh_from_db()
    assert one.loaded == len(names)
    stored = set(Customer.objects.values_list("name", flat=True))
    assert {"<script>alert(1)</script>", "𠮷田🍵", "欧阳修"} <= stored
    for name in ("import", "imports"):
        shown = desk.page(name, one if name == "import" else None)
        assert "people<b>" not in shown
        assert "people&lt;b&gt;" in shown


def test_an_encoding_that_cannot_be_told_is_named(desk: Desk) -> None:
    answer = desk.upload("name,city\nJosé,Málaga\nMüller,Köln\n".encode("cp1252"), "people.csv")
    assert "It looks like Windows-1252. Save it as UTF-8" in note_of(answer)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_letters_are_read_in_the_encodings_that_people_use(desk: Desk, encoding: str) -> None:
    text = "客户编号,姓名\nK1,林静姝\nK2,陈思远\n"
    desk.loaded(text.encode(encoding), "people.csv")
    assert Customer.objects.get(number="K1").name == "林静姝"


def test_a_workbook_and_json_lines_are_read(desk: Desk) -> None:
    desk.loaded(_workbook(["客户编号", "姓名"], ["K1", "林静姝"]), "people.xlsx")
    desk.loaded('{"客户编号": "K2", "姓名": "陈思远"}\n', "people.jsonl")
    assert sorted(Customer.objects.values_list("name", flat=True)) == ["林静姝", "陈思远"]
