"""What kind of file this is, found from its content and never from its name.

Format (delimited text, Excel, JSON lines, Parquet), compression, text encoding and delimiter.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .errors import EmptyFile, UnknownFormat, WrongEncoding

SAMPLE = 1 << 18


class Format(StrEnum):
    """The kinds of file that can be read."""

    DELIMITED = "delimited"
    EXCEL = "excel"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True)
class Detected:
    """What was found out about a file before its rows are read."""

    format: Format
    gzipped: bool
    encoding: str | None = None  # text formats only
    delimiter: str | None = None  # delimited text only
    zipped_workbook: bool = False

    @property
    def label(self) -> str:
        """The format as people call it."""
        if self.format is Format.DELIMITED:
            names = {",": "CSV", "\t": "TSV", ";": "CSV (;)", "|": "CSV (|)"}
            return names[self.delimiter or ","]
        return {"excel": "Excel", "jsonl": "JSON Lines", "parquet": "Parquet"}[self.format]


def detect(path: Path, encoding: str | None = None) -> Detected:
    """Find out what `path` is; raises the `FileProblem` that says what to do instead."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    gzipped = head[:2] == b"\x1f\x8b"
    if gzipped:
        head = _gzip_head(path)
    if not head.strip(b"\x00\x20\r\n\t\xef\xbb\xbf\xff\xfe"):
        raise EmptyFile
    if head[:4] == b"PAR1":
        return Detected(Format.PARQUET, gzipped)
    if head[:4] == b"PK\x03\x04":
        if not gzipped:
            _check_is_workbook(path)
        return Detected(Format.EXCEL, gzipped, zipped_workbook=True)
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return Detected(Format.EXCEL, gzipped)
    _refuse_known_strangers(head)
    found = encoding_of(head) if encoding is None else _known_encoding(encoding)
    text = _sample_text(head, found)
    if not text.strip("\ufeff \r\n\t\0"):
        raise EmptyFile
    start = text.lstrip("\ufeff \r\n\t")
    if start[0] == "{":
        return Detected(Format.JSON_LINES, gzipped, found)
    if start[0] == "[" and start[1:].lstrip()[:1] in ("{", "]"):
        raise UnknownFormat(
            "文件是一个 JSON 数组，需要每行一个 JSON 对象。",
            "The file is one JSON array; one JSON object a line is needed.",
        )
    if text.count("\0") > len(text) // 100:
        raise UnknownFormat("文件是二进制内容，不是表格。", "The file is binary, not a table.")
    return Detected(Format.DELIMITED, gzipped, found, delimiter_of(text))


def encoding_of(head: bytes) -> str:
    """The encoding of a sample: UTF-8, UTF-16 or GB18030; anything else is refused by name."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    # Separators, digits and line ends leave a zero on one side of every pair in UTF-16.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd > len(head) // 50:
        if odd > 20 * even:
            return "utf-16-le"
        if even > 20 * odd:
            return "utf-16-be"
        raise UnknownFormat("文件是二进制内容，不是表格。", "The file is binary, not a table.")
    if _decodes(head, "utf-8"):
        return "utf-8"
    if _mostly_utf8(head):
        return "utf-8"
    if sum(byte < 0x20 and byte not in b"\t\n\r\f\x1b" for byte in head) > len(head) // 50:
        raise UnknownFormat("文件是二进制内容，不是表格。", "The file is binary, not a table.")
    if _decodes(head, "gb18030") and _likely_chinese(head):
        return "gb18030"
    raise WrongEncoding("Windows-1252" if _decodes(head, "cp1252") else None)


def delimiter_of(text: str) -> str:
    """The sign between cells: the one that gives the most equal, widest first rows."""
    first = text.lstrip("\ufeff").split("\n", 1)[0].strip()
    if first.startswith("sep=") and len(first) == 5 and first[4] in ",;\t|":
        return first[4]
    best, best_score = ",", (0.0, 0)
    for sign in (",", "\t", ";", "|"):
        try:
            lines = io.StringIO(text.lstrip("\ufeff")[:65_536], newline="\n")
            rows = [row for row in csv.reader(lines, delimiter=sign) if row][:60]
        except csv.Error:
            continue
        if len(rows) > 1 and len(text) > 65_536:
            rows.pop()  # the sample cut it
        if not rows or len(rows[0]) < 2:
            continue
        width, count = len(rows[0]), Counter(map(len, rows))
        score = (count[width] / len(rows), width)
        if score[0] > best_score[0] + 0.2 or (
            score[0] > best_score[0] - 0.2 and score[1] > best_score[1]
        ):
            best, best_score = sign, score
    return best


def _gzip_head(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(SAMPLE)
    except (EOFError, OSError, zlib.error) as error:
        raise UnknownFormat("gzip 文件已损坏。", "The gzip file is damaged.") from error


def _check_is_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise UnknownFormat("压缩文件已损坏。", "The zip file is damaged.") from error
    if any(n.startswith("xl/workbook") for n in names) or "content.xml" in names:
        return
    sizes = "、".join(names[:3])
    raise UnknownFormat(
        f"这是一个 zip 压缩包（{sizes}），请先解压。",
        f"This is a zip archive ({', '.join(names[:3])}); unpack it first.",
    )


def _refuse_known_strangers(head: bytes) -> None:
    low = head[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    for start, name in (
        (b"%pdf", "PDF"),
        (b"\x89png", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"<!doctype", "HTML"),
        (b"<html", "HTML"),
        (b"<?xml", "XML"),
        (b"rar!", "RAR"),
        (b"7z\xbc\xaf", "7z"),
        (b"bzh", "bzip2"),
        (b"\xfd7zxz", "xz"),
        (b"(\xb5/\xfd", "zstd"),
    ):
        if low.startswith(start):
            raise UnknownFormat(f"这是 {name} 文件，不是表格。", f"This is {name}, not a table.")


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise WrongEncoding from error


def _sample_text(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        # An incremental decoder forgives a letter cut off by the end of the sample.
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(head: bytes) -> bool:
    """UTF-8 with a few broken letters: those rows are rejected later, the rest is good."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(head)
    broken = text.count("\ufffd")
    good = sum(1 for letter in text if ord(letter) > 0x7F) - broken
    return good > 20 * broken


def _likely_chinese(head: bytes) -> bool:
    """Whether the letters sit where Chinese text has them (GB2312), not where chance puts them."""
    text = codecs.getincrementaldecoder("gb18030")().decode(head)
    strange = [letter for letter in text if ord(letter) > 0x7F]
    usual = 0
    for letter in strange:
        try:
            usual += len(letter.encode("gb2312")) == 2
        except UnicodeEncodeError:
            continue
    return usual * 2 >= len(strange)
