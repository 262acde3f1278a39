"""What this room's kinds of identifiers are to the library floor, and which decides first."""

from __future__ import annotations

from zhiyin.customers.models import Identifier
from zhiyin.identity.kinds import Guards
from zhiyin.identity.kinds import Kind as Known
from zhiyin.identity.worthless import worthless

Kind = Identifier.Kind
# An open id of WeChat is called by its app here; all else by the same word.
GUARDS = Guards({**Guards().kinds, Kind.WECHAT.value: Guards().of(Known.OPEN_ID)})
# The strongest first; by the words of `Seen`.
STRENGTH = {
    kind.value: place
    for place, kind in enumerate(
        (Kind.NUMBER, Kind.CARD, Kind.RECORD, Kind.PHONE, Kind.EMAIL, Kind.WECHAT, Kind.DEVICE)
    )
}
SHARED_AT_HOME = frozenset({Kind.PHONE.value, Kind.EMAIL.value})
CARRIERS = frozenset({Kind.DEVICE.value})
_EXAMPLES = ("example.com", "example.org", "example.net")


def refused(kind: str, value: str) -> bool:
    """Whether this value may not be an identifier. Whoever lives at example.com (RFC 2606) may be
    told apart by what stands before it: the demo's people do."""
    local, _, domain = value.rpartition("@")
    if kind == Kind.EMAIL and domain.casefold() in _EXAMPLES:
        value = f"{local}@mail.invalid.cn"
    return worthless(kind, value) is not None
