"""What this room tells people: a rule fails more often than it may."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.talk.kinds import NoticeKind, Said, register
from zhiyin.talk.models import Mail


def _beyond(said: Said) -> str:
    if said.count > 1:
        return _plainly(said.count)
    facts = {"percent": said.detail.get("percent"), "most": said.detail.get("most")}
    return (
        gettext("A quality rule fails for %(percent)s%% of its rows; at most %(most)s%% may")
        % facts
    )


def _plainly(count: int) -> str:
    return ngettext(
        "The data fails a quality rule", "The data fails %(n)s quality rules", count
    ) % {"n": count}  # fmt: skip


BEYOND = register(
    NoticeKind(
        key="quality.beyond", label=_("The data fails a quality rule that I look after"),
        icon="checkup-list", says=_beyond, plainly=_plainly, by_record=False, mail=Mail.NOW,
        leads=lambda detail: reverse("quality_rule", args=[detail["rule"]])
        if detail.get("rule") else reverse("quality"),
    )
)  # fmt: skip
