"""What this room tells people: a file that they attached is infected and locked."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.talk.kinds import NoticeKind, Said, register
from zhiyin.talk.models import Mail


def _says(said: Said) -> str:
    if not said.title:
        return _plainly(said.count)
    return gettext("A file on %(title)s is infected and locked") % {"title": said.title}


def _plainly(count: int) -> str:
    return ngettext(
        "A file that you attached is infected and locked",
        "%(n)s files that you attached are infected and locked",
        count,
    ) % {"n": count}


INFECTED = register(
    NoticeKind(
        key="file.infected", label=_("A file that I attached is infected"), icon="virus",
        says=_says, plainly=_plainly, anchor="?tab=files", mail=Mail.NOW,
    )
)  # fmt: skip
