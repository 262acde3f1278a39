"""Any table that people send is read, and each bad file says what to do."""

from __future__ import annotations

import contextlib
import csv
import gzip
import random
import zipfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from zhiyin.cleaning.errors import (
    DuplicateHeader,
    EmptyFile,
    FileProblem,
    NoSpace,
    TooLarge,
    UnknownFormat,
    WrongEncoding,
)
from zhiyin.cleaning.limits import Limits, ensure_space
from zhiyin.cleaning.reading import SourceFile, open_file

CHINESE = "姓名,城市,备注\n林静姝,上海,老客户\n张伟,北京,喜欢喝茶\n"


def write(folder: Path, content: bytes | str, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(file: SourceFile) -> list[list[str | None]]:
    return [
        [row[name] for name in file.columns] for b in file.batches() for row in b.table.to_pylist()
    ]


def rejected(file: SourceFile) -> list[tuple[int, str]]:
    return [(r["row_number"], r["code"]) for b in file.batches() for r in b.rejected.to_pylist()]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_encoding_is_found_by_itself(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = CHINESE.encode(encoding)
    file = open_file(write(tmp_path, gzip.compress(content) if packed else content))
    assert file.columns == ("姓名", "城市", "备注")
    assert rows(file) == [["林静姝", "上海", "老客户"], ["张伟", "北京", "喜欢喝茶"]]


@pytest.mark.parametrize("sign", [",", "\t", ";", "|"])
def test_the_separator_is_found_by_itself(tmp_path: Path, sign: str) -> None:
    text = "a,b,c\n1,x y,3\n4,z,6\n".replace(",", sign)
    assert rows(open_file(write(tmp_path, text))) == [["1", "x y", "3"], ["4", "z", "6"]]


def test_amounts_with_decimal_commas_do_not_confuse_the_separator(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, "Artikel;Preis;Menge\nA;1,50;2\nB;2,75;1\n"))
    assert file.columns == ("Artikel", "Preis", "Menge")
    assert rows(file)[0] == ["A", "1,50", "2"]


def test_the_hint_that_excel_writes_is_no_header(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, "sep=;\r\na;b\r\n1;2\r\n"))
    assert file.columns == ("a", "b")
    assert file.header_row == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_read(tmp_path: Path, end: str) -> None:
    assert rows(open_file(write(tmp_path, end.join(["a,b", "1,2", "3,4"])))) == [
        ["1", "2"],
        ["3", "4"],
    ]


def test_row_numbers_are_the_lines_a_person_sees(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, 'a,b\n1,"two\nlines"\n\n3,4\n'))
    numbers = [r["row_number"] for b in file.batches() for r in b.table.to_pylist()]
    assert numbers == [2, 5]
    assert rows(file)[0] == ["1", "two\nlines"]


def test_ragged_rows_are_rejected_and_never_shift_cells(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12,,\n13,14,15\n"))
    assert rows(file) == [["1", "2", "3"], ["10", "11", "12"], ["13", "14", "15"]]
    assert rejected(file) == [(3, "ragged_row"), (4, "ragged_row")]


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    lines = ["a,b", "1,2", '3,"oops', *(f"{n},x" for n in range(5_000))]
    file = open_file(write(tmp_path, "\n".join(lines)))
    assert len(rows(file)) == 5_001
    assert rejected(file) == [(3, "quote_not_closed")]


def test_bytes_that_do_not_decode_reject_their_row_only(tmp_path: Path) -> None:
    good = "".join(f"客户{n},上海\n" for n in range(200)).encode()
    file = open_file(write(tmp_path, b"name,city\n" + good + b"\xff\xfe,x\nlast,y\n"))
    assert len(rows(file)) == 201
    assert rejected(file) == [(202, "unreadable_letters")]


def test_a_nul_rejects_its_row(tmp_path: Path) -> None:
    text = "a,b\n" + "1,2\n" * 300 + "x\0y,3\n"
    file = open_file(write(tmp_path, text))
    assert rejected(file) == [(302, "nul_character")]
    assert len(rows(file)) == 300


def test_html_formulas_emoji_and_rare_hanzi_are_kept_as_text(tmp_path: Path) -> None:
    odd = ["<script>alert(1)</script>", "=1+1", "👩‍👩‍👧 妈妈", "𠮷野家", "㛃䶮", "@cmd"]
    text = "name,n\n" + "".join(f"{cell},1\n" for cell in odd)
    for encoding in ("utf-8", "gb18030", "utf-16"):
        file = open_file(write(tmp_path, text.encode(encoding)), encoding=encoding)
        assert [row[0] for row in rows(file)] == odd


def workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("empty")
    sheet = book.add_worksheet("orders")
    sheet.write_row(0, 0, ["订单号", "日期", "数量", "合计"])
    form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write(1, 0, 536365)
    sheet.write_datetime(1, 1, datetime(2011, 1, 5, 8, 26), form)
    sheet.write(1, 2, 1.5)
    sheet.write_formula(1, 3, "=C2*2", None, 3)
    sheet.write_string(3, 0, "=HYPERLINK(1)")
    book.close()
    return path


def test_excel_gives_values_of_formulas_and_dates(tmp_path: Path) -> None:
    file = open_file(workbook(tmp_path / "book.bin"))
    assert rows(file) == [
        ["536365", "2011-01-05 08:26:00", "1.5", "3"],
        ["=HYPERLINK(1)", "", "", ""],
    ]
    numbers = [r["row_number"] for b in file.batches() for r in b.table.to_pylist()]
    assert numbers == [2, 4]


def test_json_lines_keep_digits_and_reject_broken_lines(tmp_path: Path) -> None:
    text = '{"id": 1, "price": 1.10}\n\n{"id": "二", "tags": ["a"], "none": null}\n{broken\n'
    file = open_file(write(tmp_path, text))
    assert file.columns == ("id", "price", "tags", "none")
    assert rows(file) == [["1", "1.10", None, None], ["二", None, '["a"]', None]]
    assert rejected(file) == [(4, "not_json")]


def test_parquet_is_read_as_text(tmp_path: Path) -> None:
    table = pa.table({"n": [1, 2], "s": ["a", None], "l": [[1], []]})
    pq.write_table(table, tmp_path / "t")
    assert rows(open_file(tmp_path / "t")) == [["1", "a", "[1]"], ["2", None, "[]"]]
    packed = write(tmp_path, gzip.compress((tmp_path / "t").read_bytes()), "t.gz")
    assert rows(open_file(packed))[0] == ["1", "a", "[1]"]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
def test_an_empty_file_is_called_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(EmptyFile):
        open_file(write(tmp_path, content))


def test_a_duplicate_header_names_the_column(tmp_path: Path) -> None:
    with pytest.raises(DuplicateHeader) as caught:
        open_file(write(tmp_path, "电话,name,电话\n1,2,3\n"))
    assert "电话" in caught.value.message["zh"]
    assert "电话" in caught.value.message["en"]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 ...",
        b"<!DOCTYPE html><html>",
        b"\x89PNG\r\n\x1a\n0000",
        b'[{"a": 1}]',
        bytes(range(256)) * 20,
        b"PAR1 but then nothing",
        b"PK\x03\x04 cut",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook",
        gzip.compress(b"a,b\n1,2\n" * 1000, mtime=0)[:-20],
    ],
)
def test_what_is_no_table_is_refused_with_advice(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnknownFormat) as caught:
        for _ in open_file(write(tmp_path, content)).batches():
            pass
    assert "CSV" in caught.value.message["zh"]
    assert "CSV" in caught.value.message["en"]


def test_another_encoding_is_named_and_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path, "name,city\nJosé,Málaga\nMüller,Köln\n".encode("cp1252"))
    with pytest.raises(WrongEncoding) as caught:
        open_file(path)
    assert "Windows-1252" in caught.value.message["zh"]
    assert rows(open_file(path, encoding="cp1252"))[1] == ["Müller", "Köln"]
    with pytest.raises(WrongEncoding):
        open_file(path, encoding="no-such")


def test_a_gzip_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"0,0\n" * 5_000_000, 9)
    path = write(tmp_path, bomb)
    with pytest.raises(TooLarge) as caught:
        for _ in open_file(path, limits=Limits(ratio=100, ratio_from=1 << 20)).batches():
            pass
    assert "zip bomb" in caught.value.message["en"]
    with pytest.raises(TooLarge):
        for _ in open_file(path, limits=Limits(unpacked=1 << 20)).batches():
            pass


def test_a_workbook_bomb_is_stopped_even_when_its_directory_lies(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (40 << 20))
    content = bytearray(path.read_bytes())
    size = (40 << 20).to_bytes(4, "little")
    content = content.replace(size, (100).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(TooLarge):
        open_file(path, limits=Limits(workbook=8 << 20))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        for _ in open_file(
            write(tmp_path, "a,b\n" + "x" * (4 << 20)), limits=Limits(line=1 << 20)
        ).batches():
            pass


def test_a_small_disk_is_noticed_before_the_first_byte(tmp_path: Path) -> None:
    with pytest.raises(NoSpace) as caught:
        ensure_space(tmp_path, 2 << 30, free_bytes=lambda _: 100 << 20)
    assert "2.0 GB" in caught.value.message["zh"]
    ensure_space(tmp_path, 1)


def test_batches_can_be_read_twice_and_are_bounded(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, "a,b\n" + "1,2\n" * 1000))
    for _ in range(2):
        sizes = [batch.table.num_rows for batch in file.batches(300)]
        assert sizes == [300, 300, 300, 100]


MESSY = (
    'a,b\r\n1,"x, y"\r\n\r\n2,"two\nlines"\n3\n4,"open\n5,z\n6,7,8\n9,"say ""hi"""\n,\n10,"" \n'
    + "".join(f"{n},plain\n" for n in range(40))
    + '11,last\r12,x\n13,"never closed\n14,end'
)


@pytest.mark.parametrize("size", [1, 7, 16, 64, 200])
def test_rows_are_the_same_however_the_file_is_cut_into_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    file = open_file(write(tmp_path, MESSY))
    tables = [batch.table for batch in file.batches()]
    expected = (pa.concat_tables(tables).to_pylist(), rejected(file))
    assert len(expected[0]) == 46
    assert [code for _, code in expected[1]] == [
        "ragged_row", "quote_not_closed", "ragged_row", "stray_line_break", "quote_not_closed",
    ]  # fmt: skip
    monkeypatch.setattr("zhiyin.cleaning.delimited._CHARS", size)
    found = pa.concat_tables([batch.table for batch in file.batches()]).to_pylist()
    assert (found, rejected(file)) == expected


def test_a_column_called_row_number_does_not_hide_ours(tmp_path: Path) -> None:
    file = open_file(write(tmp_path, "row_number,\n7,8\n"))
    assert file.columns == ("row_number (file)", "column 2")
    assert rows(file) == [["7", "8"]]


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0\r\ufeff", exclude_categories=["Cs"])),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out)
        writer.writerow(["a", "b", "c"])
        writer.writerows(cells)
    kept = [row for row in cells if any(cell.strip() for cell in row)]
    file = open_file(path, encoding="utf-8-sig")
    assert [row for row in rows(file) if any((c or "").strip() for c in row)] == kept


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_never_break_the_reader(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    kinds = [
        CHINESE.encode() * 20,
        gzip.compress(CHINESE.encode() * 20, mtime=0),
        workbook(tmp_path / "w").read_bytes(),
        b'{"a": 1, "b": "x"}\n' * 30,
        CHINESE.encode("utf-16") * 5,
    ]
    content = bytearray(kinds[seed % len(kinds)])
    for _ in range(chance.randint(1, 30)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    with contextlib.suppress(FileProblem):
        for batch in open_file(write(tmp_path, bytes(content))).batches():
            assert batch.table.num_columns > 1
