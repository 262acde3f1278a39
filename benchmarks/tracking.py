"""Events at speed: the tracking API, the pump, and how soon an event is on the profile.

    python -m benchmarks.tracking --data /some/folder

The workspace is that of `benchmarks.screens`, so the pump works among a million known customers,
their twelve million hot events and all indexes. Durable throughout: synchronous_commit and fsync
are on, a request is answered after its commit. The sender shares the two cores with the server and
PostgreSQL.

The peers, for the same requests: django-ninja with Django's ORM (plain JSON: it knows no gzip), and
the floor, Starlette that only appends what comes to a file with fdatasync. Two pumps share the
work, one for each core; they have no peer: what they do (identity, consent, profile, duplicates,
the lake) nobody else does in one step.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import secrets
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import figure
from benchmarks.processes import cpu_seconds, memory_mib
from benchmarks.sending import Sent, request, send
from benchmarks.serving import Process, filled, on_workspace

BATCHES, SINGLES = 32, 64  # connections
DOOR_S, PUMP_S, VISIBLE_S = 15.0, 300.0, 30.0
EVENTS = 100  # of a batch
RATE = 2_000  # events a second while it is watched how soon they are visible
PREPARED = 1_500  # batches that differ; then they come again
PUMP = ["-m", "zhiyin.collect.pump.running"]
NAMES = ("Product Viewed", "Product Added", "Page Viewed", "Products Searched", "Cart Viewed")


def measure(data: Path, customers: int) -> None:
    """Door, peers, pump, visibility."""
    with filled(data, customers):
        key, devices = _source(), _devices()
        _doors(key, devices, data)
        seconds = PUMP_S if customers >= 1_000_000 else PUMP_S / 5
        _pump(key, devices, customers, seconds, data)
        _visible(key, devices, customers)


def _port() -> int:
    from zhiyin.cli.serve import free_port

    return free_port("127.0.0.1", 8800)


def _source() -> str:
    from zhiyin.collect.models import Source, WriteKey

    source, _ = Source.objects.get_or_create(
        key="bench", defaults={"name_zh": "bench", "name_en": "bench"}
    )
    Source.objects.filter(pk=source.pk).update(kind=Source.Kind.WEB)  # consent is asked for each
    return WriteKey.objects.create(source=source).key


def _devices() -> list[str]:
    from zhiyin.customers.models import Identifier

    found = Identifier.objects.filter(kind="device", customer__isnull=False)
    every = max(1, found.count() // 200_000)
    return list(found.order_by("id").values_list("value", flat=True)[::every])


def _message(device: str, dice: random.Random, **more: object) -> dict[str, object]:
    return {
        "type": "track", "event": dice.choice(NAMES), "anonymousId": device,
        "messageId": f"node-next-{uuid.UUID(int=dice.getrandbits(128))}",
        "timestamp": datetime.now(UTC).isoformat(), "integrations": {},
        "context": {"library": {"name": "@segment/analytics-node", "version": "3.1.0"}},
        "properties": {"sku": f"P{dice.randrange(5000)}", "price": dice.randrange(1, 500) / 2,
                       "category": "tea", "position": dice.randrange(40)},
        "_metadata": {"nodeVersion": "20.20.2", "jsRuntime": "node"}, **more,
    }  # fmt: skip


def _batch(devices: Sequence[str], dice: random.Random) -> bytes:
    messages = [_message(dice.choice(devices), dice) for _ in range(EVENTS)]
    told = {"batch": messages, "sentAt": datetime.now(UTC).isoformat()}
    return json.dumps(told, separators=(",", ":")).encode()


def _doors(key: str, devices: Sequence[str], data: Path) -> None:
    dice = random.Random(1)
    batches = [_batch(devices, dice) for _ in range(PREPARED)]
    packed = [gzip.compress(one, 6) for one in batches]
    singles = [json.dumps(_message(dice.choice(devices), dice)).encode() for _ in range(20_000)]
    ours = ["zhiyin.collect.tracking.starting:standalone", "--factory"]
    log = data / "bench.log"
    _make_plain()
    settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.doors.ninja_settings"}
    peers = {
        "django-ninja with the ORM": (["benchmarks.doors.ninja:application"], settings, batches),
        "Starlette, append and fdatasync": (
            ["benchmarks.doors.appending:application"], {"ZHIYIN_BENCH_LOG": str(log)}, packed,
        ),
    }  # fmt: skip
    for what, bodies, connections in (("batches", packed, BATCHES), ("singles", singles, SINGLES)):
        path = "/v1/batch" if what == "batches" else "/v1/track"
        sent = _through(ours, {}, path, bodies, key, connections)
        _empty()
        each = EVENTS if what == "batches" else 1
        for peer, (app, environment, theirs) in peers.items():
            other = _through(
                app, environment, path, theirs if each > 1 else singles, key, connections
            )
            log.unlink(missing_ok=True)
            _report_door(what, sent, other, peer, each, connections)
    _drop_plain()


def _through(
    app: list[str], environment: dict[str, str], path: str, bodies: Sequence[bytes], key: str,
    connections: int,
) -> Sent:  # fmt: skip
    port = _port()
    command = ["-m", "uvicorn", *app, "--port", str(port), "--workers", "2", "--lifespan", "off",
               "--no-access-log", "--log-level", "warning"]  # fmt: skip
    with Process(command, environment, port):
        prepared = [request(path, body, key, port=port) for body in bodies]
        send(port, itertools.cycle(prepared), connections=connections, seconds=2)
        return send(port, itertools.cycle(prepared), connections=connections, seconds=DOOR_S)


def _report_door(what: str, sent: Sent, other: Sent, peer: str, each: int, lines: int) -> None:
    rate, theirs = (
        each * len(sent.took_ms) / sent.seconds,
        each * len(other.took_ms) / other.seconds,
    )
    tenths = statistics.quantiles(sent.took_ms, n=100)
    name = f"tracking.{what}{'.beside_the_floor' if peer.startswith('Starlette') else ''}"
    target = "200,000" if each > 1 else "8,000 and p99 under 50 ms"
    figure(
        name, rate, "events/s", peer, theirs, rate / theirs, len(sent.took_ms) * each,
        f"durable before the answer; {'gzip, 100 events each, ' if each > 1 else ''}{lines} "
        f"connections, p50 {tenths[49]:.1f} ms, p99 {tenths[98]:.1f} ms; target {target}",
    )  # fmt: skip


def _pump(key: str, devices: Sequence[str], customers: int, seconds: float, data: Path) -> None:
    """Two pumps, over an inbox that is kept filled by COPY."""
    from zhiyin.collect.models import Event, Received
    from zhiyin.collect.pump import archiving

    filler = _Filler(key, devices)
    filler.fill(30)
    postmaster = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    before, samples = Event.objects.count(), []
    with Process([*PUMP, "0", "2"]) as pump, Process([*PUMP, "1", "2"]) as other:
        time.sleep(5)

        def used() -> tuple[float, float]:
            return pump.cpu_seconds() + other.cpu_seconds(), cpu_seconds(postmaster)

        first = _stored(filler)
        begun, (ours, theirs) = time.perf_counter(), used()
        while time.perf_counter() - begun < seconds:
            if Received.objects.count() < 1_500:
                filler.fill(10)
            samples.append(memory_mib(pump.pid) + memory_mib(other.pid))
            time.sleep(0.5)
        took = time.perf_counter() - begun
        ours, theirs = (now - then for now, then in zip(used(), (ours, theirs), strict=True))
        events = _stored(filler) - first
        behind = archiving.waiting().events
    quarter = len(samples) // 4
    figure(
        "tracking.pump", events / took, "events/s", n=events,
        note=f"the whole pipeline, {customers:,} customers known, {before:,} hot events before; "
        f"{took:.0f} s; two pumps, {1e6 * ours / events:.0f} µs of their CPU an event and "
        f"{1e6 * theirs / events:.0f} of PostgreSQL's, which filling the inbox is part of; memory "
        f"{max(samples[quarter : 2 * quarter]):.0f} MiB at most in the second quarter, "
        f"{max(samples[-quarter:]):.0f} in the last; the lake {behind:,} events behind; the inbox "
        "was filled on the same cores; target 20,000",
    )  # fmt: skip
    Received.objects.all().delete()


class _Filler:
    """Requests straight into the inbox, each with ids of its own."""

    def __init__(self, key: str, devices: Sequence[str]) -> None:
        from zhiyin.collect.models import WriteKey

        self.source = WriteKey.objects.get(key=key).source_id
        self._devices, self._dice = devices, random.Random(2)
        self._bodies = [_batch(devices, self._dice) for _ in range(200)]

    def fill(self, hundreds: int) -> None:
        """So many hundred requests of a hundred events."""
        from zhiyin.collect.bulk import copy_binary
        from zhiyin.collect.tracking.inbox import COLUMNS, Arrived

        for _ in range(hundreds):
            now = datetime.now(UTC)
            copy_binary("collect_received", COLUMNS, [
                Arrived(self._dice.randrange(16), self.source, "batch", EVENTS, now,
                        self._anew()).row()
                for _ in range(100)
            ])  # fmt: skip

    def _anew(self) -> bytes:
        """A prepared batch under message ids that never came."""
        mark = f"node-next-{secrets.token_hex(5)}".encode()  # new in each run on a workspace
        return gzip.compress(self._dice.choice(self._bodies).replace(b"node-next-", mark), 1)


def _stored(filler: _Filler) -> int:
    from zhiyin.collect.models import Event

    return Event.objects.filter(source_id=filler.source).count()


def _visible(key: str, devices: Sequence[str], customers: int) -> None:
    """Seconds from sending an event to the moment in which a query of the profile finds it."""
    from zhiyin.collect.models import Received

    # Message ids and marks of its own: what an earlier run sent here came once already.
    dice, run = random.Random(secrets.token_bytes(8)), secrets.token_hex(4)
    ours = ["zhiyin.collect.tracking.starting:standalone", "--factory"]
    port = _port()
    door = ["-m", "uvicorn", *ours, "--port", str(port), "--lifespan", "off", "--no-access-log",
            "--log-level", "warning"]  # fmt: skip
    with Process(door, port=port), Process(PUMP):
        _Filler(key, devices).fill(1)
        while Received.objects.exists():  # until the pump has started
            time.sleep(0.1)
        watched = _Watched()
        watcher = threading.Thread(target=watched.watch, daemon=True)
        watcher.start()
        begun = time.perf_counter()
        for number in range(int(VISIBLE_S * RATE / 20)):
            wait = begun + number * 20 / RATE - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            mark = f"seen-{run}-{number}"
            told = [_message(dice.choice(devices), dice) for _ in range(19)]
            told.append(_message(dice.choice(devices), dice, event=mark))
            watched.sent[mark] = time.perf_counter()
            one = request("/v1/batch", json.dumps({"batch": told}).encode(), key, port=port)
            send(port, iter([one]), connections=1, seconds=0)
        deadline = time.perf_counter() + 30
        while len(watched.took) < len(watched.sent) and time.perf_counter() < deadline:
            time.sleep(0.1)
        watched.over = True
        watcher.join(5)
    if len(watched.took) < len(watched.sent):
        print(
            f"    {len(watched.sent) - len(watched.took)} never seen", file=sys.stderr, flush=True
        )
    hundredths = statistics.quantiles(watched.took, n=100)
    figure(
        "tracking.visible", hundredths[98], "s", n=len(watched.took),
        note=f"p99 from sending to a query of hot events; p50 {hundredths[49]:.2f} s, at {RATE:,} "
        f"events/s for {VISIBLE_S:.0f} s; {customers:,} customers; target 2 s",
    )  # fmt: skip


class _Watched:
    """Marked events: when they were sent, and how long until they were found."""

    def __init__(self) -> None:
        self.sent: dict[str, float] = {}
        self.took: list[float] = []
        self.over = False

    def watch(self) -> None:
        """Ask again and again which of them are there."""
        from django.db import connection

        from zhiyin.accounts import seat

        left: set[str] = set()
        known = 0
        with seat.system("a benchmark looks at every event"), connection.cursor() as cursor:
            while not self.over:
                names = list(self.sent)
                left |= set(names[known:])
                known = len(names)
                cursor.execute("select name from collect_event where name = any(%s)", [list(left)])
                now = time.perf_counter()
                for (name,) in cursor.fetchall():
                    if name in left:
                        left.discard(name)
                        self.took.append(now - self.sent[name])
                time.sleep(0.02)
        connection.close()


def _make_plain() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_plain")
        cursor.execute(
            "create table bench_plain (id bigserial primary key, message varchar(80) not null,"
            " name varchar(120) not null, person varchar(80) not null, received_at timestamptz not"
            " null, properties jsonb not null)"
        )
        cursor.execute("create index on bench_plain (person, received_at)")


def _drop_plain() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("drop table bench_plain")


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("truncate collect_received")


if __name__ == "__main__":
    on_workspace(measure, quick=100_000)
