"""The form of a new row, as its object is declared and this person's layout orders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from zhiyin.accounts.models import User
from zhiyin.objects import inputs
from zhiyin.objects.custom import layouts, requirements
from zhiyin.objects.definitions import Field, ObjectType
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.inputs import Input
from zhiyin.objects.services import creating
from zhiyin.objects.services.creating import Unfit
from zhiyin.objects.views.answers import signed_in


@dataclass(frozen=True)
class Line:
    """A control with what is wrong with it."""

    control: Input
    error: str = ""
    first: bool = False  # where somebody begins to type


@dataclass(frozen=True)
class Part:
    """A section of the form; without a label where no layout was made."""

    label: str
    lines: Sequence[Line]


def texts_of(of: ObjectType, row: Model, by: User, posted: QueryDict) -> dict[str, str]:
    """What was sent for the fields that this person may fill."""
    found = {one.key: inputs.sent(posted, one.key) for one in creating.offered(of, row, by)}
    return {key: text for key, text in found.items() if text is not None}


def form(
    request: HttpRequest, of: ObjectType, row: Model, *, reason: CannotBe | None = None,
    required: Sequence[str] = (), more: Mapping[str, object] | None = None,
) -> HttpResponse:  # fmt: skip
    """The form, empty with its defaults, or as it was sent with what is wrong."""
    user = signed_in(request)
    fields = creating.offered(of, row, user)
    texts = texts_of(of, row, user, request.POST) if request.method == "POST" else None
    errors = dict(reason.errors) if isinstance(reason, Unfit) else {}
    context = {
        "of": of, "parts": _parts(of, row, user, fields, texts, errors, required),
        "error": str(reason) if reason else "", **(more or {}),
    }  # fmt: skip
    return render(request, "objects/new.html", context, status=422 if reason else 200)


def _parts(
    of: ObjectType, row: Model, user: User, fields: list[Field],
    texts: Mapping[str, str] | None, errors: Mapping[str, str],
    required: Sequence[str],
) -> list[Part]:  # fmt: skip
    shown = creating.defaults(of) if texts is None else texts

    def line(field: Field) -> Line:
        control = inputs.input_of(of, field, user)
        needs = requirements.is_required(field.key, of, row) or field.key in required
        typed = replace(control, text=shown.get(field.key, ""), required=needs)
        return Line(typed, errors.get(field.key, ""), field is fields[0])

    lines = {one.key: line(one) for one in fields}
    made = layouts.made_for(of, user)
    if made is None:
        return [Part("", list(lines.values()))]
    parts = [
        Part(part.label, [lines.pop(one.key) for one in part.fields if one.key in lines])
        for part in made
    ]
    return [one for one in [*parts, Part("", list(lines.values()))] if one.lines]
