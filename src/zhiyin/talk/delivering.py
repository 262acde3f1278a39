"""What is due leaves: one e-mail and one push a user, however much happened since.

Nothing that leaves names a person or a record: it says what kind of thing happened and how often,
and where to look. Rights and what was read meanwhile are asked again just before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from zhiyin.accounts import records
from zhiyin.accounts.models import User
from zhiyin.mailing import RefusedError, Transport, UnknownError, UnreachableError
from zhiyin.talk import kinds, rules
from zhiyin.talk.emitting import wishes_of
from zhiyin.talk.models import Hours, Notice

log = structlog.get_logger(__name__)
MOST_USERS = 500  # of one round; the next minute has the rest
Channel = Literal["mail_due", "push_due"]
Told = list[tuple[str, int]]
Tell = Callable[[User, Told], None]


def send_mails(transport: Transport, *, now: datetime) -> int:
    """Write to everybody for whom something is due; returns to how many.

    Stops where the mail server cannot be reached: what is due stays due.
    """
    if transport.local:  # nobody to send by: what was due is forgotten, the product shows it
        Notice.objects.filter(mail_due__lte=now).update(mail_due=None)
        return 0

    def tell(user: User, told: Told) -> None:
        try:
            transport.send(composed(user, told, at=now))
        except (RefusedError, UnknownError) as error:
            log.warning("notice_mail_not_sent", user=str(user.pk), why=type(error).__name__)

    with transport:
        try:
            return tell_due("mail_due", tell, now=now)
        except UnreachableError:
            log.warning("notice_mail_unreachable")
            return 0


def tell_due(channel: Channel, tell: Tell, *, now: datetime) -> int:
    """Tell each user what is due on a channel, together; returns how many were told."""
    due = Notice.objects.filter(**{f"{channel}__lte": now})
    users = list(due.order_by("user").values_list("user", flat=True).distinct()[:MOST_USERS])
    return sum(_tell_one(user, channel, tell, now) for user in users)


@transaction.atomic
def _tell_one(user_id: UUID, channel: Channel, tell: Tell, now: datetime) -> bool:
    due = Notice.objects.select_for_update(skip_locked=True, of=("self",))
    found = list(due.filter(user=user_id, **{f"{channel}__lte": now}).order_by("pk"))
    user = User.objects.get(pk=user_id)
    wishes = wishes_of(Hours.objects.filter(user=user_id).first())
    mine = Notice.objects.filter(pk__in=[one.pk for one in found])
    if wishes.quiet is not None and rules.is_quiet(now, wishes):  # wished for since
        mine.update(**{channel: rules.next_at(now, wishes.quiet[1], wishes.zone)})
        return False
    mine.update(**{channel: None})
    told = _told(user, found)
    if told:
        tell(user, told)
    return bool(told)


def _told(user: User, found: list[Notice]) -> Told:
    """Kinds and how often, of what is unread and still to be seen."""
    refs = {(one.record_type, one.record_id) for one in found if one.record_id is not None}
    seen = records.visible(user, refs)
    counted = Counter(
        one.kind
        for one in found
        if one.read_at is None
        and user.is_active
        and (one.record_id is None or (one.record_type, one.record_id) in seen)
        and kinds.kind(one.kind) is not None
    )
    return sorted(counted.items())


def sentences(told: Told) -> list[str]:
    """What happened, in words that name nobody."""
    return [kind.plainly(count) for key, count in told if (kind := kinds.kind(key)) is not None]


def headline(told: Told) -> str:
    """One line for all of it."""
    said = sentences(told)
    if len(said) == 1:
        return said[0]
    count = sum(count for _key, count in told)
    return ngettext("%(n)s new notification", "%(n)s new notifications", count) % {"n": count}


def composed(user: User, told: Told, *, at: datetime) -> EmailMessage:
    """The e-mail as it leaves, in the user's language."""
    mail = EmailMessage()
    with override(user.locale):
        root = settings.PUBLIC_URL.rstrip("/")
        mail["Subject"] = _("Zhiyin: %(what)s") % {"what": headline(told)}
        lines = "\n".join(f"- {sentence}" for sentence in sentences(told))
        closing = _("How and when you are told of this, you choose here:")
        mail.set_content(
            f"{lines}\n\n{root}{reverse('notices')}\n\n{closing}\n{root}{reverse('notice_wishes')}\n"
        )
    mail["From"], mail["To"] = settings.MAIL_FROM, user.email
    mail["Date"], mail["Message-ID"] = format_datetime(at), make_msgid()
    mail["Auto-Submitted"] = "auto-generated"
    return mail
