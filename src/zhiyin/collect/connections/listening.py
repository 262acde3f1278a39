"""Listens to the brokers of all device connections, as a thread of the worker.

A message is in the database before it is acknowledged, so a broker that keeps what was not (QoS 1
and 2, with a lasting session) loses nothing while we are away or die; one that comes again is kept
once. Where several workers run, one of them listens: who holds a lock of the database.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
import paho.mqtt.client as mqtt
import structlog
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.utils import timezone

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.collect.connections import devices, running
from zhiyin.collect.connections.devices import Place
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.models import Arrival, Connection
from zhiyin.ids import uuid7

log = structlog.get_logger(__name__)
EVERY_S = 2.0  # connections are looked at
AGAIN_S = 10.0  # after a broker could not be reached
SAME = timedelta(minutes=10)  # within which one marked as sent again can be one that we have
MOST_BYTES = 256_000
_LOCK = 0x7A68_6D71  # of the worker that listens


def taken(connection_id: UUID, topic: str, body: bytes, *, again: bool, place: Place) -> bool:
    """Keep a message; False where it is here already. Durable on return.

    A message that says when it was measured, or which it is, is the same whenever it comes again.
    One that says neither counts each time, unless the broker marks it as sent again.
    """
    now = timezone.now()
    digest = hashlib.sha256(topic.encode() + b"\0" + body).hexdigest()
    known = digest
    if not _tells_apart(body, place):
        recent = Arrival.objects.filter(
            connection_id=connection_id, message_id__startswith=digest, received_at__gt=now - SAME
        )
        if again and recent.exists():
            return False
        known = f"{digest}:{uuid7()}"
    try:
        with transaction.atomic():
            Arrival.objects.create(
                connection_id=connection_id, received_at=now, topic=topic[:120],
                message_id=known, body=body,
            )  # fmt: skip
    except IntegrityError:
        return False
    return True


def _tells_apart(body: bytes, place: Place) -> bool:
    """Whether a message says which it is or when."""
    try:
        told = documents.read(body)
    except NotDocuments:
        return False
    for one in told if isinstance(told, list) else [told]:
        if not isinstance(one, dict):
            return False
        if place.at not in one and not any(name in one for name in ("id", "message_id", "seq")):
            return False
    return True


@dataclass
class Ear:
    """One broker that is listened to, as its connection says it."""

    one: Connection
    place: Place
    client: mqtt.Client
    broken: bool = False

    @classmethod
    def open(cls, one: Connection) -> Ear:
        """Connect; raises `Trouble` or `OSError`."""
        place = msgspec.convert(one.where, Place, strict=False)
        client = devices.client_of(place, running.password(one), f"zhiyin-{one.pk}", lasting=True)
        ear = cls(one, place, client)
        client.on_connect = ear._connected
        client.on_message = ear._heard
        client.connect(place.host, place.door, devices.KEEPALIVE_S)
        client.loop_start()
        return ear

    def close(self) -> None:
        """Leave; the broker keeps what comes until we are back."""
        self.client.disconnect()
        self.client.loop_stop()

    def is_as(self, one: Connection) -> bool:
        """Whether the connection is still the one that was opened."""
        return one.where == self.one.where and one.secret == self.one.secret

    def _connected(
        self, client: mqtt.Client, _user: object, _flags: object, reason: object, _more: object
    ) -> None:
        if str(reason) == "Success":
            client.subscribe([(topic, 1) for topic in self.place.filters])
        else:
            log.warning("a broker refused us", connection=str(self.one.pk), reason=str(reason))
            self.broken = True

    def _heard(self, client: mqtt.Client, _user: object, message: mqtt.MQTTMessage) -> None:
        try:
            close_old_connections()
            if len(message.payload) <= MOST_BYTES:
                taken(self.one.pk, message.topic, bytes(message.payload), again=message.dup,
                      place=self.place)  # fmt: skip
        except Exception as error:  # not acknowledged: the broker sends it again
            log.warning("a device's message waits", error=type(error).__name__)
            self.broken = True
            return
        client.ack(message.mid, message.qos)


class Listener:
    """All brokers, until told to stop."""

    def __init__(self) -> None:
        self._ears: dict[UUID, Ear] = {}
        self._not_before: dict[UUID, float] = {}
        self._stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True, name="listener")

    def start(self) -> None:
        """Begin to listen."""
        self.thread.start()

    def stop(self) -> None:
        """End; waits until the brokers know."""
        self._stop.set()
        self.thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self._is_ours():
                    self.look()
            except DatabaseError as error:
                log.warning("the listener waits for the database", error=type(error).__name__)
                connection.close()
                self._close_all()
            self._stop.wait(EVERY_S)
        self._close_all()
        connection.close()

    def _is_ours(self) -> bool:
        """Whether this worker is the one that listens; asked anew after a lost connection."""
        with connection.cursor() as cursor:
            cursor.execute(
                "select exists (select 1 from pg_locks where locktype = 'advisory'"
                " and classid = %s and objid = 0 and pid = pg_backend_pid())"
                " or pg_try_advisory_lock(%s, 0)",
                [_LOCK, _LOCK],
            )
            row = cursor.fetchone()
        ours = bool(row and row[0])
        if not ours:
            self._close_all()
        return ours

    def look(self) -> None:
        """Listen to what is there now, and to nothing else."""
        found = Connection.objects.filter(
            kind=Connection.Kind.DEVICES, paused=False, source__enabled=True
        )
        there = {one.pk: one for one in found}
        for pk, ear in list(self._ears.items()):
            if ear.broken or pk not in there or not ear.is_as(there[pk]):
                self._ears.pop(pk).close()
        now = timezone.now().timestamp()
        for pk, one in there.items():
            if pk in self._ears or self._not_before.get(pk, 0) > now:
                continue
            try:
                self._ears[pk] = Ear.open(one)
            except (Trouble, OSError, ValueError) as error:
                log.info("a broker cannot be reached", connection=str(pk),
                         error=type(error).__name__)  # fmt: skip
                self._not_before[pk] = now + AGAIN_S

    def _close_all(self) -> None:
        for pk in list(self._ears):
            self._ears.pop(pk).close()
