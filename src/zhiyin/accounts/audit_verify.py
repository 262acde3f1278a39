"""Check the whole audit chain: find what was edited, removed, reordered, added, doubled or cut.

Reads only, one entry after the other, so it takes the same memory for ten entries and for ten
million. Chain first what waits (`audit.chain_pending`), so that it is checked too.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from zhiyin.accounts import audit, audit_head
from zhiyin.accounts.models import AuditEntry, AuditPending


class Flaw(enum.Enum):
    """What is wrong at one place of the chain."""

    NUMBER = "number"
    LINK = "link"
    FACTS = "facts"
    HEAD = "head"
    TAIL = "tail"
    FILE = "file"
    WAITING = "waiting"


@dataclass(frozen=True)
class Finding:
    """A flaw and where it is; `seq` is None where it concerns no single entry."""

    flaw: Flaw
    seq: int | None
    entry_id: str = ""

    def __str__(self) -> str:
        texts = {
            Flaw.NUMBER: _("Entries are missing or out of order before number %(seq)s."),
            Flaw.LINK: _(
                "Entry %(seq)s does not continue the one before: edited, moved, added or doubled."
            ),
            Flaw.FACTS: _("What entry %(seq)s says is not what was recorded."),
            Flaw.HEAD: _("The head of the chain was changed or removed."),
            Flaw.TAIL: _("The chain does not end where its head says: entries were cut or added."),
            Flaw.FILE: _(
                "The chain does not hold the entry that the head file names: cut or replaced."
            ),
            Flaw.WAITING: _("An entry that waits for its place in the chain was changed."),
        }
        return texts[self.flaw] % {"seq": self.seq}


def verify() -> list[Finding]:
    """Every flaw of the chain and its head; an empty list where the trail is whole."""
    with transaction.atomic():
        head, head_file = audit_head.read(), audit_head.read_file()
        findings = list(_waiting())
        expected, previous, anchored = 1, audit.GENESIS, b""
        for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=2_000):
            findings += _check(entry, expected, previous)
            expected, previous = entry.seq + 1, bytes(entry.hash)
            if head_file is not None and entry.seq == head_file.seq:
                anchored = previous
    last = expected - 1
    if head is None:
        if last:
            findings.append(Finding(Flaw.HEAD, None))
    elif not head.is_ours:
        findings.append(Finding(Flaw.HEAD, head.seq))
    elif (head.seq, head.hash) != (last, previous):
        findings.append(Finding(Flaw.TAIL, last))
    if head_file is not None and (not head_file.is_ours or head_file.hash != anchored):
        findings.append(Finding(Flaw.FILE, head_file.seq))
    return findings


def _check(entry: AuditEntry, expected: int, previous: bytes) -> Iterator[Finding]:
    where = entry.seq, str(entry.id)
    if entry.seq != expected:
        yield Finding(Flaw.NUMBER, *where)
    if not hmac.compare_digest(bytes(entry.seal), audit.seal(entry)):
        yield Finding(Flaw.FACTS, *where)
    if not hmac.compare_digest(bytes(entry.hash), audit.link(previous, entry)):
        yield Finding(Flaw.LINK, *where)


def _waiting() -> Iterator[Finding]:
    for facts in AuditPending.objects.order_by("id").iterator(chunk_size=2_000):
        if not hmac.compare_digest(bytes(facts.seal), audit.seal(facts)):
            yield Finding(Flaw.WAITING, None, str(facts.pk))
