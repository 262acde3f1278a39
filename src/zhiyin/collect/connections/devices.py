"""Devices and beacons of a shop, by MQTT: what they say is kept as it came, then becomes events.

A listener (see `listening`) keeps each message before it acknowledges it; here they are read in
their order by the rules of `readings`, whose state is how far the connection was read. Reading the
same messages again gives the same events under the same ids, which count once.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as time_of_day

import msgspec
import paho.mqtt.client as mqtt
from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from paho.mqtt.enums import CallbackAPIVersion

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect.connections import hosts
from zhiyin.collect.connections.forms import ConnectionForm, password, port
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.connections.readings import Bounds, Happened, Reading, State, happen
from zhiyin.collect.models import Arrival
from zhiyin.connect import egress

LISTEN_S = 3.0
KEEPALIVE_S = 30
MOST_AT_ONCE = 20_000
AGAIN = "again"  # in the cursor: the day from which messages are read again
MAPPING = Mapping(
    kind=Kind.EVENTS, timezone="UTC",
    columns={"event": "name", "at": "occurred_at", "device": "device_id", "id": "message_id",
             "properties": "properties"},
)  # fmt: skip


class DeviceForm(ConnectionForm):
    """Which broker, which topics, where in a message what stands, and when something happened."""

    secrets = ("secret",)
    goes_to = ("host", "port", "tls")
    layout = (
        ("host", "port"), ("user", "secret"), ("topics", "tls"), ("device", "place"),
        ("at", "signal"), ("enter", "leave"), ("silence_s", "dwell_s"), ("stock", "sku"),
        ("low", "enough"), ("value", "step"),
    )  # fmt: skip
    usual_minutes = 1

    host = forms.CharField(label=_("Broker"), max_length=200)
    port = port()
    user = forms.CharField(label=_("Account"), max_length=120, required=False)
    secret = password()
    tls = forms.BooleanField(label=_("Encrypted (TLS)"), required=False)
    topics = forms.CharField(
        label=_("Topics"), max_length=500, help_text=_("Such as shop/+/beacons, shop/+/shelves/#")
    )
    device = forms.CharField(label=_("Field of the device"), max_length=120, initial="device")
    place = forms.CharField(
        label=_("Field of the zone or shelf"), max_length=120, required=False, initial="zone"
    )
    at = forms.CharField(
        label=_("Field of the time"), max_length=120, required=False, initial="at",
        help_text=_("Empty, or lacking in a message: when it came."),
    )  # fmt: skip
    signal = forms.CharField(
        label=_("Field of the signal, dBm"), max_length=120, required=False, initial="rssi"
    )
    enter = forms.FloatField(label=_("Entered from"), initial=-70)
    leave = forms.FloatField(label=_("Left below"), initial=-80)
    silence_s = forms.FloatField(label=_("Left after silence, seconds"), min_value=1, initial=120)
    dwell_s = forms.FloatField(label=_("Stays from, seconds"), min_value=1, initial=60)
    stock = forms.CharField(
        label=_("Field of the stock"), max_length=120, required=False, initial="stock"
    )
    sku = forms.CharField(
        label=_("Field of the product"), max_length=120, required=False, initial="sku"
    )
    low = forms.FloatField(label=_("Low from"), initial=5)
    enough = forms.FloatField(label=_("Enough again from"), initial=10)
    value = forms.CharField(
        label=_("Field of another value"), max_length=120, required=False, initial="value"
    )
    step = forms.FloatField(label=_("Told when it moved by"), min_value=0, initial=1)

    def where(self) -> Where:
        """Where to listen; port 0 is the usual one."""
        return {**super().where(), "port": self.cleaned_data["port"] or 0}

    def clean(self) -> dict[str, object]:
        """Without a gap between two bounds a trembling signal would come and go."""
        cleaned = super().clean()
        for lower, upper in (("leave", "enter"), ("low", "enough")):
            least, most = cleaned.get(lower), cleaned.get(upper)
            if isinstance(least, float) and isinstance(most, float) and least >= most:
                self.add_error(upper, _("This must be more than the bound below it."))
        return cleaned


class Place(msgspec.Struct, frozen=True):
    """Where to listen, and how a message is read."""

    host: str
    topics: str
    port: int = 0
    user: str = ""
    tls: bool = False
    device: str = "device"
    place: str = ""
    at: str = ""
    signal: str = ""
    stock: str = ""
    sku: str = ""
    value: str = ""

    @property
    def door(self) -> int:
        """The port, where none is said the usual one."""
        return self.port or (8883 if self.tls else 1883)

    @property
    def filters(self) -> list[str]:
        """The topics that are listened to."""
        return [one.strip() for one in self.topics.split(",") if one.strip()]


def client_of(place: Place, secret: str, name: str, *, lasting: bool) -> mqtt.Client:
    """A client that acknowledges by hand. `lasting`: the broker keeps what comes while we are away;
    raises `NotAllowed` where the host is not open."""
    hosts.require_open(place.host, place.door)
    made = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=name, clean_session=not lasting, manual_ack=True
    )
    made.connect_timeout = hosts.CONNECT_S
    if place.user:
        made.username_pw_set(place.user, secret)
    if place.tls:
        context: ssl.SSLContext = egress.trusted()
        made.tls_set_context(context)
    return made


def look(where: Where, secret: str) -> Look:
    """What is heard within some seconds; raises `Trouble`."""
    place = msgspec.convert(where, Place, strict=False)
    client = client_of(place, secret, "", lasting=False)
    heard: list[tuple[str, bytes]] = []
    answered, ready = threading.Event(), list[str]()

    def connected(c: mqtt.Client, _u: object, _f: object, reason: object, _p: object) -> None:
        ready.append(str(reason))
        if str(reason) == "Success":
            for one in place.filters:
                c.subscribe(one, 1)
        answered.set()

    client.on_connect = connected
    client.on_message = lambda _c, _u, message: heard.append(
        (message.topic, bytes(message.payload))
    )
    try:
        client.connect(place.host, place.door, KEEPALIVE_S)
        client.loop_start()
        answered.wait(hosts.CONNECT_S)
        if ready != ["Success"]:
            raise _unreachable(ready[0] if ready else "timeout")
        time.sleep(LISTEN_S)
    except (OSError, ValueError) as error:
        raise _unreachable(type(error).__name__) from error
    finally:
        client.disconnect()
        client.loop_stop()
    said = ngettext("Connected; %(n)s message in 3 seconds.",
                    "Connected; %(n)s messages in 3 seconds.", len(heard))  # fmt: skip
    rows = [[topic, payload[:200].decode("utf-8", "replace")] for topic, payload in heard[:5]]
    columns = [gettext("Topic"), gettext("Message")] if rows else []
    return Look(said % {"n": len(heard)}, columns=columns, rows=rows)


def pieces(asked: Asked) -> Iterator[Piece]:
    """What happened by the messages that came since the last time."""
    place = msgspec.convert(asked.where, Place, strict=False)
    bounds = msgspec.convert(asked.where, Bounds, strict=False)
    last, state = _reached(asked)
    number = 0
    while True:
        came = Arrival.objects.filter(connection_id=asked.connection, pk__gt=last).order_by("pk")
        found = list(came[:MOST_AT_ONCE])
        if not found:
            return
        readings = [one for arrival in found for one in readings_of(arrival, place)]
        happened = happen(state, readings, bounds)
        last = found[-1].pk
        cursor: Cursor = {"last": last, "state": msgspec.to_builtins(state)}
        if not happened:
            yield Piece(None, "", cursor)
            continue
        path = asked.folder / f"{number}.jsonl"
        path.write_bytes(documents.as_lines([_row(one) for one in happened]))
        number += 1
        yield Piece(path, "devices.jsonl", cursor, mapping=MAPPING)


def since(cursor: Cursor, day: date) -> Cursor:
    """Messages from that day on are read again, by the bounds of today."""
    return {AGAIN: day.isoformat()}


def _reached(asked: Asked) -> tuple[int, State]:
    """The last message that was read, and what is known since."""
    again = asked.cursor.get(AGAIN)
    if isinstance(again, str):
        start = datetime.combine(date.fromisoformat(again), time_of_day(), UTC)
        before = Arrival.objects.filter(connection_id=asked.connection, received_at__lt=start)
        return before.order_by("-pk").values_list("pk", flat=True).first() or 0, State()
    last = asked.cursor.get("last", 0)
    assert isinstance(last, int)
    return last, msgspec.convert(asked.cursor.get("state", {}), State)


def readings_of(arrival: Arrival, place: Place) -> list[Reading]:
    """The readings in a message: one, or a list of them. What holds none is passed over."""
    try:
        told = documents.read(bytes(arrival.body))
    except NotDocuments:
        return []
    found = []
    for one in told if isinstance(told, list) else [told]:
        reading = _reading(one, arrival, place)
        if reading is not None:
            found.append(reading)
    return found


def _reading(told: object, arrival: Arrival, place: Place) -> Reading | None:
    device = _text(told, place.device)
    if not device:
        return None
    at = _moment(_text(told, place.at), arrival.received_at)
    if at is None:
        return None
    return Reading(
        at, device[:200], (_text(told, place.place) or arrival.topic)[:200],
        _number(told, place.signal), _number(told, place.stock), _number(told, place.value),
        _text(told, place.sku)[:80],
    )  # fmt: skip


def _text(told: object, path: str) -> str:
    if not path:
        return ""
    try:
        found = documents.at(told, path)
    except NotDocuments:
        return ""
    return str(found).strip() if isinstance(found, str) else ""


def _number(told: object, path: str) -> float | None:
    try:
        found = float(_text(told, path))
    except ValueError:
        return None
    return found if abs(found) < 1e15 else None


def _moment(text: str, received: datetime) -> datetime | None:
    """When it was measured: a moment as ISO 8601, or seconds or milliseconds since 1970. A clock
    that is a day or more ahead is not believed."""
    if not text:
        return received
    try:
        number = float(text)
        found = datetime.fromtimestamp(number / 1000 if abs(number) > 1e11 else number, UTC)
    except ValueError:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
    except (OverflowError, OSError):
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if (found - received).total_seconds() < 86_400 else None


def _row(one: Happened) -> documents.Row:
    return {
        "event": one.name, "at": one.at.astimezone(UTC).isoformat(), "device": one.device,
        "id": one.key, "properties": msgspec.json.encode(one.properties).decode(),
    }  # fmt: skip


def _unreachable(why: str) -> Trouble:
    return Trouble(
        f"连不上 MQTT 服务器（{why}）。请检查地址、端口、账号和网络。",
        f"The broker cannot be reached ({why}). Check its address, port, account and network.",
    )
