"""How a file is shown in a list: its icon, what it is in words, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.files.models import File
from zhiyin.files.types import Doubt, Family

_ICONS = {
    Family.PICTURE: "photo", Family.DOCUMENT: "file-text", Family.TEXT: "align-left",
    Family.MEDIA: "player-play", Family.ARCHIVE: "file-zip", Family.ACTIVE: "file-code",
    Family.UNKNOWN: "file-unknown",
}  # fmt: skip
_NAMES: dict[str, str | Promise] = {
    "text": _("Text"), "text16": _("Text"), "gb18030": _("Text"), "ole": "Office 97–2003",
    "html": _("Web page"), "script": _("Script"), "program": _("Program"),
    "unknown": _("Unknown type"),
}  # fmt: skip
_DOUBTS: dict[Doubt, Promise] = {
    Doubt.POLYGLOT: _("Holds a second file inside; saved as plain bytes"),
    Doubt.BROKEN: _("Damaged, or not quite what it begins as; saved as plain bytes"),
    Doubt.MACROS: _("Holds macros; saved as plain bytes"),
}


@dataclass(frozen=True)
class Shown:
    """A file in a list."""

    file: File
    icon: str
    kind: str | Promise
    warning: str | Promise

    @property
    def is_locked(self) -> bool:
        return not self.file.content.may_leave


def shown(file: File) -> Shown:
    """What a list says about this file."""
    kind = file.content.found
    return Shown(file, _ICONS[kind.family], _NAMES.get(kind.key, kind.key.upper()), _warning(file))


def _warning(file: File) -> str | Promise:
    if file.disguised:
        return _("Not what its name says; saved as plain bytes")
    if doubt := file.content.doubted:
        return _DOUBTS[doubt]
    if file.content.found.family is Family.ACTIVE:
        return _("Could run something; never opened here, saved as plain bytes")
    return ""
