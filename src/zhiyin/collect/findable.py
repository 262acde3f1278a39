"""Imports in the command palette: the latest of those that this user sees, by file or source."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext

from zhiyin import palette
from zhiyin.accounts import access
from zhiyin.accounts.access import Person
from zhiyin.collect.models import Import
from zhiyin.palette import Entry, fits, way_to_new


def imports(user: Person, query: str) -> Iterator[Entry]:
    """The way to a new import, and imports by the name of their file."""
    title = gettext("New import")
    yield from way_to_new(user, query, "import.add", title, "new_import", "upload")
    if not query or not access.allowed(user, "import.see"):
        return
    seen = access.scoped(user, Import.objects.all(), "import.see")
    for one in seen.only("file_name", "state").order_by("-created_at")[: palette.LOOKED_AT]:
        if fits(query, one.file_name):
            yield Entry(one.file_name, str(one.get_state_display()),
                        reverse("import", args=[one.pk]), "upload", gettext("Imports"))  # fmt: skip


palette.register(imports)
