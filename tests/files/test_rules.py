"""What is too large, what a name may be, how a file is handed out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.files import rules
from zhiyin.files.names import LONGEST, ending_of, tidy_name
from zhiyin.files.types import UNKNOWN, Doubt, kind


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\..\\evil.exe", "evil.exe"),
        ("bad\x00name.txt", "badname.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),  # turned, it would read "invoiceexe.pdf"
        ("\u2066a\u2069\u200b.txt", "a.txt"),
        ("合\u0301同.pdf", unicodedata.normalize("NFC", "合\u0301同.pdf")),
        ("e\u0301.txt", "é.txt"),
        ("a\r\nContent-Type: x.txt", "aContent-Type_ x.txt"),
        ("  a \u3000 b .txt ", "a b .txt"),
        ('<img src=x onerror="1">.png', "_img src=x onerror=_1__.png"),
        ("con.txt", "_con.txt"),
        ("...", "otherwise"),
        ("", "otherwise"),
        ("a/", "otherwise"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        ("x" * 300, "x" * LONGEST),
        ("x." + "y" * 300, ("x." + "y" * 300)[:LONGEST]),
    ],
)
def test_a_name_is_made_fit_to_be_shown(given: str, shown: str) -> None:
    assert tidy_name(given, "otherwise") == shown


@given(st.text())
def test_no_name_is_a_path_or_hides_anything(text: str) -> None:
    name = tidy_name(text, "otherwise")
    assert name and len(name) <= LONGEST + 1
    assert not set(name) & set('/\\<>:"|?*\0\r\n\u202e')
    assert name == unicodedata.normalize("NFC", name)
    assert tidy_name(name, "otherwise") == name


def test_an_ending_is_what_stands_behind_the_last_dot() -> None:
    assert (ending_of("a.tar.GZ"), ending_of("README")) == ("gz", "")


def test_limits_hold_for_a_request_a_file_and_a_record() -> None:
    limits = rules.Limits(file=100, record=250)
    assert limits.takes(100) and not limits.takes(101)
    assert limits.takes_length(100 + rules.ENVELOPE)
    assert not limits.takes_length(101 + rules.ENVELOPE)
    assert limits.has_room(150, 100) and not limits.has_room(151, 100)


@pytest.mark.parametrize(
    ("name", "key", "disguised"),
    [("a.png", "png", False), ("a.pdf", "png", True), ("a.jpg", "html", True),
     ("a", "html", False), ("a.weird", "pdf", False), ("a.docx", "unknown", True)],
)  # fmt: skip
def test_a_name_that_says_another_kind_is_a_disguise(name: str, key: str, disguised: bool) -> None:
    assert rules.is_disguised(name, kind(key)) is disguised


@pytest.mark.parametrize("key", ["html", "svg", "xml", "script", "program"])
def test_what_could_run_is_handed_out_as_bytes(key: str) -> None:
    assert rules.media_type(kind(key), None, False) == "application/octet-stream"
    assert rules.is_doubtful(kind(key), None, False)


def test_what_is_harmless_keeps_its_type_until_there_is_a_doubt() -> None:
    pdf = kind("pdf")
    assert rules.media_type(pdf, None, False) == "application/pdf"
    assert rules.media_type(pdf, None, True) == "application/octet-stream"
    assert rules.media_type(pdf, Doubt.POLYGLOT, False) == "application/octet-stream"
    assert rules.media_type(UNKNOWN, None, False) == "application/octet-stream"


def test_only_pictures_are_drawn_and_only_text_is_read() -> None:
    assert rules.is_drawable(kind("jpeg")) and not rules.is_drawable(kind("svg"))
    assert rules.is_readable(kind("gb18030")) and not rules.is_readable(kind("html"))
