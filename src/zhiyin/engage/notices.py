"""What this room tells people: a campaign is sent, or its result stands."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.talk.kinds import NoticeKind, Said, register


def _sent(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _sent_plainly(said.count)
    facts = {"title": said.title, "people": f"{int(said.detail.get('sent') or 0):,}"}
    return gettext("The campaign %(title)s is sent, to %(people)s people") % facts


def _sent_plainly(count: int) -> str:
    return ngettext("A campaign is sent", "%(n)s campaigns are sent", count) % {"n": count}


def _finished(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _finished_plainly(said.count)
    return gettext("The result of the campaign %(title)s stands") % {"title": said.title}


def _finished_plainly(count: int) -> str:
    return ngettext(
        "The result of a campaign stands", "The results of %(n)s campaigns stand", count
    ) % {"n": count}


SENT = register(
    NoticeKind(
        key="campaign.sent", label=_("My campaign is sent"), icon="send", says=_sent,
        plainly=_sent_plainly, by_record=False,
    )
)  # fmt: skip
FINISHED = register(
    NoticeKind(
        key="campaign.finished", label=_("The result of my campaign stands"), icon="chart-bar",
        says=_finished, plainly=_finished_plainly, by_record=False,
    )
)  # fmt: skip
