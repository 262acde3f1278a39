"""Taking an import back as a whole.

Reaches upwards through `settings.PIPELINE_UNDO`, a list like the pipeline, since only the rooms
above know what they made of the events.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from zhiyin.collect import archive
from zhiyin.collect.models import Event, Import

Undo = Callable[[UUID], dict[str, int]]


@cache
def steps() -> tuple[Undo, ...]:
    """The undo steps of settings.PIPELINE_UNDO, in order."""
    return tuple(import_string(name) for name in settings.PIPELINE_UNDO)


def take_back(
    one: Import, progress: Callable[[str, int, int | None], None] | None = None
) -> dict[str, int]:
    """Remove what an import brought from PostgreSQL, then from the lake; may be run again."""
    taken: dict[str, int] = {}
    with transaction.atomic():
        taken["events"] = Event.objects.filter(batch=one.id).delete()[0]
        for position, step in enumerate(steps()):
            if progress is not None:
                progress("undo", position, len(steps()) + 1)
            taken.update(step(one.id))
    taken["lake_rows"] = archive.forget(one.id)
    with connection.cursor() as cursor:
        cursor.execute("analyze customers_customer")
    return taken
