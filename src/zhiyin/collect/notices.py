"""What this room tells people: an import is loaded or failed, a source is in trouble."""

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


def _trouble(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _trouble_plainly(said.count)
    facts = {"source": said.title}
    match said.detail.get("trouble"):
        case "silent":
            return gettext("%(source)s is silent for longer than it promised") % facts
        case "refused":
            return gettext("Too many events of %(source)s are set aside") % facts
        case "drift":
            return gettext("Too many events of %(source)s deviate from its plan") % facts
        case "stopped":
            return gettext("An event of %(source)s has stopped coming") % facts
        case _:
            return gettext("Events of %(source)s take too long to get through") % facts


def _trouble_plainly(count: int) -> str:
    return ngettext("A source needs attention", "Sources needed attention %(n)s times", count) % {
        "n": count
    }


def _connection(said: Said) -> str:
    if said.count > 1 or not said.title:
        return _connection_plainly(said.count)
    facts = {"source": said.title}
    if said.detail.get("state") == "waits":
        return gettext("A connection of %(source)s waits for its columns to be mapped") % facts
    return gettext("A connection of %(source)s could not be read") % facts


def _connection_plainly(count: int) -> str:
    text = ngettext(
        "A connection needs attention", "Connections needed attention %(n)s times", count
    )
    return text % {"n": count}


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
TROUBLE = register(
    NoticeKind(
        key="source.trouble", label=_("A source that I look after needs attention"),
        icon="database", says=_trouble, plainly=_trouble_plainly, mail=Mail.NOW, push=True,
    )
)  # fmt: skip
CONNECTION = register(
    NoticeKind(
        key="connection.trouble", label=_("A connection of mine needs attention"),
        icon="plug-connected", says=_connection, plainly=_connection_plainly, mail=Mail.NOW,
    )
)  # fmt: skip
