"""A record as one form. Where somebody else changed it meanwhile, both versions stand side by side
and each field is decided for itself; nothing that was typed is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.objects import inputs, levels
from zhiyin.objects.custom import layouts
from zhiyin.objects.definitions import Field, ObjectType
from zhiyin.objects.faults import Conflict
from zhiyin.objects.inputs import Input
from zhiyin.objects.services import changing
from zhiyin.objects.services.changing import Outcome
from zhiyin.objects.views.answers import signed_in
from zhiyin.objects.views.records import row_of, title_of
from zhiyin.toasts import say


@dataclass(frozen=True)
class Entry:
    """A control of the form, with what is wrong with it or what somebody else wrote."""

    control: Input
    error: str = ""
    conflict: Conflict | None = None
    shown: str = ""  # what stands there now, as the form would show it


def edit(request: HttpRequest, of: ObjectType, row_id: UUID) -> HttpResponse:
    """The form of all fields that this user may write in this row."""
    user = signed_in(request)
    row = row_of(user, of, row_id, of.permission("change"))
    fields = writable(of, user, row)
    if request.method != "POST":
        entries = [_entry(inputs.input_of(of, one, user, row)) for one in fields]
        return _form(request, of, row, entries, changing.version_of(row))
    posted = request.POST
    number = posted.get("version", "")
    texts = {one.key: text for one in fields if (text := _touched(request, one)) is not None}
    outcome = changing.change_fields(
        of, row, texts, by=user, befores={key: posted.get(f"before-{key}", "") for key in texts},
        version=int(number) if number.isdecimal() and len(number) < 10 else -1,
    )  # fmt: skip
    if outcome.is_saved:
        say(request, gettext("%(title)s is saved") % {"title": title_of(of, outcome.row)})
        return redirect(of.name, row.pk)
    return _again(request, of, user, fields, texts, outcome)


def _entry(control: Input) -> Entry:
    return Entry(control, shown=control.text)


def writable(of: ObjectType, user: User, row: object) -> list[Field]:
    """The fields of this row that this user may write."""
    known = levels.of_row(user, of, row)  # type: ignore[arg-type]
    return [
        one
        for one in layouts.form_fields(of, user)
        if one.editor is not None and known.get(one.key, Level.HIDDEN) is Level.WRITE
        and access.can_reach(user, one.editor.permission or of.permission("change"), row)  # type: ignore[arg-type]
    ]  # fmt: skip


def _touched(request: HttpRequest, field: Field) -> str | None:
    """What the person wrote here; None where they did not, or then chose what stands there now."""
    posted, key = request.POST, field.key
    text = inputs.sent(posted, key)
    if text is None or posted.get(f"keep-{key}") == "theirs":
        return None
    return text if text != posted.get(f"shown-{key}") else None


def _again(
    request: HttpRequest, of: ObjectType, user: User, fields: list[Field],
    texts: dict[str, str], outcome: Outcome,
) -> HttpResponse:  # fmt: skip
    """The form once more: their value and mine where we differ, and everything else as typed."""
    entries = []
    for one in fields:
        now = inputs.input_of(of, one, user, outcome.row)
        conflict = outcome.conflicts.get(one.key)
        # What was touched here is kept; a field left alone shows what stands there now.
        typed = replace(now, text=texts.get(one.key, now.text))
        entries.append(Entry(typed, outcome.errors.get(one.key, ""), conflict, now.text))
    version = changing.version_of(outcome.row)
    status = 409 if outcome.conflicts else 422
    return _form(request, of, outcome.row, entries, version, status)


def _form(
    request: HttpRequest, of: ObjectType, row: object, entries: list[Entry], version: int,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "of": of, "row": row, "title": title_of(of, row), "entries": entries,  # type: ignore[arg-type]
        "version": version, "conflicts": any(one.conflict for one in entries),
    }  # fmt: skip
    return render(request, "objects/edit.html", context, status=status)
