"""What a file is, its bytes say; what is two files at once, is found."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files import samples
from tests.files.samples import office, opendocument, picture, zipped
from zhiyin.files.types import Doubt, Family, ends, find, kind
from zhiyin.files.types import zips as zips_module

TRUE = [
    (picture("PNG"), "png"),
    (picture("JPEG"), "jpeg"),
    (picture("GIF"), "gif"),
    (picture("WEBP"), "webp"),
    (picture("BMP"), "bmp"),
    (picture("TIFF"), "tiff"),
    (b"MM\0*" + bytes(20), "tiff"),
    (b"\0\0\0\x18ftypheic" + bytes(20), "heic"),
    (b"\0\0\0\x18ftypavif" + bytes(20), "avif"),
    (b"\0\0\0\x18ftypisom" + bytes(20), "mp4"),
    (samples.PDF, "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "ole"),
    (b"{\\rtf1}", "rtf"),
    (b"ID3\4" + bytes(20), "mp3"),
    (b"RIFF\x24\0\0\0WAVEfmt " + bytes(20), "wav"),
    (b"RIFF\x24\0\0\0AVI LIST" + bytes(20), "avi"),
    (b"OggS" + bytes(20), "ogg"),
    (b"#!AMR\n" + bytes(20), "amr"),
    (samples.GZIP, "gzip"),
    (samples.tar(), "tar"),
    (office("word"), "docx"),
    (office("xl"), "xlsx"),
    (office("ppt"), "pptx"),
    (opendocument("vnd.oasis.opendocument.text"), "odt"),
    (opendocument("vnd.oasis.opendocument.spreadsheet"), "ods"),
    (opendocument("epub+zip"), "epub"),
    (opendocument("something"), "zip"),
    (zipped("a.txt"), "zip"),
    (zipped("[Content_Types].xml", "other/a"), "zip"),
    (zipped(), "zip"),
    (zipped("META-INF/MANIFEST.MF"), "program"),
    (zipped("AndroidManifest.xml"), "program"),
    (b"MZ" + bytes(60), "program"),
    (b"\x7fELF" + bytes(60), "program"),
    (b"#!/bin/sh\nrm -rf x", "script"),
    (b"<?php echo 1;", "script"),
    (samples.SVG, "svg"),
    (b'\xef\xbb\xbf<?xml version="1.0"?><x:svg xmlns:x="http://www.w3.org/2000/svg"/>', "svg"),
    (samples.HTML, "html"),
    (b"  \n<HTML>", "html"),
    (b"<div onclick=x>", "html"),
    (b"a,b\n1,<iframe src=x>", "html"),
    ("<script>".encode("utf-16"), "html"),
    (b'<?xml version="1.0"?><a/>', "xml"),
    (b"a,b\n1,<b>2</b>\n", "text"),
    ("客户,电话\n林,138".encode(), "text"),
    ("客户,电话\n林,138".encode("gb18030"), "gb18030"),
    ("客户".encode("utf-16"), "text16"),
    (b"", "text"),
    (b"\0\1\2\3", "unknown"),
    (b"\xff\xff\xff", "unknown"),
    ("\0x".encode("utf-16"), "unknown"),
    (b"\xff\xfe\x00\xd8\x41\x00\x42\x00", "unknown"),
    ("x".encode("utf-16") + b"\x00\xd8", "text16"),
]


@pytest.mark.parametrize(
    ("data", "key"), TRUE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_bytes_say_what_a_file_is(data: bytes, key: str) -> None:
    found = find(io.BytesIO(data))
    assert (found.kind.key, found.doubt) == (key, None)


HOSTILE = {
    "a GIF that is a script": (samples.GIF_SCRIPT, Doubt.BROKEN),
    "a script behind a GIF": (picture("GIF") + b"*/=1;alert(1)", Doubt.POLYGLOT),
    "an archive behind a GIF": (picture("GIF") + zipped("a"), Doubt.POLYGLOT),
    "an archive behind a PDF": (samples.PDF + zipped("a"), Doubt.POLYGLOT),
    "an archive behind a text": (b"hello " * 9 + zipped("a"), Doubt.POLYGLOT),
    "a PDF within a picture": (b"BM\x40\0\0\0\0\0\0\0%PDF-1.4" + bytes(46), Doubt.POLYGLOT),
    "a page within a PNG": (
        picture("PNG").replace(b"IEND", b"<script>IEND"), Doubt.BROKEN,
    ),
    "a page behind a PNG": (picture("PNG") + b"<script>alert(1)</script>", Doubt.POLYGLOT),
    "a page behind a JPEG": (picture("JPEG") + b"<script>", Doubt.POLYGLOT),
    "a page in a JPEG's comment": (
        picture("JPEG", comment=b"<script>alert(1)</script>"), Doubt.POLYGLOT,
    ),
    "a page behind a WebP": (picture("WEBP") + b"<?php", Doubt.POLYGLOT),
    "a page in a sound": (b"ID3\4" + bytes(90) + b"<script>", Doubt.POLYGLOT),
    "a page in a PDF's head": (b"%PDF-1.4\n<script>alert(1)</script>", Doubt.POLYGLOT),
    "an archive behind an archive": (zipped("a") + zipped("b"), Doubt.POLYGLOT),
    "an archive cut off": (zipped("a", "b")[:40], Doubt.BROKEN),
    "an archive whose directory lies": (
        zipped("a").replace(b"PK\x01\x02", b"PK\x09\x09"), Doubt.BROKEN,
    ),
    "macros": (office("word", "word/vbaProject.bin"), Doubt.MACROS),
    "a PNG cut off": (picture("PNG")[:-6], Doubt.BROKEN),
    "a JPEG cut off": (picture("JPEG")[:-20], Doubt.BROKEN),
    "a WebP cut off": (picture("WEBP")[:-2], Doubt.BROKEN),
    "a BMP that is a script": (b"BM/*" + bytes(60) + b"*/", None),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_two_files_is_found(name: str) -> None:
    data, doubt = HOSTILE[name]
    found = find(io.BytesIO(data))
    if doubt is None:
        assert found.doubt is not None or found.kind.family is Family.UNKNOWN
    else:
        assert found.doubt is doubt


def test_a_tag_across_two_pieces_of_a_large_picture_is_found() -> None:
    data = b"ID3\4" + bytes((1 << 20) - 8) + b"<script>" + bytes(100)
    assert find(io.BytesIO(data)).doubt is Doubt.POLYGLOT


def test_padding_behind_a_picture_is_no_second_file() -> None:
    assert find(io.BytesIO(picture("JPEG") + bytes(32))).doubt is None


def test_a_text_longer_than_what_is_read_may_end_within_a_letter() -> None:
    data = ("客" * 30_000).encode()
    assert find(io.BytesIO(data)).kind.key == "text"


def test_an_archive_with_too_many_names_is_not_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zips_module, "MOST_DIRECTORY_BYTES", 10)
    found = find(io.BytesIO(office("word")))
    assert (found.kind.key, found.doubt) == ("zip", None)


def test_records_of_64_bits_are_no_second_file() -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", b"x")
        with archive.open("word/a.xml", "w", force_zip64=True) as file:
            file.write(b"x")
    assert find(out).kind.key == "docx"


def test_an_encrypted_first_file_is_an_archive_and_no_accident() -> None:
    data = bytearray(zipped("mimetype"))
    for at, offset in ((0, 6), (data.index(b"PK\x01\x02"), 8)):
        data[at + offset] |= 1  # the flag for encryption
    assert find(io.BytesIO(bytes(data))).doubt is Doubt.BROKEN


def test_a_jpeg_with_fill_and_restarts_ends_where_it_ends() -> None:
    data = (
        b"\xff\xd8" b"\xff\xe0\0\4xx" b"\xff\x01" b"\xff\xff\xda\0\2"
        b"data\xff\0more\xff\xd0even\xff\xff\xd9"
    )  # fmt: skip
    assert ends.end_of("jpeg", io.BytesIO(data), len(data)) == len(data)


@pytest.mark.parametrize(
    "data", [b"\xff\xd8x", b"\xff\xd8\xff\xe0\0\1", b"\xff\xd8\xff\xda\0\2data", b"\xff\xd8"]
)
def test_a_jpeg_that_does_not_hold_is_cut(data: bytes) -> None:
    with pytest.raises(ends.Cut):
        ends.end_of("jpeg", io.BytesIO(data), len(data))


def test_a_scan_longer_than_a_piece_is_followed() -> None:
    scan = b"x" * ((1 << 16) - 1) + b"\xff" + b"\0" + b"y" * 5
    data = b"\xff\xd8\xff\xda\0\2" + scan + b"\xff\xd9"
    assert ends.end_of("jpeg", io.BytesIO(data), len(data)) == len(data)


def test_a_gif_with_own_colours_and_comment_ends_where_it_ends() -> None:
    data = (
        b"GIF89a\1\0\1\0\x80\0\0" + bytes(6) + b"\x21\xfe\3abc\0"
        b"\x2c" + bytes(8) + b"\x80" + bytes(6) + b"\2\2\x4c\1\0" + b";"
    )
    assert ends.end_of("gif", io.BytesIO(data), len(data)) == len(data)


def test_every_kind_has_a_type_and_unknown_keys_are_unknown() -> None:
    assert kind("png").is_inert and not kind("svg").is_inert
    assert kind("of a later version").family is Family.UNKNOWN


@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    find(io.BytesIO(data))


@given(st.sampled_from([data for data, _ in TRUE]), st.integers(0, 300), st.binary(max_size=40))
def test_a_true_file_cut_and_mended_is_no_accident(data: bytes, at: int, more: bytes) -> None:
    find(io.BytesIO(data[:at] + more + data[at:]))
