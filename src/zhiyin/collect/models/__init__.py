"""The tables of this room."""

from zhiyin.collect.models.connections import Arrival, Connection, Run, TurnedAway
from zhiyin.collect.models.events import Event, Received, SetAside, ToArchive
from zhiyin.collect.models.imports import Import, MappingVersion, SavedMapping
from zhiyin.collect.models.plans import Learnt, PlanDay, PlanVersion
from zhiyin.collect.models.sources import Source, WriteKey, new_key
from zhiyin.collect.models.tallies import Refusal, Repeat, Tally

__all__ = [
    "Arrival", "Connection", "Event", "Import", "Learnt", "MappingVersion", "PlanDay",
    "PlanVersion", "Received", "Refusal", "Repeat", "Run", "SavedMapping", "SetAside", "Source",
    "Tally", "ToArchive", "TurnedAway", "WriteKey", "new_key",
]  # fmt: skip
