"""What a service of this room raises when a rule of the house says no."""

from __future__ import annotations


class NotAllowed(Exception):  # noqa: N818  (a rule of the house said no; the message is for people)
    """A rule forbids this; the message says which and what to do."""
