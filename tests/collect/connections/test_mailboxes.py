"""Mails to a service address become events of whoever wrote them; nothing is changed over there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pyarrow.compute as pc
import pytest
from django.conf import settings

from tests.collect.connections import servers
from zhiyin.accounts.models import User
from zhiyin.collect import archive
from zhiyin.collect.connections import mailboxes, running, services
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Event, Run, Source

NOW = datetime.now(UTC) - timedelta(hours=2)


def mail(
    number: int, sender: str = "Ada <ada@example.com>", text: str = "请换货", **more: str
) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "service@shop.example", f"订单 {number}"
    made["Date"] = format_datetime(NOW + timedelta(minutes=number))
    made["Message-ID"] = f"<{number}@example.com>"
    for name, value in more.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Mails]:
    with tempfile.TemporaryDirectory(prefix="zhiyin-imap-") as root, servers.mails(Path(root)) as m:
        yield m


@pytest.fixture
def box(server: servers.Mails, monkeypatch: pytest.MonkeyPatch) -> servers.Mails:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["127.0.0.1"])
    for one in [*server.inbox.glob("new/*"), *server.inbox.glob("cur/*")]:
        one.unlink()
    return server


def connected(source: Source, box: servers.Mails, by: User) -> Connection:
    return services.create(
        source, Connection.Kind.MAILBOX, name="Service", where=box.where(),
        secret=servers.PASSWORD, every_minutes=5, by=by,
    )  # fmt: skip


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None
    return done


def test_mails_become_events_of_their_writers_each_once(
    box: servers.Mails, source: Source, keeper: User
) -> None:
    box.put(mail(1))
    box.put(mail(2, "mailer-daemon@example.com"))
    box.put(mail(3, "bot@example.com", Auto_Submitted="auto-replied"))
    one = connected(source, box, keeper)
    done = run(one)
    assert (done.state, done.loaded, done.rejected) == (Run.State.LOADED, 1, 0)
    event = Event.objects.get()
    assert event.name == "Service Email Received"
    assert event.properties["subject"] == "订单 1"
    assert event.properties["text"] == "请换货"
    assert event.customer_id is not None
    assert run(one).state == Run.State.NOTHING
    box.put(mail(4, "bob@example.com", In_Reply_To="<1@example.com>"))
    assert run(one).loaded == 1
    services.anew(one, since=None, by=keeper)
    assert (again := run(one)).known == 2
    assert again.loaded == 0
    held = archive.lake().read("events", ["properties", "source"])
    mine = held.filter(pc.equal(held["source"], "erp"))
    assert set(mine["properties"].to_pylist()) == {"{}"}  # no word of anybody in the lake


def test_nothing_is_marked_as_read_over_there(
    box: servers.Mails, source: Source, keeper: User
) -> None:
    box.put(mail(1))
    run(connected(source, box, keeper))
    assert not [one.name for one in box.inbox.glob("cur/*") if "S" in one.name.rpartition(",")[2]]


def test_a_test_tells_who_wrote_last_and_what_is_wrong(box: servers.Mails) -> None:
    box.put(mail(1))
    found = mailboxes.look(box.where(), servers.PASSWORD)
    assert found.rows[0][:2] == ["ada@example.com", "订单 1"]
    with pytest.raises(Trouble, match="does not accept"):
        mailboxes.look(box.where(), "wrong")
    with pytest.raises(Trouble, match="no such folder"):
        mailboxes.look(box.where(folder='x" (y'), servers.PASSWORD)
    with pytest.raises(Trouble, match="cannot be reached"):
        mailboxes.look(box.where(port=servers.free_port()), servers.PASSWORD)
    with pytest.raises(NotAllowed):
        mailboxes.look(box.where(host="localhost"), servers.PASSWORD)


@pytest.mark.parametrize(
    "raw",
    [b"", b"From: nobody\n\nx", b"From: a@b.c\nDate: soon\n\nx", b"\xff\x00" * 50,
     mail(1).replace(b"Date:", b"X-Date:"), mail(1, List_Id="<news.example.com>"),
     b"From: \"a@b.c\nDate: Mon, 1 Jan 2026\n"],
)  # fmt: skip
def test_what_nobody_wrote_is_no_event(raw: bytes) -> None:
    assert mailboxes.row_of(raw) is None


def test_a_page_is_read_as_words_without_its_scripts() -> None:
    made = EmailMessage()
    made["From"], made["Date"] = "a@example.com", format_datetime(NOW)
    made.set_content(
        "<style>p{}</style><p>您好 <b>换货</b></p><script>x()</script>", subtype="html"
    )
    row = mailboxes.row_of(made.as_bytes())
    assert row is not None
    assert row["text"] == "您好 换货"


@pytest.mark.parametrize(
    ("name", "said"),
    [("INBOX", '"INBOX"'), ("a&b", '"a&-b"'), ("客服", '"&W6JnDQ-"'),
     ('a"\r\nLOGOUT', '"a\\"LOGOUT"')],
)  # fmt: skip
def test_a_folder_is_named_so_that_nothing_in_it_is_a_command(name: str, said: str) -> None:
    assert mailboxes._quoted(name) == said
