"""Bodies as SDKs send them: perhaps gzip, whatever the headers say, and JSON of one of two shapes.

Content types and encodings are not believed: Segment's browser says text/plain, RudderStack's node
library says that a gzip of JSON is a form. Refusals are plain text, since RudderStack's Python
library tries a JSON refusal without `code` and `message` eleven times.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from uuid import UUID

import msgspec

GZIP = b"\x1f\x8b"
_GZIP_ONLY = 31  # zlib's way to say: a gzip header, 32 kB of window
MOST_MESSAGES = 5_000  # of a request; SDKs send a hundred
PARTITIONS = 16  # the largest number of pumps that can share the work


class Refused(Exception):  # noqa: N818 (it names what happened)
    """The request cannot be taken: the status, and a sentence for who reads the SDK's log.

    `source` is whose key the request had, where that is known.
    """

    def __init__(self, status: int, why: str, wait_s: int | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.wait_s = status, why, wait_s
        self.source: UUID | None = None

    def of(self, source: UUID) -> Refused:
        """The same, of this source."""
        self.source = source
        return self


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: object = None  # noqa: N815 (the wire's own names)


class _Person(msgspec.Struct):
    anonymousId: object = None  # noqa: N815
    userId: object = None  # noqa: N815
    writeKey: object = None  # noqa: N815


@dataclass(frozen=True, slots=True)
class Body:
    """What the door has to know of a body; `key` is the one in it, if any."""

    messages: int
    partition: int
    key: str


_batches = msgspec.json.Decoder(_Batch)
_people = msgspec.json.Decoder(_Person)


def plain(body: bytes, most: int) -> bytes:
    """The JSON of a body: of a gzip its content, of which no more than `most` bytes are made."""
    if not body.startswith(GZIP):
        if len(body) > most:
            raise Refused(413, f"the body may hold {most} bytes\n")
        return body
    unpacking = zlib.decompressobj(_GZIP_ONLY)
    try:
        made = unpacking.decompress(body, most + 1)
    except zlib.error:
        raise Refused(400, "the body begins like gzip and is not\n") from None
    if len(made) > most:
        raise Refused(413, f"the body may hold {most} bytes when unpacked\n")
    if not unpacking.eof:
        raise Refused(400, "the gzip of the body ends too early\n")
    return made


def look(body: bytes, *, batch: bool, most: int) -> Body:
    """Check that a body is JSON of the right shape; raises `Refused` where it is not."""
    text = plain(body, most)
    try:
        if not batch:
            one = _people.decode(text)
            return Body(1, _partition(one), _key(one.writeKey))
        found = _batches.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"the body is not the JSON of an event: {_said(error)}\n") from None
    if len(found.batch) > MOST_MESSAGES:
        raise Refused(413, f"a batch may hold {MOST_MESSAGES} messages\n")
    return Body(len(found.batch), _first(found.batch), _key(found.writeKey))


def _first(messages: list[msgspec.Raw]) -> int:
    """The partition of the first person in a batch; what cannot be read has the first."""
    if not messages:
        return 0
    try:
        return _partition(_people.decode(messages[0]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0


def _partition(one: _Person) -> int:
    """The device first: browsers send it with every message, also when the person is known."""
    person = str(one.anonymousId or one.userId or "")
    return zlib.crc32(person.encode(errors="replace")) % PARTITIONS


def _key(given: object) -> str:
    return given if isinstance(given, str) else ""


def _said(error: Exception) -> str:
    """What the parser found, without a word of the body."""
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
