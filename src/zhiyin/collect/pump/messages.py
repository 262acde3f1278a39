"""From the wire to events: what Segment's and RudderStack's messages say, in our words.

Pure: no database and no clock. A message that cannot be an event raises `Unfit` with the reason
that is shown to whoever looks after the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from zhiyin.collect.batch import Incoming, ProfileFacts, Seen
from zhiyin.collect.pump import orders, traits
from zhiyin.collect.pump.times import When, moment_or_given, when
from zhiyin.ids import named

MOST_BYTES = 32 << 10  # of a message, as Segment has it
MOST_NAME = 120
MOST_ID = 254
MOST_PROPERTIES = 500
TYPES = frozenset({"track", "identify", "page", "screen", "group", "alias"})
# What programs write where they know nobody. Taken for a person, it would be everybody.
NOBODY = frozenset({
    "", "null", "none", "nil", "undefined", "nan", "anonymous", "guest", "unknown", "unidentified",
    "user", "test", "true", "false", "-1", "[object object]", "n/a", "na",
    "00000000-0000-0000-0000-000000000000",
})  # fmt: skip
_OF_MESSAGE_IDS = frozenset({str, int})
_OF_IDS = frozenset({str, int, float})
_ZERO = b"\\u0000"
_CONTEXT = frozenset({
    "library", "page", "campaign", "locale", "timezone", "app", "screen", "consent",
})  # fmt: skip


class Unfit(ValueError):  # noqa: N818 (it names the message)
    """The message cannot be taken in; `reason` is one of REASONS."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class Message(msgspec.Struct):
    """One message; what may be of any type on the wire is `object` here."""

    type: object = None
    event: object = None
    name: object = None
    category: object = None
    userId: object = None  # noqa: N815 (the wire's own names)
    anonymousId: object = None  # noqa: N815
    previousId: object = None  # noqa: N815
    groupId: object = None  # noqa: N815
    messageId: object = None  # noqa: N815
    timestamp: object = None
    originalTimestamp: object = None  # noqa: N815
    sentAt: object = None  # noqa: N815
    properties: object = None
    traits: object = None
    context: object = None


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    sentAt: object = None  # noqa: N815
    timestamp: object = None
    context: object = None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the messages of a batch and counts for each of them."""

    batch: list[msgspec.Raw]
    sent: object
    timestamp: object
    context: dict[str, object]
    has_zero: bool  # somewhere in the body


Reader = Callable[[Message, list[Seen], UUID, When, Mapping[str, object]], Incoming]

_messages = msgspec.json.Decoder(Message)
_batches = msgspec.json.Decoder(_Batch)


def around(body: bytes) -> Around:
    """The batch of a body that the door has looked at."""
    found = _batches.decode(body)
    return Around(found.batch, moment_or_given(found.sentAt), found.timestamp,
                  _mapping(found.context), _ZERO in body)  # fmt: skip


def read(
    raw: bytes | msgspec.Raw, kind: str, batch: Around | None, *, place: Callable[[], UUID],
    received: datetime, source: UUID, currency: str,
) -> Incoming:  # fmt: skip
    """One message as an event; `place` makes its id where it brings none. Raises `Unfit`."""
    one = _decoded(raw, has_zero=batch is None or batch.has_zero)
    said = one.type if kind == "batch" or one.type else kind
    if not isinstance(said, str) or said not in TYPES:
        raise Unfit("unknown_type", str(said)[:60])
    sent, original = one.sentAt, one.originalTimestamp or one.timestamp
    context = _mapping(one.context)
    if batch is not None:
        sent, original = sent or batch.sent, original or batch.timestamp
        if batch.context:
            context = {**batch.context, **context}
    moment = when(original, sent, received)
    id_ = _event_id(one.messageId, source) or place()
    made = _READERS[said](one, _seen(one), id_, moment, context)
    if not made.seen:
        raise Unfit("no_id")
    if made.name in orders.NAMES:
        orders.recognise(made, source, currency)
    made.context, made.received_at = _kept_context(context, moment), received
    return made


def _decoded(raw: bytes | msgspec.Raw, *, has_zero: bool) -> Message:
    """`has_zero` where it is not known that the message has none."""
    if (size := len(memoryview(raw))) > MOST_BYTES:
        raise Unfit("message_too_large", f"{size} > {MOST_BYTES}")
    try:
        if has_zero and _ZERO in bytes(raw):
            raw = msgspec.json.encode(scrubbed(msgspec.json.decode(raw)))
        return _messages.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unfit("unreadable", str(error)[:200]) from None
    except RecursionError:
        raise Unfit("nested_too_deeply") from None


def called(raw: bytes | msgspec.Raw) -> str:
    """What a message that cannot be an event calls itself: its event, else its type."""
    try:
        one = _messages.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    for said in (one.event, one.type):
        if isinstance(said, str) and said.strip():
            return said.strip().replace("\0", "")
    return ""


def scrubbed(value: object) -> object:
    """The same without the one character that PostgreSQL cannot hold, however deep."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [scrubbed(one) for one in value]
    if isinstance(value, dict):
        return {name.replace("\0", ""): scrubbed(one) for name, one in value.items()}
    return value


def _track(
    one: Message, seen: list[Seen], id_: UUID, moment: When, context: Mapping[str, object]
) -> Incoming:
    if not isinstance(one.event, str) or not one.event.strip():
        raise Unfit("no_event_name")
    return Incoming(id_, _name(one.event), moment.at, seen, _properties(one.properties))


def _viewed(what: str) -> Reader:
    def read(
        one: Message, seen: list[Seen], id_: UUID, moment: When, context: Mapping[str, object]
    ) -> Incoming:
        properties = _properties(one.properties)
        for key, given in (("name", one.name), ("category", one.category)):
            if isinstance(given, str) and given:
                properties.setdefault(key, given)
        return Incoming(id_, f"{what} Viewed", moment.at, seen, properties)

    return read


def _identify(
    one: Message, seen: list[Seen], id_: UUID, moment: When, context: Mapping[str, object]
) -> Incoming:
    """RudderStack has the traits in the context, Segment at the root."""
    given = {**_mapping(context.get("traits")), **_mapping(one.traits)}
    if len(given) > MOST_PROPERTIES:
        raise Unfit("too_many_properties", str(len(given)))
    fields, more, was = traits.understood(given, today=moment.at.date())
    seen += more
    facts = ProfileFacts(fields, [], was=was) if fields or was else None
    kept: dict[str, object] = {"fields": sorted(fields), "traits": traits.unknown(given)}
    return Incoming(id_, "Profile Updated", moment.at, seen, kept, profile=facts, told=given)


def _group(
    one: Message, seen: list[Seen], id_: UUID, moment: When, context: Mapping[str, object]
) -> Incoming:
    group = _id(one.groupId)
    if not group:
        raise Unfit("no_group_id")
    told = _properties(one.traits)
    return Incoming(id_, "Group Identified", moment.at, seen,
                    {"group_id": group, "traits": told}, told=told)  # fmt: skip


def _alias(
    one: Message, seen: list[Seen], id_: UUID, moment: When, context: Mapping[str, object]
) -> Incoming:
    """Two ids of one person. analytics.js overwrites the new one with the current: u1 is u1."""
    previous, now = _id(one.previousId), _id(one.userId)
    if not previous or not now:
        raise Unfit("no_previous_id")
    if previous == now:
        raise Unfit("self_alias")
    seen.append(Seen("device", "", previous))
    return Incoming(id_, "Alias Created", moment.at, seen, {})


_READERS: Mapping[str, Reader] = {
    "track": _track, "page": _viewed("Page"), "screen": _viewed("Screen"),
    "identify": _identify, "group": _group, "alias": _alias,
}  # fmt: skip


def _event_id(given: object, source: UUID) -> UUID | None:
    """The same message id gives the same event again, whoever sends it how often."""
    if type(given) not in _OF_MESSAGE_IDS or given == "":
        return None
    return named(source, f"event\x1f{given}")


def _seen(one: Message) -> list[Seen]:
    """Customer numbers hold for the whole company; a device is whoever held it."""
    found = []
    if number := _id(one.userId):
        found.append(Seen("number", "", number))
    if device := _id(one.anonymousId):
        found.append(Seen("device", "", device))
    return found


def _id(given: object) -> str:
    """An id as text, numbers too; empty for none, and for what programs write instead of one."""
    if type(given) not in _OF_IDS:
        return ""
    text = str(given).strip()
    if text.lower() in NOBODY or not text.strip("0- "):
        return ""
    if len(text) > MOST_ID:
        raise Unfit("id_too_long", str(len(text)))
    return text


def _name(given: str) -> str:
    name = given.strip()
    if len(name) > MOST_NAME:
        raise Unfit("name_too_long", str(len(name)))
    return name


def _properties(given: object) -> dict[str, object]:
    found = _mapping(given)
    if len(found) > MOST_PROPERTIES:
        raise Unfit("too_many_properties", str(len(found)))
    return found


def _mapping(given: object) -> dict[str, object]:
    return given if isinstance(given, dict) else {}


def _kept_context(context: Mapping[str, object], moment: When) -> dict[str, object]:
    kept = {name: value for name, value in context.items() if value and name in _CONTEXT}
    if moment.original is not None:
        kept["original_at"] = moment.original
    if moment.sent is not None:
        kept["sent_at"] = moment.sent
    if moment.odd:
        kept["odd"] = moment.odd
    return kept
