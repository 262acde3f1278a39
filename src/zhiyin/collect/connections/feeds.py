"""RSS and Atom feeds: mentions and reviews that somebody published, as events of their author.

A feed is fetched by the one egress client under its policy and read without entities or documents
of others. Its author is a handle at that place, anonymous until somebody links it. What was read is
known by its id, so a feed that shows the same entries again brings nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import Row
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping, Mark
from zhiyin.collect.connections.forms import ConnectionForm
from zhiyin.collect.connections.mailboxes import words_of
from zhiyin.collect.connections.pieces import Asked, Look, Piece, Where
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.connect import egress, policies
from zhiyin.connect.reasons import FailedError, RefusedError

LIMITS = egress.Limits(connect_seconds=10, total_seconds=30, answer_bytes=8_000_000)
MOST_KNOWN = 5_000  # ids of entries; feeds show the last hundred or so
MOST_TEXT = 4_000
MENTION, REVIEW = "Mention Published", "Review Published"
MAPPING = Mapping(
    kind=Kind.EVENTS, timezone="UTC",
    columns={"event": "name", "at": "occurred_at", "author": "device_id", "id": "message_id"},
    marks={"title": Mark.PERSONAL, "text": Mark.PERSONAL, "link": Mark.PERSONAL,
           "by": Mark.PERSONAL},
)  # fmt: skip
_SPACE = re.compile(r"^\{[^}]*\}")


class FeedForm(ConnectionForm):
    """Which feed, and what its entries are."""

    layout = (("url",), ("event", "words"))

    url = forms.CharField(label=_("Address"), max_length=1000, help_text=_("An RSS or Atom feed."))
    event = forms.ChoiceField(
        label=_("What its entries are"),
        choices=((MENTION, _("Mentions")), (REVIEW, _("Reviews"))),
    )
    words = forms.CharField(
        label=_("Only with one of these words"), max_length=300, required=False,
        help_text=_("Separated by commas. Empty: all."),
    )  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """Which feed, and what is taken of it."""

    url: str
    event: str = MENTION
    words: str = ""

    @property
    def wanted(self) -> list[str]:
        """The words of which an entry must have one, in small letters; none where all are taken."""
        return [one.strip().lower() for one in re.split("[,，]", self.words) if one.strip()]


def look(where: Where, secret: str) -> Look:
    """The entries that the feed shows now; raises `Trouble`."""
    place = msgspec.convert(where, Place)
    rows = entries(_fetched(place), place)
    said = ngettext("%(n)s entry would be taken in.", "%(n)s entries would be taken in.", len(rows))
    columns = [gettext("Title"), gettext("Author"), gettext("Time")] if rows else []
    shown = [[one.get("title", ""), one.get("by", ""), one["at"]] for one in rows[:5]]
    return Look(said % {"n": len(rows)}, columns=columns, rows=shown)


def pieces(asked: Asked) -> Iterator[Piece]:
    """Entries that were not there the last time."""
    place = msgspec.convert(asked.where, Place)
    known = asked.cursor.get("ids", [])
    assert isinstance(known, list)
    seen = set(known)
    rows = [one for one in entries(_fetched(place), place) if _short(one["id"]) not in seen]
    if not rows:
        return
    path = asked.folder / "entries.jsonl"
    path.write_bytes(documents.as_lines(rows))
    ids = [*known, *(_short(one["id"]) for one in rows)][-MOST_KNOWN:]
    yield Piece(path, "feed.jsonl", {"ids": ids}, mapping=MAPPING)


def entries(text: bytes, place: Place) -> list[Row]:
    """The entries of a feed as rows, the oldest first; raises `Trouble`."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Trouble(
            "内容不是可读取的 RSS 或 Atom。", "This is no RSS or Atom that can be read."
        ) from error
    host = urlsplit(place.url).hostname or ""
    found = [_row(one, host, place) for one in root.iter() if _plain(one.tag) in ("item", "entry")]
    rows = [one for one in found if one is not None and _has(one, place.wanted)]
    return sorted(rows, key=lambda one: one["at"])


def _row(one: Element, host: str, place: Place) -> Row | None:
    title, text = _of(one, "title"), _of(one, "encoded", "content", "description", "summary")
    at = _moment(_of(one, "pubDate", "published", "updated", "date"))
    if at is None:
        return None
    link = _link(one)
    by = words_of(_author(one))[:120]
    id_ = _of(one, "guid", "id") or link or f"{title} {at.isoformat()}"
    row = {
        "event": place.event, "at": at.isoformat(), "id": f"{host} {id_}"[:400],
        "author": f"{host}/{by}" if by else host, "by": by, "title": words_of(title)[:400],
        "text": words_of(text)[:MOST_TEXT], "link": link[:1000], "host": host,
        "rating": _of(one, "rating", "starRating")[:20],
    }  # fmt: skip
    return {name: cell.replace("\0", "") for name, cell in row.items() if cell}


def _of(one: Element, *names: str) -> str:
    """The text of the first child of one of these names."""
    for name in names:
        for child in one:
            if _plain(child.tag) == name and (text := "".join(child.itertext()).strip()):
                return text
    return ""


def _author(one: Element) -> str:
    for child in one:
        if _plain(child.tag) in ("author", "creator"):
            return _of(child, "name") or "".join(child.itertext()).strip()
    return ""


def _link(one: Element) -> str:
    for child in one:
        if _plain(child.tag) == "link":
            found = child.get("href") or (child.text or "").strip()
            if found and child.get("rel", "alternate") == "alternate":
                return found if urlsplit(found).scheme in ("http", "https") else ""
    return ""


def _plain(tag: object) -> str:
    return _SPACE.sub("", tag) if isinstance(tag, str) else ""


def _moment(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except (ValueError, TypeError, IndexError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _has(row: Row, wanted: list[str]) -> bool:
    told = f"{row.get('title', '')} {row.get('text', '')}".lower()
    return not wanted or any(one in told for one in wanted)


def _short(id_: str) -> str:
    return hashlib.blake2b(id_.encode(), digest_size=12).hexdigest()


def _fetched(place: Place) -> bytes:
    try:
        found = egress.send("GET", place.url, policy=policies.current(), limits=LIMITS)
    except RefusedError as error:
        raise NotAllowed(
            f"不允许访问这个地址：{error.reason.label}。",
            f"This address may not be called: {error.reason.label}.",
        ) from error
    except FailedError as error:
        raise _gone(str(error.reason.label)) from error
    if found.status != 200:
        raise _gone(str(found.status))
    return found.body


def _gone(why: str) -> Trouble:
    return Trouble(f"读不到这个订阅源（{why}）。", f"The feed cannot be fetched ({why}).")
