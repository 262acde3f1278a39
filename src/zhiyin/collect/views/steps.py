"""One import, step by step: the check and its report, the load, the result, the undo."""

from __future__ import annotations

import tempfile
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts import work as long_work
from zhiyin.accounts.audit import record
from zhiyin.accounts.gate import gate
from zhiyin.cleaning.rejects import write_rejects
from zhiyin.collect import queries, services, starting
from zhiyin.collect.models import Import
from zhiyin.collect.views.asking import import_of, in_chinese, person

State = Import.State
STAGES = {"check": 3, "load": 4, "undo": 4}
_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("import.see")
@require_GET
def shown(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Whatever comes next for this import."""
    one = import_of(request, import_id, "import.see")
    me = person(request)
    busy = queries.is_busy(one.work)
    may = {
        action: access.can_reach(me, f"import.{action}", one)
        for action in ("add", "load", "undo", "rejects")
    }
    context = {
        "one": one,
        "busy": busy,
        "may": may,
        "problem": _problem(one),
        "chinese": in_chinese(),
    }
    if busy:
        return render(request, "collect/running.html", context | _progress(one))
    if one.report:
        context |= _report(one)
    if may["rejects"] and queries.has_rejects(one) and one.state in (State.CHECKED, State.LOADED):
        page = request.GET.get("page", "1")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1
        context["rejects"] = queries.rejected_page(one, number, chinese=in_chinese())
        context["changed"] = queries.changed_cells(one, chinese=in_chinese())
    context["step"] = {State.NEW: 2, State.CHECKED: 3}.get(State(one.state), 4)
    context["twin"] = services.loaded_before(one) if one.state == State.CHECKED else None
    return render(request, "collect/import.html", context)


@gate("import.add")
@require_POST
def check(request: HttpRequest, import_id: UUID) -> HttpResponse:
    return _start(request, import_id, "check", "import.add", (State.NEW, State.CHECKED))


@gate("import.load")
@require_POST
def load(request: HttpRequest, import_id: UUID) -> HttpResponse:
    return _start(request, import_id, "load", "import.load", (State.CHECKED, State.LOADING))


@gate("import.undo")
@_read_or_write
def undo(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """GET counts what would go and asks; POST does it."""
    if request.method == "POST":
        return _start(request, import_id, "undo", "import.undo", (State.LOADED,))
    one = import_of(request, import_id, "import.undo")
    context = {"one": one, "weight": queries.weight(one), "step": 4}
    return render(request, "collect/undo.html", context)


@gate("import.add")
@require_POST
def cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Stop the step that runs; a load is taken back."""
    one = import_of(request, import_id, "import.add")
    if one.work is not None and not one.work.is_over:
        long_work.ask_to_cancel(one.work, by=person(request))
    return redirect("import", one.pk)


@gate("import.see")
@require_GET
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The moving part of the page; when the step is over, the page shows what came of it."""
    one = import_of(request, import_id, "import.see")
    if not queries.is_busy(one.work):
        return HttpResponse(headers={"HX-Refresh": "true"})
    may = {"add": access.can_reach(person(request), "import.add", one)}
    return render(request, "collect/progress.html", {"one": one, "may": may} | _progress(one))


@gate("import.rejects")
@require_GET
def rejects(request: HttpRequest, import_id: UUID) -> HttpResponse | FileResponse:
    """The rejected rows as a CSV file that can be mended and uploaded again."""
    one = import_of(request, import_id, "import.rejects")
    if not queries.has_rejects(one):
        messages.warning(request, _("There are no rejected rows: the file was not checked yet."))
        return redirect("import", one.pk)
    language = "zh" if in_chinese() else "en"
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    rows = write_rejects(
        services.rejected_rows(one), queries.columns_of(one), out, language=language
    )
    record(person(request), "import.rejects_exported", one, rows=rows)
    out.seek(0)
    stem = one.file_name.rsplit(".", 1)[0] or "import"
    name = f"{stem}-{_('rejected rows')}.csv"
    return FileResponse(out, as_attachment=True, filename=name, content_type="text/csv")


def _start(
    request: HttpRequest, import_id: UUID, step: str, permission: str, states: tuple[State, ...]
) -> HttpResponse:
    one = import_of(request, import_id, permission)
    if one.state not in states:
        text = _("The import is “%(state)s” now, so this cannot be done.")
        messages.warning(request, text % {"state": one.get_state_display()})
    elif not starting.start(one, step, by=person(request)):
        messages.warning(request, _("A step of this import is running already."))
    return redirect("import", one.pk)


def _progress(one: Import) -> dict[str, Any]:
    assert one.work is not None
    step = one.work.kind.rpartition(".")[2]
    words = {
        "check": _("Reading and checking every row. Nothing is loaded yet."),
        "load": _("Loading the good rows. Cancelling takes everything back."),
        "undo": _("Taking the import back as a whole."),
    }
    units = {"check": _("rows"), "load": _("rows"), "undo": _("steps")}
    return {
        "work": one.work,
        "words": words.get(step, ""),
        "unit": units.get(step, ""),
        "step": STAGES.get(step, 3),
        "stoppable": step != "undo",
    }


def _report(one: Import) -> dict[str, Any]:
    language = "zh" if in_chinese() else "en"
    report = one.report
    findings = [
        {
            "sentence": found["sentence"][language],
            "action": found["action"],
            "count": found["count"],
            "rows": found["example_rows"],
        }
        for found in report.get("findings", ())
    ]
    return {"report": report, "findings": findings, "ready": report.get("kept", 0)}


def _problem(one: Import) -> dict[str, str] | None:
    """What the last step failed of, with what to do; None where it did not fail."""
    if one.work is None or one.work.state not in (one.work.State.FAILED, one.work.State.CANCELLED):
        return None
    if one.work.state == one.work.State.CANCELLED:
        return {"tone": "warn", "text": _("The last step was cancelled. Nothing was loaded.")}
    said = one.work.result.get("problem")
    if isinstance(said, dict):
        return {"tone": "bad", "text": str(said["zh" if in_chinese() else "en"])}
    if one.work.kind == "import.undo":
        text = _("The undo failed and everything is still there. Try again: %(error)s")
        return {"tone": "bad", "text": text % {"error": one.work.error[:300]}}
    text = _(
        "The last step failed through a fault of ours, and nothing was loaded. Try again; if it "
        "fails again, tell your administrator this line: %(error)s"
    )
    return {"tone": "bad", "text": text % {"error": one.work.error[:300]}}
