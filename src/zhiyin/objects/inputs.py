"""One field as a form shows it: which control, which choices, and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import DateField
from django.http import QueryDict
from django.utils.translation import gettext

from zhiyin.accounts.models import Department, User
from zhiyin.objects import writing
from zhiyin.objects.definitions import Editor, Field, Kind, ObjectType, Options

MOST_CHOICES = 200
_MODES = {"phone": "tel", "email": "email", "website": "url"}
_NUMBERS = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT)


@dataclass(frozen=True)
class Input:
    """A control: `text` is what it shows, `before` what was stored when it was shown."""

    key: str
    label: str
    kind: str  # text, area, number, date, moment, choice, choices
    options: Options
    text: str = ""
    before: str = ""
    suffix: str = ""
    suggestions: str = ""  # an address that completes what is typed
    help: str = ""
    required: bool = False
    mode: str = ""  # the keyboard of a phone

    @property
    def chosen(self) -> list[str]:
        """Of several choices those that are on."""
        return [one for one in self.text.split(writing.BETWEEN) if one]


def input_of(of: ObjectType, field: Field, user: User, row: Any = None) -> Input:
    """The control of a field, with what `row` holds."""
    assert field.editor is not None
    options = options_of(field, user)
    stored = None if row is None else writing.stored_in(of, field, row)
    kind = _control(of, field, options)
    return Input(
        field.key, str(field.label), kind,
        [("", gettext("none")), *options] if kind == "choice" else options,
        "" if row is None else text_in_form(field, field.editor, row, stored),
        writing.text_of(stored), "%" if field.kind is Kind.PERCENT else "",
        field.suggestions, str(field.help), mode=_MODES.get(field.key, ""),
    )  # fmt: skip


def sent(posted: QueryDict, name: str) -> str | None:
    """What a form says of a control; None where it was not on it. Boxes that are all off send
    nothing, so a mark beside them says that they were there."""
    if f"{name}-boxes" in posted:
        return writing.BETWEEN.join(one for one in posted.getlist(name) if one)
    found = posted.get(name)
    return None if found is None else str(found)


def text_in_form(field: Field, editor: Editor, row: Any, stored: Any) -> str:
    """What somebody would have typed for what is stored."""
    if editor.written is not None:
        return editor.written(row)
    if field.kind is Kind.PERCENT and stored is not None:
        return f"{100 * stored:g}"
    return writing.text_of(stored)


def options_of(field: Field, user: User) -> Options:
    """What may be chosen, where a field has choices."""
    if field.options is not None:
        return field.options(user)
    if field.choices is not None:
        return field.choices()
    if field.kind is Kind.BOOL:
        return [("yes", gettext("Yes")), ("no", gettext("No"))]
    if field.kind is Kind.USER:
        found = User.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
        return [("me", gettext("me")), *((str(pk), name) for pk, name in found[:MOST_CHOICES])]
    if field.kind is Kind.DEPARTMENT:
        departments = Department.objects.order_by("path")[:MOST_CHOICES]
        return [(str(one.pk), one.name) for one in departments]
    return ()


def _is_day(of: ObjectType, field: Field) -> bool:
    if field.expression is not None:
        return False
    return isinstance(of.model._meta.get_field(field.column), DateField)


def _control(of: ObjectType, field: Field, options: Options) -> str:
    if options:
        return "choices" if field.kind is Kind.TAGS else "choice"
    if field.kind in (Kind.DATE, Kind.MOMENT):
        return str(field.kind.value)
    if field.long:
        return "area"
    if field.kind is Kind.MASKED and _is_day(of, field):
        return "date"
    return "number" if field.kind in _NUMBERS else "text"
