"""The tables of this room."""

from zhiyin.collect.models.events import Event, Received, SetAside, ToArchive
from zhiyin.collect.models.imports import Import, SavedMapping
from zhiyin.collect.models.sources import Source, WriteKey, new_key
from zhiyin.collect.models.tallies import Tally

__all__ = [
    "Event", "Import", "Received", "SavedMapping", "SetAside", "Source", "Tally", "ToArchive",
    "WriteKey", "new_key",
]  # fmt: skip
