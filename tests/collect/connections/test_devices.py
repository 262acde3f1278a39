"""Devices speak to a real broker; what they say is kept before it is acknowledged, each once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.conf import settings
from django.utils import timezone

from tests.collect.connections import servers
from zhiyin.accounts.models import User
from zhiyin.collect.connections import devices, listening, running, services
from zhiyin.collect.connections.devices import DeviceForm, Place
from zhiyin.collect.connections.listening import Ear
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Arrival, Connection, Event, Run, Source
from zhiyin.customers.models import Customer

START = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture(scope="module")
def broker() -> Iterator[servers.Broker]:
    with servers.broker() as made:
        yield made


@pytest.fixture(autouse=True)
def _opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["127.0.0.1"])


def beacon(second: int, rssi: int = -60, **more: object) -> dict[str, object]:
    moment = (START + timedelta(seconds=second)).isoformat()
    return {"device": "tag-1", "zone": "tea", "at": moment, "rssi": rssi, **more}


def connected(source: Source, where: dict[str, object], by: User) -> Connection:
    return services.create(
        source, Connection.Kind.DEVICES, name="Beacons", where=where, secret="", every_minutes=1,
        by=by,
    )  # fmt: skip


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert what()


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None
    return done


def names(source: Source) -> list[str]:
    found = Event.objects.filter(source=source).order_by("at")
    return list(found.values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
def test_what_a_beacon_says_becomes_events_and_nothing_is_lost_while_we_are_away(
    broker: servers.Broker,
) -> None:
    from tests import factories
    from zhiyin.accounts.roles import Role

    keeper = factories.user(Role.ADMINISTRATOR)
    source = Source.objects.create(key="beacons", name_zh="x", name_en="x")
    one = connected(source, broker.where(), keeper)
    ear = Ear.open(one)
    try:
        until(lambda: ear.client.is_connected())
        time.sleep(0.3)
        broker.publish("shop/1", *[beacon(s) for s in range(0, 90, 30)])
        until(lambda: Arrival.objects.count() == 3)
    finally:
        ear.close()
    if not broker.keeps:
        pytest.skip("amqtt keeps nothing for who is away: `apt-get install mosquitto`")
    broker.publish("shop/1", beacon(120), {"device": "shelf-7", "zone": "a", "sku": "TEA",
                                           "stock": 3, "at": beacon(121)["at"]})  # fmt: skip
    ear = Ear.open(one)  # the broker kept what came meanwhile
    try:
        until(lambda: Arrival.objects.count() == 5)
    finally:
        ear.close()
    done = run(one)
    assert (done.state, done.loaded, done.rejected) == (Run.State.LOADED, 3, 0)
    assert names(source) == ["Store Entered", "Zone Dwelled", "Stock Low"]
    assert Event.objects.get(name="Stock Low").properties == {
        "sku": "TEA", "place": "a", "stock": 3
    }  # fmt: skip
    assert not Customer.objects.exists()  # a device alone is nobody
    assert run(one).state == Run.State.NOTHING
    services.anew(one, since=None, by=keeper)
    again = run(one)
    assert (again.loaded, again.known) == (0, 3)


def test_a_message_that_comes_again_is_kept_once(
    broker: servers.Broker, source: Source, keeper: User
) -> None:
    one = connected(source, broker.where(), keeper)
    place = msgspec.convert(one.where, Place, strict=False)

    def came(body: bytes, *, again: bool = False) -> bool:
        return listening.taken(one.pk, "shop/1", body, again=again, place=place)

    timed = b'{"device": "t", "rssi": -60, "at": "2026-03-01T10:00:00Z"}'
    assert came(timed)
    assert not came(timed)  # it says when, so it is the same
    plain = b'{"device": "t", "rssi": -60}'
    assert came(plain)
    assert came(plain)  # another measurement that is alike
    assert not came(plain, again=True)  # the broker says that it sent this before
    assert came(b"no json", again=True)  # never acknowledged the first time
    assert Arrival.objects.count() == 4


def test_readings_go_on_where_the_last_run_ended(
    broker: servers.Broker, source: Source, keeper: User
) -> None:
    one = connected(source, broker.where(), keeper)
    place = msgspec.convert(one.where, Place, strict=False)

    def says(second: int, rssi: int = -60) -> None:
        body = msgspec.json.encode(beacon(second, rssi))
        listening.taken(one.pk, "shop/1", body, again=False, place=place)

    says(0)
    assert run(one).loaded == 1
    says(30)
    assert run(one).state == Run.State.NOTHING  # in the middle of a visit
    says(61)
    assert run(one).loaded == 1
    assert names(source) == ["Store Entered", "Zone Dwelled"]


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ({"device": "t", "rssi": -60}, 1), ([{"device": "t"}, {"device": "u"}], 2),
        ({"rssi": -60}, 0), ("text", 0), ({"device": ""}, 0), ({"device": "t", "at": "soon"}, 0),
        ({"device": "t", "at": 1_772_359_200}, 1), ({"device": "t", "at": 1_772_359_200_000}, 1),
        ({"device": "t", "at": "2999-01-01T00:00:00Z"}, 0), ({"device": "t", "at": 1e300}, 0),
        ({"device": "t", "rssi": "far"}, 1), ({"device": "t", "rssi": 1e400}, 0),
    ],
)  # fmt: skip
def test_whatever_a_device_says_does_no_harm(told: object, count: int) -> None:
    import json

    arrival = Arrival(received_at=timezone.now(), topic="shop/1", body=json.dumps(told).encode())
    place = Place("h", "shop/#", at="at", signal="rssi")
    assert len(devices.readings_of(arrival, place)) == count


def test_a_test_hears_what_is_said_now(broker: servers.Broker, db: None) -> None:
    import threading

    speaking = threading.Timer(1.0, lambda: broker.publish("shop/9", {"device": "t"}))
    speaking.start()
    found = devices.look(broker.where(), "")
    assert [row[0] for row in found.rows] == ["shop/9"]
    speaking.join()


def test_a_broker_that_is_gone_or_not_open_says_so(broker: servers.Broker) -> None:
    with pytest.raises(Trouble, match="cannot be reached"):
        devices.look(broker.where(port=servers.free_port()), "")
    with pytest.raises(NotAllowed):
        devices.look(broker.where(host="localhost"), "")


def test_bounds_without_a_gap_are_refused() -> None:
    given = {**servers.Broker(1).where(), "name": "x", "every_minutes": 1, "tls": ""}
    assert DeviceForm(given).is_valid()
    assert "enter" in DeviceForm({**given, "enter": -80}).errors
    assert "enough" in DeviceForm({**given, "enough": 5}).errors
