"""Kill -9 anywhere on the road of an event: what was answered by 200 is in PostgreSQL and in the
lake, once.

The tracking API, two pumps on the same partitions, their archivers with one more, and a compactor
that rewrites the very day that they append to, run as processes, are killed at random and started
again, while senders send and repeat. A door that answers before it has written is caught by the
same check. In `make test` 20 kills, in `make soak`
1,000 over several hundred thousand acknowledged events.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import connection

from tests.collect import sdk
from tests.collect.processes import environment, free_port, reachable, until
from tests.proof.ledger import Ledger, Sender, Verdict, verdict
from tests.proof.nursery import API, ARCHIVER, COMPACTOR, HASTY_API, PUMP, Nursery
from zhiyin.collect import archive
from zhiyin.collect.models import Received, Source, ToArchive, WriteKey

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SENDERS = 3
MOST_WAITING = 60  # requests in the inbox; then the senders rest, so that pumps come to their end
SEED = 20261129


@dataclass
class Road:
    """The processes of the road, and who sends along it."""

    nursery: Nursery
    key: WriteKey
    door: str = API
    size: int = 100
    port: int = field(default_factory=free_port)
    ledger: Ledger = field(default_factory=Ledger)
    lot: random.Random = field(default_factory=lambda: random.Random(SEED))

    def open(self) -> None:
        """Start everything."""
        self.roles = [(self.door, self.port), (PUMP, 0, 1), (PUMP, 0, 1), (ARCHIVER,), (COMPACTOR,)]
        self.pids = [self.nursery.start(*role) for role in self.roles]
        until(lambda: reachable(self.port), "the tracking API does not listen")
        self.senders = [
            Sender(f"s{n}", self.port, self.key.key, self.ledger, size=self.size)
            for n in range(SENDERS)
        ]
        for one in self.senders:
            one.start()

    def kill(self, which: int | None = None) -> None:
        """One of them, at a moment that nobody chose, and start it again."""
        time.sleep(self.lot.uniform(0.02, 0.3))
        chosen = self.lot.randrange(len(self.roles)) if which is None else which
        self.nursery.kill(self.pids[chosen])
        self.pids[chosen] = self.nursery.start(*self.roles[chosen])
        self.rest()

    def rest(self) -> None:
        """The senders rest where the inbox fills faster than pumps that are killed can empty it."""
        many = Received.objects.count() > MOST_WAITING
        for one in self.senders:
            (one.pausing.set if many else one.pausing.clear)()

    def close(self) -> Verdict:
        """Let everybody finish what was begun; what came of it."""
        for one in self.senders:
            one.stopping.set()
        for one in self.senders:
            one.join(60)
            assert not one.is_alive()
        until(lambda: not Received.objects.exists(), "the inbox does not become empty", 120)
        until(lambda: not ToArchive.objects.exists(), "the lake does not get everything", 120)
        return verdict(self.ledger, self.key.source)


@contextmanager
def road(key: WriteKey, **more: object) -> Iterator[Road]:
    """A road that is open."""
    with Nursery(environment()) as nursery:
        made = Road(nursery, key, **more)  # type: ignore[arg-type]
        made.open()
        yield made


@pytest.fixture
def key(transactional_db: None, own_lake: None) -> WriteKey:
    """A source that may send, and a lake of its own."""
    return sdk.source(kind=Source.Kind.SHOP)


@pytest.mark.parametrize(
    ("kills", "at_least"),
    [pytest.param(20, 5_000, id="20 kills"),
     pytest.param(1_000, 300_000, id="1,000 kills",
                  marks=[pytest.mark.soak, pytest.mark.timeout(3600)])])  # fmt: skip
def test_what_was_acknowledged_is_stored_once_whoever_is_killed(
    key: WriteKey, kills: int, at_least: int
) -> None:
    with road(key) as one:
        for _ in range(kills):
            one.kill()
        while len(one.ledger.acknowledged) < at_least:
            one.rest()
            time.sleep(0.05)
        found = one.close()
    assert found.clean, found
    assert found.acknowledged >= at_least
    assert one.ledger.tries > one.ledger.batches  # some were answered by nobody
    assert len(archive.lake().uris("events")) < archive.lake().version("events") / 2  # compacted
    print(found, one.ledger.tries)  # noqa: T201


def test_a_door_that_answers_before_it_has_written_is_caught(key: WriteKey) -> None:
    with road(key, door=HASTY_API) as one:
        for _ in range(8):
            one.kill(which=0)
        found = one.close()
    assert found.lost > 0
    assert found.lost == found.lost_in_lake


def test_a_row_that_reaches_the_lake_twice_is_caught(key: WriteKey) -> None:
    with road(key, size=5) as one:
        time.sleep(1)
        found = one.close()
    assert found.clean, found
    rows = archive.lake().read("events", None)
    archive.lake().append("events", rows.slice(0, 1), app_id="again", sequence=1)
    assert verdict(one.ledger, key.source).twice == 1
    with connection.cursor() as cursor:
        cursor.execute("delete from collect_event where event_id = (select min(event_id::text)"
                       "::uuid from collect_event)")  # fmt: skip
    assert verdict(one.ledger, key.source).lost == 1
