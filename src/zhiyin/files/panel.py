"""What the list of a record's files needs; any room's page shows it with `{% files_of %}`."""

from __future__ import annotations

from django.conf import settings

from zhiyin.accounts import access, records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.files import queries, services
from zhiyin.files.showing import shown


def context(user: User, ref: Ref) -> dict[str, object]:
    """The files that the user may see, and what they may do. Raises `OutOfSight`."""
    row = records.find(user, ref)
    changes = records.kinds()[ref[0]].lets(user, "change", row)
    here, deleted = queries.listed(ref)
    return {
        "files_ref": ref,
        "record_title": records.title_of(ref, row),
        "record_address": records.address_of(ref, row),
        "files": [shown(file) for file in here],
        "deleted_files": [shown(file) for file in deleted] if changes else [],
        "may_add": changes and access.allowed(user, "file.add"),
        "may_delete": changes and access.allowed(user, "file.delete"),
        "file_limits": services.limits(),
        "is_scanned": bool(settings.FILE_SCANNER),
        "kept_days": services.KEPT_AFTER_DELETION.days,
    }
