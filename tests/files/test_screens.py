"""The list on a record, uploading, previews: hostile names and texts are text."""

from __future__ import annotations

import json

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.files import samples
from tests.files.desk import Desk
from zhiyin.files.models import File

SCRIPT = "<script>alert(1)</script>"


def _post(desk: Desk, *uploads: SimpleUploadedFile, **headers: str):  # type: ignore[no-untyped-def]
    address = reverse("record_files", args=desk.ref)
    return desk.client(desk.owner).post(address, {"file": list(uploads)}, headers=headers)


def _upload(data: bytes = samples.PDF, name: str = "a.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/html")


def test_several_files_are_attached_at_once_and_stand_on_the_record(desk: Desk) -> None:
    answer = _post(desk, _upload(), _upload(b"x", "b.txt"))
    assert answer.status_code == 302
    page = desk.client(desk.reader).get(f"/customers/{desk.customer.pk}/?tab=files")
    text = page.content.decode()
    assert "a.pdf" in text and "b.txt" in text
    assert "data-files" not in text  # who only reads has nothing to drop on
    assert "data-files" in desk.client(desk.owner).get(page.request["PATH_INFO"] + "?tab=files"
                                                       ).content.decode()  # fmt: skip


def test_an_upload_by_script_answers_the_new_list(desk: Desk) -> None:
    answer = _post(desk, _upload(), hx_request="true")
    assert answer.status_code == 200
    assert b'id="files"' in answer.content and b"<html" not in answer.content


def test_the_declared_type_is_not_believed(desk: Desk) -> None:
    _post(desk, _upload())
    assert File.objects.get().content.kind == "pdf"


def test_a_refusal_says_why(desk: Desk, settings: LazySettings) -> None:
    assert _post(desk).status_code == 422
    settings.MAX_FILE_BYTES = 10
    too_large = _post(desk, _upload(), hx_request="true")
    assert too_large.status_code == 413
    assert too_large.headers["Content-Type"].startswith("text/plain")
    assert _post(desk, _upload(bytes(100_000))).status_code == 413  # by its length alone
    settings.MAX_FILE_BYTES, settings.MAX_RECORD_FILES_BYTES = 10**6, 1
    assert _post(desk, _upload()).status_code == 422
    assert not File.objects.exists()


def test_an_upload_without_a_token_is_refused(desk: Desk) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(desk.owner)
    address = reverse("record_files", args=desk.ref)
    assert client.post(address, {"file": _upload()}).status_code == 403
    assert not File.objects.exists()


def test_deleting_says_so_with_a_way_back(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    client = desk.client(desk.owner)
    gone = client.post(reverse("delete_file", args=[made.pk]), headers={"hx-request": "true"})
    undo = json.loads(gone.headers["HX-Trigger"])["toast"]["undo"]
    assert "1 deleted file" in gone.content.decode()
    assert client.post(undo).status_code == 302
    made.refresh_from_db()
    assert made.deleted_at is None
    assert client.post(reverse("delete_file", args=[made.pk])).status_code == 302
    again = client.post(undo, headers={"hx-request": "true"})
    assert again.status_code == 200 and b"a.pdf" in again.content


def test_a_file_without_room_to_come_back_says_so(desk: Desk, settings: LazySettings) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    client = desk.client(desk.owner)
    client.post(reverse("delete_file", args=[made.pk]))
    settings.MAX_RECORD_FILES_BYTES = 1
    assert client.post(reverse("restore_file", args=[made.pk])).status_code == 422


@pytest.mark.parametrize(
    ("data", "name", "seen"),
    [
        (f"hello {SCRIPT.replace('script', 'b')}".encode(), "a.txt", "&lt;b&gt;alert"),
        ("=1+1,<b>x</b>\n客户,2".encode("gb18030"), "a.csv", "<td>=1+1</td>"),
        ("a\tb".encode("utf-16"), "a.tsv", "<td>b</td>"),
        (b"a\rb,c\r", "a.csv", "<pre"),  # no table that can be read
        (b'a,"' + b"x" * 200_000, "a.csv", "xxx"),
    ],
)
def test_a_text_is_shown_and_stays_text(desk: Desk, data: bytes, name: str, seen: str) -> None:
    made = desk.attach(data, name)
    page = desk.client(desk.reader).get(reverse("file", args=[made.pk])).content.decode()
    assert seen in page
    assert "<b>x</b>" not in page and "<b>alert" not in page


def test_a_long_table_shows_its_beginning_and_says_so(desk: Desk) -> None:
    made = desk.attach(b"a,b\n" * 40_000, "a.csv")
    page = desk.client(desk.reader).get(reverse("file", args=[made.pk])).content.decode()
    assert page.count("<tr>") == 50 and "Only the beginning" in page


def test_what_has_no_preview_offers_to_save_it(desk: Desk) -> None:
    made = desk.attach(samples.HTML, "a.html")
    page = desk.client(desk.reader).get(reverse("file", args=[made.pk])).content.decode()
    assert "no preview" in page and "alert(1)" not in page


def test_a_hostile_name_is_text_everywhere(desk: Desk) -> None:
    desk.attach(samples.PDF, f"{SCRIPT}\u202e.pdf")
    for address in (f"/customers/{desk.customer.pk}/?tab=files", f"/customers/{desk.customer.pk}/"):
        page = desk.client(desk.owner).get(address).content.decode()
        assert "<script>alert" not in page and "\u202e" not in page


def test_the_timeline_tells_what_was_attached_until_it_is_deleted(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    (line,) = [line for line in desk.timeline() if line.kind == "file"]
    assert line.parts[1].text == "a.pdf"
    desk.client(desk.owner).post(reverse("delete_file", args=[made.pk]))
    assert not [line for line in desk.timeline() if line.kind == "file"]


def test_the_list_warns_of_what_is_not_what_it_says(desk: Desk) -> None:
    desk.attach(samples.HTML, "a.pdf")
    desk.attach(samples.SVG, "a.svg")
    desk.attach(samples.PDF + samples.zipped("a"), "a.pdf")
    desk.attach(samples.office("word", "word/vbaProject.bin"), "a.docm")
    page = desk.client(desk.owner).get(reverse("record_files", args=desk.ref)).content.decode()
    for words in ("Not what its name says", "Could run something", "second file", "macros"):
        assert words in page
