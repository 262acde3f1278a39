"""What is done to many rows of a list at once: a field changed, with preview and a way back;
an export; and the views that a list is kept as."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from zhiyin.accounts import access
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.ids import read_id
from zhiyin.objects import exports, inputs, levels, tasks
from zhiyin.objects.definitions import Field, ObjectType, fields_of
from zhiyin.objects.drawing import Drawing
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.keyset import order_of, ordered
from zhiyin.objects.listing import rows_of
from zhiyin.objects.models import BulkChange
from zhiyin.objects.services import bulk
from zhiyin.objects.telling import value_told
from zhiyin.objects.views.answers import asked_by, back_to_list, posted_listing, signed_in
from zhiyin.toasts import say, warn

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_TICKED = 500


def selected(request: HttpRequest, of: ObjectType, permission: str) -> QuerySet[Any]:
    """The ticked rows, or every row of the list where somebody said "all".

    A list with a condition that could not be asked is no selection: it would be more than what
    the person saw.
    """
    asked = asked_by(request, of)
    if request.POST.get("all") == "1":
        narrowed = rows_of(posted_listing(request, of), asked, permission)
        if narrowed.bad:
            raise CannotBe(gettext("Take the condition away that cannot be read first"))
        return narrowed.rows
    ticked = request.POST.getlist("id")[:MOST_TICKED]
    ids = [found for text in ticked if (found := read_id(text))]
    rows = of.model._default_manager.filter(pk__among=ids)
    return access.scoped(asked.user, rows, permission)


def edit(request: HttpRequest, of: ObjectType) -> HttpResponse:
    """Choose a field and a value for the selected rows; then go to the preview."""
    user = signed_in(request)
    fields = editable(of, user)
    key, error, text = request.POST.get("field", ""), "", ""
    if key:
        text = inputs.sent(request.POST, f"value-{key}") or ""
        try:
            rows = selected(request, of, of.permission("see")).select_related(None)
            change = bulk.preview(of, rows, key, text, by=user, query=request.POST.get("query", ""))
        except CannotBe as reason:
            error = str(reason)
        else:
            return redirect(f"{of.name}_change", change.pk)
    context = {
        "of": of, "controls": [inputs.input_of(of, one, user) for one in fields], "error": error,
        "ids": request.POST.getlist("id")[:MOST_TICKED], "all": request.POST.get("all") == "1",
        "query": request.POST.get("query", ""), "chosen": key, "text": text,
        "edit_at": reverse(f"edit_{of.plural_name}"), "back": back_to_list(request, of),
    }  # fmt: skip
    return render(request, "objects/bulk_edit.html", context, status=422 if error else 200)


def editable(of: ObjectType, user: User) -> list[Field]:
    """The fields that this user may set in many rows at once."""
    known = levels.somewhere(user, of)
    return [
        one
        for one in fields_of(of).values()
        if one.editor is not None and one.editor.in_bulk and one.editor.save is None
        and known.get(one.key, Level.HIDDEN) is Level.WRITE
        and access.allowed(user, one.editor.permission or of.permission("change"))
    ]  # fmt: skip


def change(request: HttpRequest, of: ObjectType, change_id: UUID) -> HttpResponse:
    """A bulk change: its preview, how far it is, and what became of it. POST carries it out."""
    user = signed_in(request)
    one = _own(of, change_id, user)
    if request.method == "POST":
        return _carry_out(request, of, one, user)
    field = fields_of(of).get(one.field)
    if field is None:
        raise Http404
    context = {
        "of": of, "change": one, "field": field, "count": len(one.rows),
        "lacks": [fields_of(of)[key].label for key in one.lacks if key in fields_of(of)],
        "value": _worded(one, of, request), "work": one.work, "can_undo": bulk.can_undo(one),
        "back": f"{reverse(of.plural_name)}?{one.query.lstrip('?')}",
        "apply_at": reverse(f"{of.name}_change", args=[one.pk]),
        "undo_at": reverse(f"undo_{of.name}_change", args=[one.pk]),
    }  # fmt: skip
    return render(request, "objects/bulk_change.html", context)


def _own(of: ObjectType, change_id: UUID, user: User) -> BulkChange:
    found = BulkChange.objects.select_related("work").filter(
        pk=change_id, owner=user, object_type=of.name
    ).first()  # fmt: skip
    if found is None:
        raise access.OutOfSight
    return found


def _worded(one: BulkChange, of: ObjectType, request: HttpRequest) -> str:
    field = fields_of(of)[one.field]
    return value_told(field, one.text, asked_by(request, of)) if one.text else gettext("empty")


def _carry_out(request: HttpRequest, of: ObjectType, one: BulkChange, user: User) -> HttpResponse:
    try:
        work = tasks.begin(one, "change", by=user)
    except CannotBe as reason:
        warn(request, str(reason))
        return redirect(f"{of.name}_change", one.pk)
    if work is not None:
        return redirect(f"{of.name}_change", one.pk)
    text = ngettext("%(count)s row changed", "%(count)s rows changed", one.changed) % {
        "count": f"{one.changed:,}"
    }
    undo = reverse(f"undo_{of.name}_change", args=[one.pk]) if bulk.can_undo(one) else ""
    say(request, text, undo=undo)
    return redirect(f"{reverse(of.plural_name)}?{one.query.lstrip('?')}")


def undo(request: HttpRequest, of: ObjectType, change_id: UUID) -> HttpResponse:
    """Take a bulk change back, as far as it stands."""
    user = signed_in(request)
    one = _own(of, change_id, user)
    if not bulk.can_undo(one):
        warn(request, gettext("This can no longer be taken back"))
        return redirect(f"{of.name}_change", one.pk)
    if tasks.begin(one, "undo", by=user) is None and not one.left_count:
        say(request, gettext("Everything is as it was before"))
        return redirect(f"{reverse(of.plural_name)}?{one.query.lstrip('?')}")
    return redirect(f"{of.name}_change", one.pk)


def export(request: HttpRequest, of: ObjectType) -> HttpResponseBase:
    """The selected rows as CSV or XLSX, with the columns of the list."""
    user = signed_in(request)
    listing = posted_listing(request, of)
    columns = listing.shown_columns(levels.somewhere(user, of))
    try:
        rows = ordered(selected(request, of, of.permission("export")), order_of(of, listing.sort))
        ids = exports.take(of, rows, columns, by=user)
    except CannotBe as reason:
        say(request, str(reason))
        return redirect(back_to_list(request, of))
    drawing = Drawing(columns, of.as_of())
    name = f"{of.plural_name}-{timezone.localdate():%Y%m%d}"
    if request.POST.get("format") == "xlsx":
        file = exports.xlsx_file(of, ids, drawing, by=user)
        return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    pieces = exports.csv_pieces(of, ids, drawing, by=user)
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
