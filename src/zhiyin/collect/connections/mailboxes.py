"""A mailbox, by IMAP: mails to a service address become events of whoever wrote them.

It is opened for reading only, so nothing is marked as read there. How far it was read is the number
of the last mail, which the server keeps (RFC 3501, 2.3.1.1); where the server has begun to number
anew, all mails are read again and count once by their Message-ID. What programs write by themselves
(bounces, absence notes, lists) is nobody's mail. The words stay out of the lake.
"""

from __future__ import annotations

import email
import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

import msgspec
from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import Row
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping, Mark
from zhiyin.collect.connections import hosts
from zhiyin.collect.connections.forms import ConnectionForm, password, port
from zhiyin.collect.connections.pieces import Asked, Look, Piece, Where
from zhiyin.collect.connections.problems import Trouble
from zhiyin.connect import egress

MOST_AT_ONCE = 500
MOST_BYTES = 256_000  # of a mail that are fetched; what follows is mostly attachments
MOST_TEXT = 4_000
LOOKED_AT = 5
EVENT = "Service Email Received"
MAPPING = Mapping(
    kind=Kind.EVENTS, timezone="UTC",
    columns={"event": "name", "at": "occurred_at", "from": "email", "id": "message_id"},
    marks={"subject": Mark.PERSONAL, "text": Mark.PERSONAL, "to": Mark.PERSONAL,
           "in_reply_to": Mark.PERSONAL},
)  # fmt: skip
_NOBODY = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounce)", re.IGNORECASE)
_UID = re.compile(rb"UID (\d+)")


class MailboxForm(ConnectionForm):
    """Which mailbox of which server."""

    secrets = ("secret",)
    goes_to = ("host", "port", "tls")
    layout = (("host", "port"), ("user", "secret"), ("folder", "tls"))

    host = forms.CharField(label=_("Host"), max_length=200)
    port = port()
    user = forms.CharField(label=_("Account"), max_length=200)
    secret = password(required=True)
    folder = forms.CharField(label=_("Folder of the mailbox"), max_length=200, initial="INBOX")
    tls = forms.BooleanField(label=_("Encrypted (TLS)"), required=False, initial=True)

    def where(self) -> Where:
        """Where to read; port 0 is the usual one."""
        return {**super().where(), "port": self.cleaned_data["port"] or 0}


class Place(msgspec.Struct, frozen=True):
    """Which mailbox of which server."""

    host: str
    user: str
    folder: str = "INBOX"
    port: int = 0
    tls: bool = True

    @property
    def door(self) -> int:
        """The port, where none is said the usual one."""
        return self.port or (993 if self.tls else 143)


def look(where: Where, secret: str) -> Look:
    """How many mails there are, and who wrote the last ones; raises `Trouble`."""
    place = msgspec.convert(where, Place, strict=False)
    with _opened(place, secret) as (box, _validity):
        uids = _uids(box, 0)
        rows = [row for _, row in _fetched(box, uids[-LOOKED_AT:]) if row]
    said = ngettext("%(n)s mail in the folder.", "%(n)s mails in the folder.", len(uids))
    shown = [[row["from"], row.get("subject", ""), row["at"]] for row in rows]
    columns = [gettext("From"), gettext("Subject"), gettext("Time")] if shown else []
    return Look(said % {"n": len(uids)}, columns=columns, rows=shown)


def pieces(asked: Asked) -> Iterator[Piece]:
    """Mails that came since the last time, the oldest first."""
    place = msgspec.convert(asked.where, Place, strict=False)
    with _opened(place, asked.secret) as (box, validity):
        last = asked.cursor.get("uid", 0) if asked.cursor.get("validity") == validity else 0
        assert isinstance(last, int)
        uids = _uids(box, last)
        for start in range(0, len(uids), MOST_AT_ONCE):
            some = uids[start : start + MOST_AT_ONCE]
            rows = [row for _, row in _fetched(box, some) if row]
            cursor: dict[str, object] = {"validity": validity, "uid": some[-1]}
            if not rows:
                yield Piece(None, "", cursor)
                continue
            path = asked.folder / f"{start}.jsonl"
            path.write_bytes(documents.as_lines(rows))
            yield Piece(path, "mails.jsonl", cursor, mapping=MAPPING)


@contextmanager
def _opened(place: Place, secret: str) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """The folder, for reading only, and the number under which its numbers hold."""
    hosts.require_open(place.host, place.door)
    try:
        box = (
            imaplib.IMAP4_SSL(
                place.host, place.door, ssl_context=egress.trusted(), timeout=hosts.CONNECT_S
            )
            if place.tls
            else imaplib.IMAP4(place.host, place.door, timeout=hosts.CONNECT_S)
        )
    except (OSError, imaplib.IMAP4.error) as error:
        raise _unreachable(type(error).__name__) from error
    try:
        try:
            box.login(place.user, secret)
        except imaplib.IMAP4.error as error:
            raise Trouble(
                "邮件服务器不接受这个账号。请检查账号和密码；有些邮箱需要单独的授权码。",
                "The mail server does not accept the account. Check it and its password; some "
                "want an app password.",
            ) from error
        answer, _told = box.select(_quoted(place.folder), readonly=True)
        if answer != "OK":
            raise Trouble("邮箱里没有这个文件夹。", "There is no such folder in the mailbox.")
        validity = box.response("UIDVALIDITY")[1]
        yield box, int(validity[0]) if validity and validity[0] else 0
    except (OSError, imaplib.IMAP4.abort) as error:
        raise _unreachable(type(error).__name__) from error
    finally:
        try:
            box.logout()
        except (OSError, imaplib.IMAP4.error):
            box.shutdown()


def _quoted(name: str) -> str:
    """A name as a quoted string, so that nothing in it is read as a command; in modified UTF-7
    (RFC 3501, 5.1.3) where it is not plain."""
    plain = "".join(one for one in name if one.isprintable())
    encoded = re.sub(r"[^\x20-\x7e]+|&", _shifted, plain)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    coded = found[0].encode("utf-7").decode().lstrip("+").rstrip("-")
    return f"&{coded.replace('/', ',')}-"


def _uids(box: imaplib.IMAP4, last: int) -> list[int]:
    """The numbers of the mails after the last one. A server gives the last for `n:*` always."""
    _answer, told = box.uid("SEARCH", "UID", f"{last + 1}:*")
    found = (int(one) for one in (told[0] or b"").split()) if told else iter(())
    return sorted(one for one in found if one > last)


def _fetched(box: imaplib.IMAP4, uids: list[int]) -> Iterator[tuple[int, Row | None]]:
    """The mails of these numbers as rows; None for what nobody wrote."""
    if not uids:
        return
    _answer, told = box.uid("FETCH", ",".join(map(str, uids)), f"(UID BODY.PEEK[]<0.{MOST_BYTES}>)")
    for part in told:
        if isinstance(part, tuple) and (number := _UID.search(part[0])):
            yield int(number[1]), row_of(part[1])


def row_of(raw: bytes) -> Row | None:
    """A mail as an event; None where a program wrote it by itself, or nobody can be told."""
    try:
        mail = email.message_from_bytes(raw, policy=modern)
        assert isinstance(mail, EmailMessage)
        _name, sender = parseaddr(str(mail.get("From", "")))
        if "@" not in sender or _NOBODY.match(sender) or _is_automatic(mail):
            return None
        at = parsedate_to_datetime(str(mail["Date"]))
    except (ValueError, TypeError, LookupError, AttributeError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    row = {
        "event": EVENT, "at": at.astimezone(UTC).isoformat(), "from": sender.lower(),
        "id": str(mail.get("Message-ID", "")).strip() or f"{sender} {at.isoformat()}",
        "subject": str(mail.get("Subject", ""))[:400], "to": _first_to(mail),
        "in_reply_to": str(mail.get("In-Reply-To", "")).strip()[:400], "text": _text(mail),
    }  # fmt: skip
    return {name: cell.replace("\0", "") for name, cell in row.items() if cell}


def _is_automatic(mail: EmailMessage) -> bool:
    """RFC 3834 and what came before it."""
    said = str(mail.get("Auto-Submitted", "no")).strip().lower()
    bulk = str(mail.get("Precedence", "")).strip().lower() in ("bulk", "list", "junk")
    return said != "no" or bulk or mail.get("List-Id") is not None


def _first_to(mail: EmailMessage) -> str:
    return parseaddr(str(mail.get("To", "")))[1][:200]


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        told = str(body.get_content())
    except (LookupError, ValueError, KeyError):
        return ""
    is_page = body.get_content_type() == "text/html"
    return (words_of(told) if is_page else told.strip())[:MOST_TEXT]


def words_of(page: str) -> str:
    """The words of a page or a piece of one."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    return " ".join(reader.words)


class _Words(HTMLParser):
    """The words of a page, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._apart = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._apart += tag in ("script", "style", "head")

    def handle_endtag(self, tag: str) -> None:
        self._apart -= tag in ("script", "style", "head") and self._apart > 0

    def handle_data(self, data: str) -> None:
        if not self._apart:
            self.words += data.split()


def _unreachable(why: str) -> Trouble:
    return Trouble(
        f"连不上邮件服务器（{why}）。请检查地址、端口和网络。",
        f"The mail server cannot be reached ({why}). Check its address, port and network.",
    )
