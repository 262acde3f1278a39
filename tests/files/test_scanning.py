"""A scanner is asked before anything leaves; one that cannot be reached lets nothing through."""

from __future__ import annotations

import shlex
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.files.desk import Desk
from zhiyin.accounts.models import AuditPending
from zhiyin.customers.models import Company, Customer
from zhiyin.files import scanning, services, tasks
from zhiyin.files.models import Content


@contextmanager
def clamd(line: socket.socket, answer: bytes) -> Iterator[list[bytes]]:
    """A scanner that speaks clamd's protocol once; gives what it was sent."""
    got: list[bytes] = []

    def serve() -> None:
        talk, _ = line.accept()
        with talk, talk.makefile("rb") as came:
            assert came.read(10) == b"zINSTREAM\0"
            while length := struct.unpack(">I", came.read(4))[0]:
                got.append(came.read(length))
            talk.sendall(answer)

    line.listen(1)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield got
    thread.join(5)
    line.close()


def test_clamd_says_clean_over_its_socket(tmp_path: Path) -> None:
    line = socket.socket(socket.AF_UNIX)
    line.bind(str(tmp_path / "s"))
    with clamd(line, b"stream: OK\0") as got:
        asked = scanning.scanner(f"clamd:{tmp_path / 's'}")
        assert asked is not None and asked([b"ab", b"c"]) == ""
    assert got == [b"ab", b"c"]


def test_clamd_names_what_it_found_over_tcp() -> None:
    line = socket.create_server(("127.0.0.1", 0))
    with clamd(line, b"stream: Eicar-Signature FOUND\0"):
        asked = scanning.scanner(f"clamd://127.0.0.1:{line.getsockname()[1]}")
        assert asked is not None and asked([b"x"]) == "Eicar-Signature"


def test_an_answer_that_is_no_verdict_is_an_error(tmp_path: Path) -> None:
    line = socket.create_server(("127.0.0.1", 0))
    with clamd(line, b"INSTREAM size limit exceeded. ERROR\0"):
        asked = scanning.scanner(f"clamd://127.0.0.1:{line.getsockname()[1]}")
        assert asked is not None
        with pytest.raises(scanning.ScannerError):
            asked([b"x"])
    asked = scanning.scanner(f"clamd:{tmp_path / 'nobody'}")
    assert asked is not None
    with pytest.raises(scanning.ScannerError):
        asked([b"x"])


def _command(program: str) -> str:
    return f"command:{shlex.quote(sys.executable)} -c '{program}'"


@pytest.mark.parametrize(
    ("program", "finding"),
    [
        ('import sys; sys.exit(b"EICAR" in sys.stdin.buffer.read())', ""),
        ('print("stdin: Eicar FOUND"); raise SystemExit(1)', "Eicar"),
        ("raise SystemExit(1)", "infected"),
        ("raise SystemExit(2)", None),
    ],
)
def test_a_command_answers_by_how_it_ends(program: str, finding: str | None) -> None:
    asked = scanning.scanner(_command(program))
    assert asked is not None
    if finding is None:
        with pytest.raises(scanning.ScannerError):
            asked([b"x"])
    else:
        assert asked([b"x"]) == finding


def test_a_command_that_is_not_there_is_an_error() -> None:
    asked = scanning.scanner("command:/no/such/program")
    assert asked is not None
    with pytest.raises(scanning.ScannerError):
        asked([b"x"])


@pytest.mark.parametrize("setting", ["nonsense", "command:", "http://x"])
def test_a_setting_that_means_nothing_says_so(setting: str) -> None:
    with pytest.raises(ValueError, match="clamd"):
        scanning.scanner(setting)


def test_without_a_scanner_files_are_not_scanned_and_the_page_says_so(desk: Desk) -> None:
    made = desk.attach(b"x", "a.txt")
    assert made.content.scan == Content.Scan.NOT_SCANNED
    tasks.look_at(content_id=str(made.content_id))
    page = desk.client(desk.owner).get(f"/files/of/customer/{desk.customer.pk}/").content.decode()
    assert "not scanned" in page


def test_a_file_waits_until_the_scanner_has_looked(desk: Desk, settings: LazySettings) -> None:
    settings.FILE_SCANNER = _command("raise SystemExit(2)")
    made = desk.attach(b"x", "a.txt")
    assert made.content.scan == Content.Scan.WAITING
    with pytest.raises(scanning.ScannerError):
        tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert made.content.scan == Content.Scan.WAITING and not made.content.may_leave
    settings.FILE_SCANNER = _command("pass")
    tasks.look_again(0)
    tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert made.content.scan == Content.Scan.CLEAN and made.content.may_leave


def test_a_file_that_waited_when_the_scanner_was_taken_away_stays_locked(
    desk: Desk, settings: LazySettings
) -> None:
    settings.FILE_SCANNER = _command("raise SystemExit(2)")
    made = desk.attach(b"x", "a.txt")
    settings.FILE_SCANNER = ""
    tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert made.content.scan == Content.Scan.WAITING and not made.content.may_leave


def test_who_attached_what_is_infected_is_told_and_its_record_named_while_in_sight(
    desk: Desk, settings: LazySettings
) -> None:
    settings.FILE_SCANNER = _command('print("Eicar FOUND"); raise SystemExit(1)')
    company = Company.objects.create(name="远帆物流", owner=desk.owner, department=desk.north)
    for ref in (desk.ref, ("company", company.pk)):
        made = services.attach(ref, [b"EICAR"], name="a.txt", by=desk.owner)
        tasks.look_at(content_id=str(made.content_id))
        Content.objects.update(scan=Content.Scan.WAITING)
    client = desk.client(desk.owner)
    told = client.get("/notifications/").content.decode()
    assert "A file on 林静姝 is infected and locked" in told
    assert "A file on 远帆物流 is infected and locked" in told
    Customer.objects.update(owner=desk.stranger, department=desk.south)
    Company.objects.update(owner=desk.stranger, department=desk.south)
    told = client.get("/notifications/").content.decode()
    assert "林静姝" not in told and "远帆" not in told
    assert "A file that you attached is infected and locked" in told


def test_an_infected_file_is_locked_for_good(desk: Desk, settings: LazySettings) -> None:
    settings.FILE_SCANNER = _command('print("Eicar FOUND"); raise SystemExit(1)')
    made = desk.attach(b"EICAR", "a.txt")
    tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert (made.content.scan, made.content.finding) == (Content.Scan.INFECTED, "Eicar")
    assert AuditPending.objects.filter(verb="file.infected").exists()
    again = desk.attach(b"EICAR", "b.txt")  # the same bytes under another name
    assert not again.content.may_leave
