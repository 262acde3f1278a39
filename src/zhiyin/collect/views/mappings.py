"""A mapping that is in use: changed after a test on its last rows, its versions, one taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import FileProblem
from zhiyin.cleaning.mapping import Mapping
from zhiyin.cleaning.preview import Preview
from zhiyin.collect import mappings, own_fields, services
from zhiyin.collect.forms import MappingForm
from zhiyin.collect.models import Connection, MappingVersion, SavedMapping
from zhiyin.collect.views.asking import in_chinese, person, words_of
from zhiyin.collect.views.uploads import COMMON_ZONES, LOOKED_AT, PREVIEW_ROWS, trial_of


@dataclass(frozen=True)
class Line:
    """One version as the page lists it: what is other than in the one before."""

    number: int
    at: datetime
    by: str
    kind: str
    from_number: int | None
    now: bool
    gained: list[str]
    lost: list[str]


@gate("source.manage")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, mapping_id: UUID) -> HttpResponse:
    """The mapping over the last rows that came; a test changes nothing, saving makes a version."""
    me = person(request)
    held = _mapping(mapping_id)
    look = _look(held)
    context: dict[str, object] = {
        "held": held, "versions": _lines(held), "connection": _connection(held),
        "chinese": in_chinese(), "zones": COMMON_ZONES,
    }  # fmt: skip
    if look is None:
        return render(request, "collect/mapping.html", context)
    data = request.POST if request.method == "POST" else None
    kept = msgspec.convert(held.mapping, Mapping)
    own = own_fields.offered(kept.kind, me)
    form = MappingForm(look, kept, data, fixed_source=True, own=own)
    tried = trial_of(form, me) if data is not None and "test" in data else None
    if data is not None and "test" not in data and _saved(held, form, look, me):
        messages.success(request, _("Saved. What comes next is read so."))
        return redirect("mapping", held.pk)
    context |= {"form": form, "look": look, "rows": form.shown(PREVIEW_ROWS), "trial": tried}
    status = 422 if data is not None and tried is None else 200
    return render(request, "collect/mapping.html", context, status=status)


@gate("source.manage")
@require_POST
def take_back_mapping(request: HttpRequest, mapping_id: UUID) -> HttpResponse:
    """An earlier version is used again."""
    held = _mapping(mapping_id)
    given = request.POST.get("number", "")
    number = int(given) if given.isdecimal() and len(given) < 9 else 0
    get_object_or_404(MappingVersion, of=held, number=number)
    mappings.take_back(held, number, by=person(request))
    messages.success(request, _("Version %(n)s is in use again.") % {"n": number})
    return redirect("mapping", held.pk)


def _mapping(mapping_id: UUID) -> SavedMapping:
    return get_object_or_404(SavedMapping.objects.select_related("by"), pk=mapping_id)


def _look(held: SavedMapping) -> Preview | None:
    """The last rows of this shape; None where their file is gone."""
    newest = mappings.newest_of(held)
    if newest is None:
        return None
    try:
        return services.look_at(newest, LOOKED_AT)
    except (FileProblem, OSError):
        return None


def _saved(held: SavedMapping, form: MappingForm, look: Preview, me: User) -> bool:
    made = form.mapped()
    if made is None:
        return False
    columns = [column.name for column in look.columns]
    try:
        made.check(columns)
        own_fields.check(made, me)
    except FileProblem as problem:
        form.problems.append(words_of(problem))
        return False
    mappings.remember(held.header_digest, made, columns, by=me)
    return True


def _connection(held: SavedMapping) -> Connection | None:
    """The connection that brings what is mapped so, where one does."""
    found = Connection.objects.filter(runs__made__shape=held.header_digest)
    return found.select_related("source").order_by("name").first()


def _lines(held: SavedMapping) -> list[Line]:
    """The versions, the newest first."""
    lines: list[Line] = []
    before: set[str] = set()
    for one in held.versions.select_related("by").order_by("number"):
        told = msgspec.convert(one.mapping, Mapping)
        said = {f"{column} → {field}" for column, field in told.columns.items()}
        said |= {f"{column}: {mark}" for column, mark in told.marks.items()}
        lines.append(Line(
            one.number, one.at, one.by.name, one.get_kind_display(), one.from_number,
            one.number == held.version, sorted(said - before), sorted(before - said),
        ))  # fmt: skip
        before = said
    return lines[::-1]
