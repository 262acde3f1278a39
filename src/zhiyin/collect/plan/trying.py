"""Messages held against a plan without sending them: what a developer asks before they go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from zhiyin.collect.plan.checking import Deviation
from zhiyin.collect.plan.schema import Mode, Plan
from zhiyin.collect.plan.watching import Watch
from zhiyin.collect.pump import messages
from zhiyin.collect.pump.messages import Unfit


@dataclass(frozen=True)
class Tried:
    """What would become of one message. `unfit`: why it can be no event at all."""

    number: int
    name: str
    deviations: tuple[Deviation, ...] = ()
    verdict: Mode | None = None
    unfit: str = ""
    detail: str = ""


def tried(source: UUID, plan: Plan, text: bytes, now: datetime, currency: str) -> Iterator[Tried]:
    """The messages of a batch, of one message, or of JSON lines, one by one."""
    watch = Watch(source, 1, plan)
    for number, raw in enumerate(_messages(text), 1):
        try:
            one = messages.read(
                raw, "batch", None, place=lambda: source, received=now, source=source,
                currency=currency,
            )  # fmt: skip
        except Unfit as unfit:
            yield Tried(number, messages.called(raw), unfit=unfit.reason, detail=unfit.detail)
            continue
        said = one.properties if one.told is None else one.told
        found = watch.event(one.name).found(said)
        yield Tried(number, one.name, found.deviations, found.verdict)


def _messages(text: bytes) -> list[bytes]:
    try:
        return [bytes(raw) for raw in messages.around(text).batch]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [line for line in text.splitlines() if line.strip()]
