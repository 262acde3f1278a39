"""A message as it is shown to who may not see persons: its shape, its technical words, no person.

Any property may hold personal text, so what is not known to be technical is masked: better a word
too few than a phone number too many. Pure.
"""

from __future__ import annotations

import json

from zhiyin.privacy.masking import STAR, mask_text

# Where a text says nothing about a person.
_PLAIN = frozenset({
    "type", "event", "messageId", "timestamp", "originalTimestamp", "sentAt", "receivedAt",
    "channel", "version", "library", "locale", "timezone", "currency", "sku", "product_id",
    "order_id", "category", "original_at", "sent_at", "odd", "fields",
})  # fmt: skip
_UNDER = frozenset({"library", "app", "screen", "os", "integrations"})  # all that is below
_LONG = 10_000  # a number of five digits or more may be a phone or a birthday
DEPTH = 40


def masked(text: str) -> str:
    """The JSON of a message with what could be about a person masked."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return STAR * 4
    return json.dumps(hidden(told), ensure_ascii=False, indent=2)


def hidden(value: object, *, name: str = "", plain: bool = False, depth: int = 0) -> object:
    """The same value with texts and long numbers masked, but for technical ones."""
    if depth > DEPTH:
        return STAR * 4
    if isinstance(value, dict):
        return {
            key: hidden(one, name=key, plain=plain or key in _UNDER, depth=depth + 1)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [hidden(one, name=name, plain=plain, depth=depth + 1) for one in value]
    if plain or name in _PLAIN or isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return mask_text(value)
    return value if isinstance(value, int | float) and abs(value) < _LONG else STAR * 4


def pretty(text: str) -> str:
    """The JSON set out to be read; what is none is left as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
