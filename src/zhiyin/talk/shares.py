"""A record that was shared with somebody by name: told to them, with its way there."""

from __future__ import annotations

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Share
from zhiyin.talk.emitting import notify
from zhiyin.talk.kinds import NoticeKind, Said, register


def _says(said: Said) -> str:
    if said.count > 1 or not said.title or not said.by:
        return _plainly(said.count)
    return gettext("%(who)s shared %(title)s with you") % {"who": said.by, "title": said.title}


def _plainly(count: int) -> str:
    return ngettext("A record was shared with you", "%(n)s records were shared with you", count) % {
        "n": count
    }


SHARED = register(
    NoticeKind(
        key="record.shared", label=_("A record is shared with me"), icon="share", says=_says,
        plainly=_plainly, push=True,
    )
)  # fmt: skip


@receiver(post_save, sender=Share)
def tell(sender: object, instance: Share, created: bool, **kwargs: object) -> None:
    """Tell the colleague; a department is a place and not a person."""
    if created and instance.user is not None:
        notify([instance.user], SHARED, by=instance.by, ref=(instance.resource, instance.row_id))
