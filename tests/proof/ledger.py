"""What was acknowledged, against what is stored: nothing lost, nothing twice.

Senders behave as SDKs do: they repeat a batch until it is answered by 200, under the same message
ids, and sometimes one that was answered already. What was answered goes into the ledger at once.
"""

from __future__ import annotations

import gzip
import http.client
import json
import random
import threading
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from zhiyin.collect import archive
from zhiyin.collect.models import Event, SetAside, Source

AGAIN = 0.03  # of the batches that were answered are sent once more


@dataclass
class Ledger:
    """Message ids by what their sender knows of them."""

    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    batches: int = 0
    tries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, ids: list[str], *, acknowledged: bool) -> None:
        """Before the request, and after its answer."""
        with self.lock:
            self.sent.update(ids)
            if acknowledged:
                self.acknowledged.update(ids)
                self.batches += 1


@dataclass(frozen=True)
class Verdict:
    """What the comparison found."""

    acknowledged: int
    lost: int  # acknowledged, and not in PostgreSQL
    lost_in_lake: int  # acknowledged, and not in the lake
    twice: int  # more rows in the lake than events
    strange: int  # stored, and never sent
    set_aside: int

    @property
    def clean(self) -> bool:
        """0 lost, 0 twice."""
        return not any((self.lost, self.lost_in_lake, self.twice, self.strange, self.set_aside))


def verdict(ledger: Ledger, source: Source) -> Verdict:
    """Compare; the pump and the archiver have come to their end before."""
    known = {event_id(source, one): one for one in ledger.sent}
    due = {event_id(source, one) for one in ledger.acknowledged}
    hot = set(Event.objects.filter(source=source).values_list("event_id", flat=True))
    rows = archive.lake().read("events", ["event_id", "source"])
    lake = Counter(
        UUID(id_) for id_, key in zip(*(rows[name].to_pylist() for name in rows.column_names),
                                      strict=True) if key == source.key
    )  # fmt: skip
    return Verdict(
        acknowledged=len(due), lost=len(due - hot), lost_in_lake=len(due - set(lake)),
        twice=sum(count - 1 for count in lake.values()),
        strange=len((hot | set(lake)) - set(known)), set_aside=SetAside.objects.count(),
    )  # fmt: skip


def event_id(source: Source, message: str) -> UUID:
    """Under which id the pump keeps a message."""
    return uuid5(source.pk, f"event\x1f{message}")


class Sender(threading.Thread):
    """One SDK at one server, with a queue that never ends."""

    def __init__(self, name: str, port: int, key: str, ledger: Ledger, *, size: int) -> None:
        super().__init__(name=name, daemon=True)
        self._port, self._ledger, self._size = port, ledger, size
        self._headers = {"Authorization": "Basic " + b64encode(f"{key}:".encode()).decode()}
        self._lot = random.Random(name)
        self._line: http.client.HTTPConnection | None = None
        self.stopping, self.pausing = threading.Event(), threading.Event()

    def run(self) -> None:
        """Batch after batch, until told to stop."""
        number = 0
        last: tuple[bytes, list[str]] | None = None
        while not self.stopping.is_set():
            if self.pausing.is_set():
                self.stopping.wait(0.02)
                continue
            if last is not None and self._lot.random() < AGAIN:
                self._until_taken(*last)
            ids = [f"{self.name}-{number + place}" for place in range(self._size)]
            number += self._size
            last = (self._body(ids), ids)
            self._ledger.note(ids, acknowledged=False)
            self._until_taken(*last)

    def _body(self, ids: list[str]) -> bytes:
        messages = [
            {"type": "track", "event": "Product Viewed", "messageId": one,
             "anonymousId": f"{self.name}-{self._lot.randrange(20)}", "properties": {"n": place}}
            for place, one in enumerate(ids)
        ]  # fmt: skip
        body = json.dumps({"batch": messages}).encode()
        return gzip.compress(body, 1) if self._lot.random() < 0.5 else body

    def _until_taken(self, body: bytes, ids: list[str]) -> None:
        while True:
            self._ledger.tries += 1
            if self._taken(body):
                self._ledger.note(ids, acknowledged=True)
                return
            if self.stopping.wait(0.02):
                return

    def _taken(self, body: bytes) -> bool:
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            self._line.request("POST", "/v1/batch", body, self._headers)
            answer = self._line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            if self._line is not None:
                self._line.close()
            self._line = None
            return False
        assert answer.status in (200, 503), answer.status
        return answer.status == 200
