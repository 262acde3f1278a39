"""Bytes leave as attachments only, to who may see the record; a link works for nobody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.files import samples
from tests.files.desk import Desk
from zhiyin.accounts.models import AuditPending
from zhiyin.files import links, services
from zhiyin.files.models import Content, File, Ticket

HOSTILE = {
    "page.html": samples.HTML,
    "drawing.svg": samples.SVG,
    "picture.gif": samples.GIF_SCRIPT,
    "contract.pdf": samples.PDF + samples.zipped("META-INF/MANIFEST.MF"),
    "photo.png": samples.HTML,
    "letter.docx": samples.office("word", "word/vbaProject.bin"),
    "run.exe": b"MZ" + bytes(60),
    "what": b"\0\1\2",
}


def _bytes_of(client: Client, file: File):  # type: ignore[no-untyped-def]
    return client.get(client.get(reverse("download_file", args=[file.pk])).headers["Location"])


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_run_leaves_as_plain_bytes_to_be_saved(desk: Desk, name: str) -> None:
    made = desk.attach(HOSTILE[name], name)
    answer = _bytes_of(desk.client(desk.owner), made)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    _assert_closed(answer)
    assert b"".join(answer.streaming_content) == HOSTILE[name]


def test_a_harmless_file_keeps_its_type_and_is_saved_all_the_same(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "合同\u202e“1”.pdf")
    answer = _bytes_of(desk.client(desk.owner), made)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(samples.PDF))
    assert "%E5%90%88%E5%90%8C" in answer.headers["Content-Disposition"]
    assert "%E2%80%AE" not in answer.headers["Content-Disposition"]
    _assert_closed(answer)


def _assert_closed(answer) -> None:  # type: ignore[no-untyped-def]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_every_reading_is_in_the_audit(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    _bytes_of(desk.client(desk.reader), made)
    entry = AuditPending.objects.get(verb="file.read")
    assert (entry.by, entry.object_id) == (desk.reader.pk, str(made.pk))


def test_a_link_that_is_passed_on_opens_nothing(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    link = desk.client(desk.owner).get(reverse("download_file", args=[made.pk])).headers["Location"]
    assert desk.client(desk.owner).get(link).status_code == 200
    assert desk.client(desk.colleague).get(link).status_code == 404  # who could see it otherwise
    assert Client().get(link).status_code == 302
    assert desk.client(desk.owner).get(link[:-2]).status_code == 404


def test_a_link_ends_with_its_time_and_with_the_right(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    link = links.address(made, by=desk.colleague)
    client = desk.client(desk.colleague)
    assert client.get(link).status_code == 200
    desk.customer.department = desk.south
    desk.customer.save()
    assert client.get(link).status_code == 404
    monkeypatch.setattr(links, "LIVES", timedelta(seconds=-1))
    assert desk.client(desk.owner).get(link).status_code == 404


ADDRESSES = ("file", "download_file", "file_picture")


@pytest.mark.parametrize("name", ADDRESSES)
def test_files_of_others_are_not_there(desk: Desk, name: str) -> None:
    made = desk.attach(samples.picture(), "a.png")
    services.draw(made.content)
    args = [made.pk, "small"] if name == "file_picture" else [made.pk]
    assert desk.client(desk.reader).get(reverse(name, args=args)).status_code in (200, 302)
    assert desk.client(desk.stranger).get(reverse(name, args=args)).status_code == 404


def test_files_of_others_can_be_neither_changed_nor_listed(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    for client, status in ((desk.client(desk.stranger), 404), (desk.client(desk.colleague), 403)):
        assert client.post(reverse("delete_file", args=[made.pk])).status_code == status
        assert client.post(reverse("restore_file", args=[made.pk])).status_code == status
        assert client.post(reverse("record_files", args=desk.ref)).status_code == status
    assert desk.client(desk.stranger).get(reverse("record_files", args=desk.ref)).status_code == 404
    made.refresh_from_db()
    assert made.deleted_at is None


@pytest.mark.parametrize("scan", ["waiting", "infected"])
def test_what_a_scanner_has_not_cleared_does_not_leave(desk: Desk, scan: str) -> None:
    made = desk.attach(samples.picture(), "a.png")
    services.draw(made.content)
    Content.objects.update(scan=scan)
    client = desk.client(desk.owner)
    assert _bytes_of(client, made).status_code == 404
    assert client.get(reverse("file_picture", args=[made.pk, "small"])).status_code == 404
    assert client.get(reverse("file", args=[made.pk])).status_code == 200
    page = client.get(reverse("record_files", args=desk.ref)).content.decode()
    assert reverse("download_file", args=[made.pk]) not in page


def test_bytes_that_the_store_lost_are_missing_and_no_accident(
    desk: Desk, settings: LazySettings
) -> None:
    made = desk.attach(b"text", "a.txt")
    for path in Path(settings.FILES_STORE).rglob("??/*"):
        path.unlink()
    client = desk.client(desk.owner)
    assert _bytes_of(client, made).status_code == 404
    assert client.get(reverse("file", args=[made.pk])).status_code == 404


FILES = "files.example.com"


@pytest.fixture
def apart(settings: LazySettings) -> None:
    settings.FILES_ORIGIN = f"https://{FILES}"
    settings.ALLOWED_HOSTS = [FILES, "testserver"]


def test_on_an_origin_of_their_own_a_ticket_is_good_once(desk: Desk, apart: None) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    client = desk.client(desk.owner)
    link = client.get(reverse("download_file", args=[made.pk])).headers["Location"]
    assert link.startswith(f"https://{FILES}/f/")
    path = link.removeprefix(f"https://{FILES}")
    assert client.get(path).status_code == 404  # not on the product's own origin
    answer = Client().get(path, headers={"host": FILES})
    assert answer.status_code == 200
    _assert_closed(answer)
    assert Client().get(path, headers={"host": FILES}).status_code == 404


def test_a_ticket_ends_with_its_time_and_with_the_right(desk: Desk, apart: None) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    late = links.address(made, by=desk.owner).removeprefix(f"https://{FILES}")
    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(late, headers={"host": FILES}).status_code == 404
    lost = links.address(made, by=desk.colleague).removeprefix(f"https://{FILES}")
    desk.customer.department = desk.south
    desk.customer.save()
    assert Client().get(lost, headers={"host": FILES}).status_code == 404


def test_the_files_origin_knows_nothing_else(desk: Desk, apart: None) -> None:
    client = desk.client(desk.owner)
    for path in ("/", "/customers/", "/account/login/", "/static/console/tokens.css"):
        assert client.get(path, headers={"host": FILES}).status_code == 404


def test_without_such_an_origin_a_ticket_is_worth_nothing(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    ticket = services.make_ticket(made, by=desk.owner, lives=timedelta(minutes=1))
    assert Client().get(reverse("file_by_ticket", args=[ticket.pk])).status_code == 404
