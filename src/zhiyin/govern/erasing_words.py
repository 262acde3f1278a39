"""What goes in an erasure, in words: tables as people call them, and states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TABLES: Mapping[str, str | Promise] = {
    "customers_customer": _("Profile"), "customers_customersearch": _("Search entries"),
    "customers_identifier": _("Identifiers"), "customers_link": _("Links of identifiers"),
    "customers_profilechange": _("History of fields"), "customers_note": _("Notes"),
    "customers_statement": _("Links of identifiers"),
    "customers_joining": _("History of merges"), "customers_proposal": _("History of merges"),
    "customers_ownprofile": _("Profiles before a merge"),
    "customers_displaced": _("Profiles before a merge"),
    "customers_task": _("Tasks"), "customers_score": _("Scores"),
    "customers_segmentmember": _("Memberships of segments"),
    "customers_order": _("Orders"), "customers_orderline": _("Lines of orders"),
    "collect_event": _("Events"), "govern_consent": _("Consents"),
    "govern_consentchange": _("History of consents"), "engage_message": _("Messages"),
    "engage_campaignmember": _("Memberships of campaigns"), "files_file": _("Files"),
    "files_ticket": _("Links to files"), "talk_comment": _("Comments"),
    "talk_notice": _("Notices"), "accounts_share": _("Shares"),
    "objects_rowbefore": _("Values before changes of many rows"),
    "objects_fieldchange": _("History of fields"), "objects_opened": _("Recently opened"),
    "objects_bulkchange": _("Changes of many rows"),
    "connect_occurrence": _("Log of webhooks"), "connect_delivery": _("Log of webhooks"),
    "connect_attempt": _("Log of webhooks"),
    "examples": _("Examples of values in tracking plans"),
    "inbox": _("Requests not looked at yet"), "set_aside": _("Messages set aside"),
    "arrivals": _("Messages of webhooks"),
    "to_archive": _("Batches on their way to the lake"), "imports": _("Imported files"),
    "server_log": _("Lines of the server's log"), "kept_answers": _("Answers of the API"),
    "sessions": _("Sessions"), "bytes_of_files": _("Files"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Things of one name, and how many."""

    name: str | Promise
    count: int


def lines(rows: Mapping[str, int]) -> list[Line]:
    """By name, the most first; tables that people call alike are one."""
    found: dict[str, int] = {}
    for table, count in rows.items():
        name = str(TABLES.get(table, table))
        found[name] = found.get(name, 0) + count
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Line(name, count) for name, count in ordered if count]
