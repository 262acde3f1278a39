"""What the comments of a record need; any room's page shows them with `{% comments_of %}`."""

from __future__ import annotations

from zhiyin.accounts import access, records
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.talk import queries
from zhiyin.talk.services import LONGEST


def context(user: User, ref: Ref) -> dict[str, object]:
    """The comments that the user may read. Raises `OutOfSight`."""
    records.find(user, ref)
    found = list(queries.of_record(ref)[: queries.MOST_COMMENTS])
    return {
        "talk_ref": ref,
        "comments": queries.shown(user, found[::-1]),
        "may_comment": access.allowed(user, "comment.add"),
        "longest_comment": LONGEST,
    }
