"""What this room tells people: an import is loaded, or failed."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from zhiyin.talk.kinds import NoticeKind, Said, register
from zhiyin.talk.models import Mail


def _loaded(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _loaded_plainly(said.count)
    facts = {"title": said.title, "rows": f"{int(said.detail.get('rows') or 0):,}"}
    return gettext("%(title)s is loaded, %(rows)s rows") % facts


def _loaded_plainly(count: int) -> str:
    return ngettext("An import is loaded", "%(n)s imports are loaded", count) % {"n": count}


def _failed(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _failed_plainly(said.count)
    return gettext("The import of %(title)s failed") % {"title": said.title}


def _failed_plainly(count: int) -> str:
    return ngettext("An import failed", "%(n)s imports failed", count) % {"n": count}


LOADED = register(
    NoticeKind(
        key="import.loaded", label=_("My import is loaded"), icon="database-import",
        says=_loaded, plainly=_loaded_plainly, by_record=False,
    )
)  # fmt: skip
FAILED = register(
    NoticeKind(
        key="import.failed", label=_("My import failed"), icon="alert-triangle", says=_failed,
        plainly=_failed_plainly, by_record=False, mail=Mail.NOW,
    )
)  # fmt: skip
