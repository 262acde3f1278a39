"""The lines of a timeline, drawn in Python, for the reason that `rows` gives.

Texts are escaped by `_text` and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape as _text
from typing import Protocol
from uuid import UUID

from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from zhiyin.console import formats
from zhiyin.console.templatetags import console as write


class Part(Protocol):
    """A piece of a line: plain, or strong, or money, or a link."""

    @property
    def text(self) -> str: ...
    @property
    def strong(self) -> bool: ...
    @property
    def url(self) -> str: ...
    @property
    def money(self) -> Decimal | None: ...
    @property
    def currency(self) -> str: ...


class Entry(Protocol):
    """What happened."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def icon(self) -> str: ...
    @property
    def parts(self) -> Sequence[Part]: ...
    @property
    def detail(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def simulated(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def count(self) -> int: ...


def drawn(entries: Iterable[Entry], customer_id: UUID, dated: bool = False) -> SafeString:
    """Lines of one list; `dated` where they are not under the heading of their day."""
    page = reverse("customer", args=[customer_id])
    return mark_safe(  # noqa: S308 (our own marks around escaped texts)
        "".join(_entry(entry, page, dated) for entry in entries)
    )


def _entry(entry: Entry, page: str, dated: bool) -> str:
    moment = timezone.localtime(entry.at)
    shown = formats.table_time(moment) if dated else f"{moment:%H:%M}"
    return (
        f'<li><span class="mk {_text(entry.side)}">{write.icon(entry.icon)}</span>'
        f'<div class="tx">{_folded(entry)}{_parts(entry, page)}{_simulated(entry)}{_below(entry)}'
        f'</div><time datetime="{moment.isoformat()}">{shown}</time></li>\n'
    )


def _folded(entry: Entry) -> str:
    """How many there are, where one line stands for several."""
    if entry.count <= 1:
        return ""
    if entry.kind == "visit":
        words = gettext("Looked around, %(count)s steps, ended with")
    else:
        words = gettext("%(count)s fields of the profile, last")
    return f"{words % {'count': entry.count}} "


def _parts(entry: Entry, page: str) -> str:
    # A folded run of profile changes has said in front what its first part says.
    skipped = 1 if entry.count > 1 and entry.kind == "profile" else 0
    return " ".join(_part(part, page) for part in entry.parts[skipped:])


def _part(part: Part, page: str) -> str:
    text = _text(str(part.text))
    if part.url:
        address = f"{page}{part.url}" if part.url.startswith("?") else part.url
        return f'<a href="{_text(address)}">{text}</a>'
    if part.money is not None:
        return f"<b>{_text(write.money_exact(part.money, part.currency))}</b>"
    return f"<b>{text}</b>" if part.strong else text


def _simulated(entry: Entry) -> str:
    if not entry.simulated:
        return ""
    return f' <span class="bdg sim">{write.icon("flask-2")}{gettext("Simulated")}</span>'


def _below(entry: Entry) -> str:
    """Where it is known from and what more is known, and what somebody wrote."""
    known = gettext(", ").join(_text(str(one)) for one in (entry.source, entry.detail) if one)
    sub = f'<div class="sub">{known}</div>' if known else ""
    quote = f'<div class="quote">{linebreaksbr(entry.quote)}</div>' if entry.quote else ""
    return f"{sub}{quote}"
