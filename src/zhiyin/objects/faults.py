"""What a person can do something about when a value, a condition or a change is refused."""

from __future__ import annotations


class CannotBe(ValueError):  # noqa: N818  (it names the value; the message is for people)
    """The value cannot be kept; the message says why and how to mend it."""
