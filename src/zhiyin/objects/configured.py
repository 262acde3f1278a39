"""Saved views that are shared, as a section of the configuration file.

A view that names a row by its id (an owner, a department) means another in each installation; it
stays out of the file, and so does a private one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Section
from zhiyin.objects.definitions import object_type
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.models import SavedView

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
_PARTS = ("columns", "filters", "where", "sort", "pinned", "position")


def _views() -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for one in SavedView.objects.filter(shared=True).order_by("created_at"):
        item = {part: getattr(one, part) for part in _PARTS}
        if not _ID.search(json.dumps(item)):
            found.setdefault(f"{one.object_type}.{one.name}", item)
    return found


def _put(key: str, item: Any, by: User) -> None:
    name, _, title = key.partition(".")
    object_type(name)
    shape = {"columns": list, "filters": dict, "where": str, "sort": str, "pinned": bool,
             "position": int}  # fmt: skip
    if set(item) != set(_PARTS) or any(not isinstance(item[p], t) for p, t in shape.items()):
        raise CannotBe(f"{_PARTS}")
    if not 1 <= len(title) <= 80 or _ID.search(json.dumps(item)):
        raise CannotBe(title[:80])
    view = _find(key) or SavedView(object_type=name, name=title, owner=by, shared=True)
    for part in _PARTS:
        setattr(view, part, item[part])
    view.save()
    record(by, "view.kept", view, shared=True)


def _remove(key: str, by: User) -> None:
    view = _find(key)
    if view is not None:
        record(by, "view.dropped", view)
        view.delete()


def _find(key: str) -> SavedView | None:
    name, _, title = key.partition(".")
    found = SavedView.objects.filter(object_type=name, name=title, shared=True)
    return found.order_by("created_at").first()


def register() -> None:
    """After the fields that views show: the custom fields' app calls this."""
    configuration.register(Section("views", _views, _put, _remove))
