"""Starting a step of an import from a screen: once, however often the button is pressed."""

from __future__ import annotations

from django.db import transaction

from zhiyin.accounts.models import User
from zhiyin.collect import tasks
from zhiyin.collect.models import Import, Source


def start(one: Import, step: str, *, by: User) -> bool:
    """Queue a step; False where one waits or runs already."""
    with transaction.atomic():
        locked = Import.objects.select_for_update(of=("self",)).select_related("work")
        current = locked.get(pk=one.pk)
        if current.work is not None and not current.work.is_over:
            return False
        tasks.begin(current, step, by=by)
    return True


def name_source(source: Source | None, name: str) -> None:
    """Give a source that has only its key the name that people call it."""
    if source is None or not name.strip() or {source.name_zh, source.name_en} != {source.key}:
        return
    source.name_zh = source.name_en = name.strip()[:120]
    source.save(update_fields=["name_zh", "name_en"])
