"""Changes of a row through the API: all fields or none, by the rules of the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.translation import override

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.api.problems import LOCALES, Fault, Problem, or_invalid
from zhiyin.accounts.models import User
from zhiyin.objects import levels
from zhiyin.objects.definitions import ObjectType, fields_of
from zhiyin.objects.faults import CannotBe, Conflict
from zhiyin.objects.services import changing, creating

Made = TypeVar("Made", bound=Model)
_NOT_YOURS = {"zh": "您的角色不能写这一项", "en": "Your role may not write this field here"}
_WHICH = {
    "zh": "请给出读取时的版本，或用 If-Match",
    "en": "Give the version that you read, or If-Match",
}


def change(
    of: ObjectType, row: Made, texts: Mapping[str, str], *, by: User, version: int | None
) -> Made:
    """Write these fields. 403 names what is not theirs to write, 422 what cannot be kept, 409 says
    that the row is no longer at this version (None: whichever it is at).

    Whose the row is comes last: from then on the rest may be out of the writer's hands.
    """
    may_write(of, texts, row, by=by)
    check_readable(of, texts, by=by)
    with transaction.atomic():
        fresh = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
        if version is not None and changing.version_of(fresh) != version:
            raise _changed(changing.version_of(fresh))
        for key in sorted(texts, key=creating.NOT_ASKED.__contains__):
            fresh = _change_one(of, fresh, key, texts[key], by)
        return fresh


def may_write(of: ObjectType, keys: Iterable[str], row: Model, *, by: User) -> None:
    """Refuses with the names of the fields that are below writing, or need another permission."""
    known, fields = levels.of_row(by, of, row), fields_of(of)

    def may(key: str) -> bool:
        editor = fields[key].editor
        asked = editor.permission if editor is not None else ""
        return known.get(key, Level.HIDDEN) is Level.WRITE and (
            not asked or access.can_reach(by, asked, row)
        )

    refused = [key for key in keys if not may(key)]
    if refused:
        raise Problem(403, faults=[Fault(place(of, key), _NOT_YOURS) for key in refused])


def check_readable(of: ObjectType, texts: Mapping[str, str], *, by: User) -> None:
    """Refuses with everything that no field can hold, before anything is written."""
    told: dict[str, dict[str, str]] = {}
    for key, text in texts.items():
        editor = fields_of(of)[key].editor
        assert editor is not None
        for tongue, locale in LOCALES.items():
            with override(locale):
                try:
                    editor.read(text, by)
                except CannotBe as reason:
                    told.setdefault(place(of, key), {})[tongue] = str(reason)
    if told:
        raise Problem(422, faults=[Fault(key, text) for key, text in told.items()])


def create(
    of: ObjectType, blank: Made, texts: Mapping[str, str], add: Callable[[], Made], *, by: User
) -> Made:
    """Add a row like the form of a new one does: 403 names the fields that this person's form does
    not have, 422 everything that is wrong. Whose it is, who may assign says in the same breath."""
    whose = {key: text for key, text in texts.items() if key in creating.NOT_ASKED}
    may_write(of, whose, blank, by=by)
    offered = {one.key for one in creating.offered(of, blank, by)}
    refused = [key for key in texts if key not in offered and key not in whose]
    if refused:
        raise Problem(403, faults=[Fault(place(of, key), _NOT_YOURS) for key in refused])
    with transaction.atomic():
        made = _added(of, add)
        return change(of, made, whose, by=by, version=None) if whose else made


def _added(of: ObjectType, add: Callable[[], Made]) -> Made:
    told: dict[str, dict[str, str]] = {}
    for tongue, locale in LOCALES.items():
        with override(locale):
            try:
                return add()
            except CannotBe as reason:
                for key, text in _faults(of, reason):
                    told.setdefault(place(of, key), {})[tongue] = text
    raise Problem(422, faults=[Fault(key, text) for key, text in told.items()])


def _faults(of: ObjectType, reason: CannotBe) -> Iterable[tuple[str, str]]:
    if isinstance(reason, creating.Unfit):
        return reason.errors.items()
    return [(reason.field or of.title, str(reason))]


def place(of: ObjectType, key: str) -> str:
    """Where a field stands in the body."""
    one = fields_of(of).get(key)
    return f"custom.{key}" if one is not None and one.custom else key


def version_for(match: str | None, given: int | None) -> int | None:
    """The version that a change is meant for; `If-Match` says it as well as the number."""
    if given is None and match is None:
        raise Problem(422, faults=[Fault("version", _WHICH)])
    return given


def _change_one(of: ObjectType, row: Made, key: str, text: str, by: User) -> Made:
    def do() -> Made:
        version = changing.version_of(row)
        return changing.change_field(of, row, key, text, by=by, version=version)  # type: ignore[return-value]  # of the same table

    try:
        return or_invalid(place(of, key), do, CannotBe)
    except Conflict as conflict:
        raise _changed(conflict.version) from conflict


def _changed(version: int) -> Problem:
    return Problem(
        409,
        {
            "zh": f"已被修改，现在是第 {version} 版，请重新读取",
            "en": f"It was changed meanwhile and is at version {version}; read it again",
        },
        [Fault("version", {"zh": f"现在是 {version}", "en": f"It is {version} now"})],
    )
