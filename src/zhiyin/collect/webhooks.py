"""What this room tells other systems: an import ended, or was taken back."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.collect.models import Import
from zhiyin.connect.catalogue import Data, EventType, register
from zhiyin.connect.models import Occurrence

_EXAMPLE = {
    "id": "0192f0c1-2b7e-7c31-9f6d-6f1f2f9f0a11", "kind": "orders", "state": "loaded",
    "rows": 1200, "loaded": 1180, "known": 12, "rejected": 8,
}  # fmt: skip


def _tell(owner: User, occurrence: Occurrence, with_values: bool) -> Data | None:
    seen = access.scoped(owner, Import.objects.all(), "import.see")
    one = seen.filter(pk=occurrence.object_id).first()
    if one is None:
        return None
    return {
        "id": str(one.pk), "kind": one.kind, "state": occurrence.facts.get("state", one.state),
        "rows": one.rows, "loaded": one.loaded, "known": one.known, "rejected": one.rejected,
    }  # fmt: skip


register(
    EventType("import.finished", _("An import ended: loaded, failed or cancelled"), _("Imports"),
              "import.see", _tell, _EXAMPLE),
    EventType("import.undone", _("An import was taken back"), _("Imports"), "import.see", _tell,
              {**_EXAMPLE, "state": "undone"}),
)  # fmt: skip
