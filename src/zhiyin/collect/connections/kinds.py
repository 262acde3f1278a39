"""The kinds of connection there are, each a module with the same plan: a form, a look, pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.connections import (
    apis,
    buckets,
    databases,
    devices,
    feeds,
    folders,
    mailboxes,
    sftp,
    webhooks,
)
from zhiyin.collect.connections.forms import ConnectionForm
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where
from zhiyin.collect.models import Connection


@dataclass(frozen=True)
class Kind:
    """One kind: how it is asked for, looked at and read."""

    icon: str
    told: Promise | str  # what it is for, on the screen where one chooses
    form: type[ConnectionForm]
    look: Callable[[Where, str], Look]
    pieces: Callable[[Asked], Iterator[Piece]]
    by_files: bool = False  # a piece is somebody's file: one that cannot be read is passed over
    since: Callable[[Cursor, date], Cursor] | None = None  # where it can be read from a day on
    before: Callable[[Connection], None] | None = None  # a run reads
    in_order: bool = True  # what cannot be mapped yet holds up all that comes after it
    asks: bool = True  # else others come to us, and there is nothing to try or to read anew


KINDS: dict[str, Kind] = {
    Connection.Kind.FOLDER: Kind(
        "folder", _("Files that another system writes on this server"),
        folders.FolderForm, folders.look, folders.pieces, by_files=True,
    ),
    Connection.Kind.SFTP: Kind(
        "folder-share", _("Files on an SFTP server"),
        sftp.SftpForm, sftp.look, sftp.pieces, by_files=True,
    ),
    Connection.Kind.BUCKET: Kind(
        "bucket", _("Files in S3-compatible storage"),
        buckets.BucketForm, buckets.look, buckets.pieces, by_files=True,
    ),
    Connection.Kind.DATABASE: Kind(
        "database", _("A table or view of an ERP, a till or another system"),
        databases.DatabaseForm, databases.look, databases.pieces, since=databases.since,
    ),
    Connection.Kind.API: Kind(
        "api", _("Lists that another system answers with over HTTP"),
        apis.ApiForm, apis.look, apis.pieces, since=apis.since,
    ),
    Connection.Kind.WEBHOOK: Kind(
        "webhook", _("What shops and services send by themselves: orders, customers, events"),
        webhooks.WebhookForm, webhooks.look, webhooks.pieces, since=webhooks.since,
        before=webhooks.before, in_order=False, asks=False,
    ),
    Connection.Kind.MAILBOX: Kind(
        "mail", _("Mails to a service address"),
        mailboxes.MailboxForm, mailboxes.look, mailboxes.pieces,
    ),
    Connection.Kind.FEED: Kind(
        "rss", _("Mentions and reviews that a feed publishes"),
        feeds.FeedForm, feeds.look, feeds.pieces,
    ),
    Connection.Kind.DEVICES: Kind(
        "antenna", _("Beacons, shelves and sensors, whose readings become events"),
        devices.DeviceForm, devices.look, devices.pieces, since=devices.since,
    ),
}  # fmt: skip


def of(one: Connection) -> Kind:
    """The kind of a connection."""
    return KINDS[one.kind]
