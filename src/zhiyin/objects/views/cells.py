"""One field edited where it stands: in a cell of the list, or among the facts of a record."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from zhiyin.accounts import access
from zhiyin.accounts.access import Denied, Level
from zhiyin.accounts.models import User
from zhiyin.objects import levels
from zhiyin.objects.definitions import Field, ObjectType, fields_of
from zhiyin.objects.drawing import Drawing, column_of
from zhiyin.objects.faults import CannotBe, Conflict
from zhiyin.objects.inputs import input_of, sent
from zhiyin.objects.services import changing
from zhiyin.objects.views.answers import asked_by, signed_in, wants_fragment
from zhiyin.objects.views.records import fact_of, row_of, title_of

PLACES = ("cell", "fact")


def cell(request: HttpRequest, of: ObjectType, row_id: UUID, key: str) -> HttpResponse:
    """Show, edit or save one field; a fragment for the page that asks, else a small page."""
    field = fields_of(of).get(key)
    if field is None or field.editor is None:
        raise Http404
    user = signed_in(request)
    row = row_of(user, of, row_id)
    if request.method == "POST":
        return _save(request, of, row, field, user)
    if "edit" in request.GET:
        return _form(request, of, row, field, user)
    return _shown(request, of, row, field)


def _save(
    request: HttpRequest, of: ObjectType, row: Model, field: Field, user: User
) -> HttpResponse:
    number = request.POST.get("version", "")
    text = sent(request.POST, "value") or ""
    try:
        saved = changing.change_field(
            of, row, field.key, text, by=user, before=request.POST.get("before", ""),
            version=int(number) if number.isdecimal() and len(number) < 10 else -1,
        )  # fmt: skip
    except Conflict as conflict:
        return _form(request, of, row, field, user, conflict=conflict, text=text)
    except CannotBe as reason:
        return _form(request, of, row, field, user, error=str(reason), text=text)
    if not wants_fragment(request):
        return redirect(of.name, saved.pk)
    return _shown(request, of, row_of(user, of, saved.pk), field)


def _form(
    request: HttpRequest, of: ObjectType, row: Model, field: Field, user: User, *,
    error: str = "", conflict: Conflict | None = None, text: str | None = None,
) -> HttpResponse:  # fmt: skip
    editor = field.editor
    assert editor is not None
    permission = editor.permission or of.permission("change")
    access.require(user, permission, row)
    if levels.at_row(user, of, field, row) < Level.WRITE:
        raise Denied(permission)
    control = input_of(of, field, user, row)
    context = {
        "of": of, "row": row, "title": title_of(of, row), "field": field, "control": control,
        "text": control.text if text is None else text, "error": error, "conflict": conflict,
        "before": conflict.theirs if conflict else control.before, "place": _place(request),
        "version": conflict.version if conflict else changing.version_of(row),
    }  # fmt: skip
    name = "objects/cell_form.html" if wants_fragment(request) else "objects/cell_page.html"
    status = 409 if conflict else 422 if error else 200
    return render(request, name, context, status=status)


def _shown(request: HttpRequest, of: ObjectType, row: Model, field: Field) -> HttpResponse:
    user = signed_in(request)
    known = levels.of_row(user, of, row)
    drawing = Drawing([], asked_by(request, of).as_of)
    if _place(request) == "fact":
        fact = fact_of(user, of, row, field, drawing, known)
        return render(request, "objects/fact.html", {"fact": fact, "row": row, "of": of})
    column = column_of(of, field, levels.of_row(user, of, row, [field]))
    drawn = drawing.cell(column, row, levels.in_list(user, of, row, [field]))
    return render(request, "objects/cell.html", {"cell": drawn})


def _place(request: HttpRequest) -> str:
    given = request.POST.get("place") or request.GET.get("place", "")
    return given if given in PLACES else "cell"
