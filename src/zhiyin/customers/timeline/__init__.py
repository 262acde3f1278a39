"""The timeline of a person: what every room knows to have happened, newest first.

A room registers a `Provider`: a queryset in a fixed shape, and how a row of it reads. All
providers are asked in one UNION ALL, so the timeline costs one query however many rooms take part.
"""

from zhiyin.customers.timeline.entries import Entry, Part
from zhiyin.customers.timeline.own import CHANGES, COMMENTS, EVENTS, FILES, NOTES, ORDERS, TASKS
from zhiyin.customers.timeline.reading import Timeline, read
from zhiyin.customers.timeline.registry import Provider, Row, kinds, register, shape

OWN = (ORDERS, EVENTS, NOTES, TASKS, CHANGES, FILES, COMMENTS)

__all__ = [
    "OWN", "Entry", "Part", "Provider", "Row", "Timeline", "kinds", "read", "register", "shape",
]  # fmt: skip
