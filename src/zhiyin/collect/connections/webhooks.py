"""Webhooks: what others send is kept as it came, then read by topic like any other source.

An arrival belongs to no import until one takes it; those of a topic whose columns nobody has mapped
wait, and the other topics go on. Reading anew takes back what the arrivals made and reads them
again, under the mapping of today. Who may send what is looked at in `signatures`, at the door.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import partial
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.collect import files, mappings, services, undoing
from zhiyin.collect.connections.forms import ConnectionForm, list_of_rows, password
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where
from zhiyin.collect.connections.signatures import OURS, Scheme
from zhiyin.collect.models import Arrival, Connection, Import
from zhiyin.connect import signing

MOST_AT_ONCE = 20_000  # arrivals of one topic in one piece
AGAIN = "again"  # in the cursor: the day from which everything is to be read again
_GIVEN_UP = (Import.State.FAILED, Import.State.CANCELLED)
_UNFINISHED = (Import.State.NEW, Import.State.CHECKED, Import.State.LOADING)
LABELS = (
    (Scheme.STANDARD, _("Standard Webhooks")), (Scheme.SHOPIFY, "Shopify"),
    (Scheme.WOOCOMMERCE, "WooCommerce"), (Scheme.HUB, _("X-Hub-Signature-256, as GitHub")),
    (Scheme.BEARER, _("A token in the Authorization header")),
    (Scheme.PATH, _("A secret in the address")),
)  # fmt: skip


class WebhookForm(ConnectionForm):
    """How what is sent shows that it is genuine."""

    secrets = ("secret",)
    goes_to = ("signed",)  # a secret of another kind is of no use
    layout = (("signed", "secret"), ("topics", "lines"))
    usual_minutes = 1

    signed = forms.ChoiceField(label=_("How senders prove themselves"), choices=LABELS)
    secret = password(_("Secret of the sender"))
    topics = forms.CharField(
        label=_("Topics"), max_length=500, required=False,
        help_text=_("Such as orders/create. Empty: all. Others are kept and not read."),
    )  # fmt: skip
    lines = list_of_rows()

    def __init__(self, data: object, one: Connection | None = None) -> None:
        super().__init__(data, one)
        if one is None:
            self.fields["secret"].help_text = _("Empty: one is made and shown once. Shopify and "
                                                "others give you theirs.")  # fmt: skip

    def made_secret(self) -> str:
        """One to share with the sender."""
        return new_secret(Scheme(self.cleaned_data["signed"]))

    def clean(self) -> dict[str, object]:
        """A secret of Standard Webhooks is base64; without one from the sender we make one."""
        cleaned = super().clean()
        given, scheme = cleaned.get("secret"), cleaned.get("signed")
        if given and scheme == Scheme.STANDARD and not signing.is_secret(str(given)):
            self.add_error("secret", _("Such a secret begins with whsec_ and goes on in base64."))
        return cleaned


def new_secret(scheme: Scheme) -> str:
    """A secret as this scheme has them."""
    return signing.new_secret() if scheme in OURS else secrets.token_urlsafe(32)


def look(where: Where, secret: str) -> Look:
    """Nothing can be tried before something came; says what happens next."""
    return Look(gettext("Create it, then send to the address that you are given."))


def before(connection: Connection) -> None:
    """Where it is to be read again: take back what the arrivals made, and let them wait."""
    again = connection.cursor.get(AGAIN)
    if not isinstance(again, str):
        return
    start = datetime.combine(date.fromisoformat(again), time(), UTC)
    since = connection.arrivals.filter(received_at__gte=start)
    made = Import.objects.filter(pk__in=since.values("made")).order_by("created_at")
    for one in made:
        _take_back(one)
        connection.arrivals.filter(made=one).update(made=None)
    connection.cursor = {}
    connection.save(update_fields=["cursor"])


def _take_back(one: Import) -> None:
    if one.state == Import.State.LOADED:
        services.undo(one, by=one.owner)
    elif one.state in _UNFINISHED:
        undoing.take_back(one)
        one.state = Import.State.CANCELLED
        one.save(update_fields=["state"])
        files.discard(one.pk)


def since(cursor: Cursor, day: date) -> Cursor:
    """Everything that came from that day on is read again."""
    return {AGAIN: day.isoformat()}


def pieces(asked: Asked) -> Iterator[Piece]:
    """What came, a piece for each topic that does not wait for somebody."""
    waiting = _waiting(asked.connection)
    wanted = topics_wanted(asked.where)
    topics = _free(asked.connection).order_by("topic").values_list("topic", flat=True).distinct()
    for topic in [one for one in topics if one not in waiting and (not wanted or one in wanted)]:
        while (piece := _piece(asked, topic)) is not None:
            yield piece
            if mappings.in_use(piece.shape) is None or topic in _waiting(asked.connection):
                break


def _piece(asked: Asked, topic: str) -> Piece | None:
    found = list(_free(asked.connection).filter(topic=topic).order_by("id")[:MOST_AT_ONCE])
    if not found:
        return None
    lines = str(asked.where.get("lines") or "") or None
    rows = [row for one in found for row in rows_in(bytes(one.body), lines)]
    path = asked.folder / "arrivals.jsonl"
    path.write_bytes(documents.as_lines(rows))
    name = f"{topic or 'webhook'}.jsonl".replace("/", "-")
    return Piece(
        path, name, {}, mappings.shape_for(asked.connection, topic),
        taken=partial(_note, taken=[one.pk for one in found]),
    )  # fmt: skip


def _note(one: Import, *, taken: list[int]) -> None:
    Arrival.objects.filter(pk__in=taken).update(made=one)


def rows_in(body: bytes, lines: str | None = None) -> list[documents.Row]:
    """The rows of a body: of one document, or of each in a list of them. Raises `NotDocuments`
    where there are none."""
    told = documents.read(body)
    found = []
    for one in told if isinstance(told, list) else [told]:
        try:
            found += documents.rows_of(one, lines)
        except NotDocuments:
            continue
    if not found:
        raise NotDocuments
    return found


def _free(connection: UUID) -> QuerySet[Arrival]:
    """Arrivals that no import has taken, or whose import failed or was given up."""
    return Arrival.objects.filter(connection_id=connection).filter(
        Q(made__isnull=True) | Q(made__state__in=_GIVEN_UP)
    )


def _waiting(connection: UUID) -> set[str]:
    """Topics whose last import waits for a person."""
    found = Arrival.objects.filter(
        connection_id=connection, made__state__in=(Import.State.NEW, Import.State.CHECKED)
    )
    return set(found.values_list("topic", flat=True).distinct())


def topics_wanted(where: Where) -> frozenset[str]:
    """The topics that the settings name; none where all are read."""
    said = str(where.get("topics") or "").split(",")
    return frozenset(one.strip() for one in said if one.strip())
