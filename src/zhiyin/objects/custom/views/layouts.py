"""Settings, Fields and layouts: which fields each role sees, in which sections and order."""

from __future__ import annotations

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.cleaning.words import tidy
from zhiyin.objects.custom import known, layouts
from zhiyin.objects.custom.layouts import EVERYBODY, Placed, Section
from zhiyin.objects.custom.views.fields import frame, object_or_404
from zhiyin.objects.definitions import ObjectType, fields_of
from zhiyin.objects.faults import CannotBe


@gate("configuration.see", write="configuration.change")
@require_http_methods(["GET", "HEAD", "POST"])
def layout(request: HttpRequest, object_name: str) -> HttpResponse:
    """Show and change the layout of everybody or of one role."""
    of = object_or_404(object_name)
    given = request.POST if request.method == "POST" else request.GET
    wanted = given.get("role", EVERYBODY)
    role = wanted if wanted in list(Role) else EVERYBODY
    if request.method != "POST":
        sections = layouts.kept(of, role) or layouts.kept(of, EVERYBODY) or layouts.by_default(of)
        return _page(request, of, role, sections)
    assert isinstance(request.user, User)
    back = f"{reverse('custom_layout', args=[of.name])}?role={role}"
    if "drop" in request.POST:
        layouts.drop(of, role, by=request.user)
        messages.success(request, gettext("This role follows the default again"))
        return redirect(back)
    sections = _read(request)
    moved = _moved(request, sections)
    if moved is not None:
        return _page(request, of, role, moved)
    try:
        layouts.keep(of, role, sections, by=request.user)
    except CannotBe as reason:
        return _page(request, of, role, sections, str(reason))
    messages.success(request, gettext("The layout is kept"))
    return redirect(back)


def _read(request: HttpRequest) -> tuple[Section, ...]:
    """The sections in the order of the form: "s" begins one, "f:<key>" is a field in it."""
    given = request.POST
    names = zip(given.getlist("zh"), given.getlist("en"), given.getlist("fold"), strict=False)
    read_only = set(given.getlist("read_only"))
    flat: list[Section | Placed] = []
    for item in given.getlist("item")[:1000]:
        if item == "s":
            zh, en, fold = next(names, ("", "", ""))
            flat.append(Section(tidy(zh), tidy(en), collapsed=fold == "closed"))
        elif item.startswith("f:"):
            flat.append(Placed(item[2:], item[2:] in read_only))
    return _gathered(flat)


def _moved(request: HttpRequest, sections: tuple[Section, ...]) -> tuple[Section, ...] | None:
    """Without script: a button moved a field or added a section; shown, not yet kept."""
    move = request.POST.get("move", "")
    if move == "section":
        return (*sections, Section("新分区", "New section"))
    way, _, key = move.partition(":")
    if way not in ("up", "down", "out", "in"):
        return None
    flat: list[Section | Placed] = []
    for part in sections:
        flat += [part, *part.fields]
    at = next((n for n, o in enumerate(flat) if isinstance(o, Placed) and o.key == key), None)
    if way == "in":
        flat.append(Placed(key))
    elif at is not None and way == "out":
        flat.pop(at)
    elif at is not None:
        flat.insert(max(1, at + (-1 if way == "up" else 1)), flat.pop(at))
    return _gathered(flat)


def _gathered(flat: list[Section | Placed]) -> tuple[Section, ...]:
    made: list[Section] = []
    for one in flat:
        if isinstance(one, Section):
            made.append(msgspec.structs.replace(one, fields=()))
        elif made:
            made[-1] = msgspec.structs.replace(made[-1], fields=(*made[-1].fields, one))
    return tuple(made)


def _page(
    request: HttpRequest, of: ObjectType, role: str, sections: tuple[Section, ...], error: str = ""
) -> HttpResponse:
    fields = fields_of(of)
    placed = {one.key for part in sections for one in part.fields}
    made = known.layouts(of.name)
    context = {
        **frame(request, of, "layouts"),
        "role": role,
        "roles": [("", gettext("Everybody"), "" in made),
                  *((r.value, str(r.label), r.value in made) for r in Role)],
        "sections": [
            (part, [(one, fields[one.key]) for one in part.fields if one.key in fields])
            for part in sections
        ],
        "left_out": [one for key, one in fields.items()
                     if key not in placed and layouts.can_be_placed(one)],
        "error": error, "is_own": role in made,
    }  # fmt: skip
    return render(request, "custom/layout.html", context, status=422 if error else 200)
