"""Bringing a file, and saying what its columns are."""

from __future__ import annotations

import shutil
import tempfile
from uuid import UUID

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.cleaning import shops
from zhiyin.cleaning.errors import FileProblem, NoSpace, TooLarge
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping, guess_mapping
from zhiyin.cleaning.preview import Preview
from zhiyin.collect import files, mappings, own_fields, queries, services, starting, trial
from zhiyin.collect.forms import MappingForm
from zhiyin.collect.models import Import, Source
from zhiyin.collect.views.asking import import_of, in_chinese, person, words_of

PREVIEW_ROWS = 30
LOOKED_AT = 100  # rows from which types and the order of day and month are guessed
COMMON_ZONES = (
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo",
    "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles", "UTC",
)  # fmt: skip
_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("import.add")
@csrf_exempt  # `_new_import` checks the token, once the size was looked at
@_read_or_write
def new_import(request: HttpRequest) -> HttpResponse:
    """The upload. What the disk cannot hold is refused before the body is taken apart."""
    if request.method == "POST":
        try:
            _ensure_room(request)
        except FileProblem as problem:
            return _upload_page(request, words_of(problem), status=413)
    return _new_import(request)


@csrf_protect
def _new_import(request: HttpRequest) -> HttpResponse:
    me = person(request)
    if request.method != "POST":
        return _upload_page(request)
    upload = request.FILES.get("file")
    if upload is None:
        return _upload_page(request, _("Choose a file first."), status=422)
    try:
        one = services.begin(
            upload.chunks(),
            file_name=(upload.name or "").strip() or _("unnamed"),
            by=me,
            mends=_mended(request, me),
        )
    except FileProblem as problem:
        return _upload_page(request, words_of(problem), status=422)
    return redirect("import_columns", one.pk)


@gate("import.add")
@_read_or_write
def columns(request: HttpRequest, import_id: UUID) -> HttpResponse:
    me = person(request)
    one = import_of(request, import_id, "import.add")
    if one.state not in (Import.State.NEW, Import.State.CHECKED) or queries.is_busy(one.work):
        return redirect("import", one.pk)
    look = services.look_at(one, LOOKED_AT)
    data = request.POST if request.method == "POST" else None
    fixed = one.mends is not None and one.source is not None
    mapping = _mapping(request, one, look)
    own = own_fields.offered(mapping.kind, me)
    form = MappingForm(look, mapping, data, fixed_source=fixed, own=own)
    tried = None
    if data is not None and "test" in data:
        tried = trial_of(form, me)
    elif data is not None and _saved(one, form, by=me):
        return redirect("import", one.pk)
    context = {
        "one": one,
        "form": form,
        "look": look,
        "rows": form.shown(PREVIEW_ROWS),
        "trial": tried,
        "kinds": [(f"?kind={k}", word, k == form.mapping.kind) for k, word in Import.Kind.choices],
        "remembered": mappings.in_use(one.shape) if "kind" not in request.GET else None,
        "twin": services.loaded_before(one),
        "sources": Source.objects.order_by("key").values_list("key", flat=True)[:200],
        "zones": COMMON_ZONES,
        "shop": _shop_name(form.mapping),
        "chinese": in_chinese(),
        "step": 2,
    }
    status = 422 if data is not None and tried is None else 200
    return render(request, "collect/columns.html", context, status=status)


def trial_of(form: MappingForm, me: User) -> trial.Trial | None:
    """What would become of the first rows; None where the mapping must be put right first."""
    mapping = form.mapped()
    if mapping is None:
        return None
    try:
        return trial.trial(form.look, mapping, by=me)
    except FileProblem as problem:
        form.problems.append(words_of(problem))
        return None


def _shop_name(mapping: Mapping) -> str:
    """Whose export it is, in the user's language; empty where we do not know."""
    known = shops.shop(mapping.shop)
    if known is None:
        return ""
    return known.zh if in_chinese() else known.en


def _saved(one: Import, form: MappingForm, *, by: User) -> bool:
    """Keep the mapping and queue the check; False where the form must be shown again."""
    mapping = form.mapped()
    if mapping is None:
        return False
    try:
        services.map_columns(one, mapping, by=by)
    except FileProblem as problem:
        form.problems.append(words_of(problem))
        return False
    starting.name_source(one.source, form.options.cleaned_data.get("source_name", ""))
    starting.start(one, "check", by=by)
    return True


def _mapping(request: HttpRequest, one: Import, look: Preview) -> Mapping:
    """The import's mapping; guessed anew where another kind was chosen."""
    kept = msgspec.convert(one.mapping, Mapping)
    asked = request.POST.get("kind") or request.GET.get("kind") or kept.kind
    if asked == kept.kind or asked not in Import.Kind.values:
        return kept
    guessed = guess_mapping(look, Kind(asked))
    return own_fields.guessed(
        msgspec.structs.replace(
            guessed, source=kept.source, timezone=kept.timezone, region=kept.region
        ),
        look,
        person(request),
    )


def _upload_page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    me = person(request)
    context = {
        "problem": problem,
        "mends": _mended(request, me),
        "most": settings.MAX_UPLOAD_BYTES,
        "step": 1,
    }
    return render(request, "collect/upload.html", context, status=status)


def _mended(request: HttpRequest, me: User) -> Import | None:
    """The import whose rejected rows this upload mends, where it is this person's to mend."""
    try:
        wanted = UUID(request.GET.get("mends", ""))
    except ValueError:
        return None
    return queries.imports_for(me, permission="import.rejects").filter(pk=wanted).first()


def _ensure_room(request: HttpRequest) -> None:
    """Refuse what is over the limit, or more than the disks hold beside the copy that is made."""
    stated = request.META.get("CONTENT_LENGTH") or "0"
    size = int(stated) if stated.isdecimal() else 0
    if size > settings.MAX_UPLOAD_BYTES:
        most = settings.MAX_UPLOAD_BYTES
        raise TooLarge(
            f"文件超过 {most:,} 字节的上限，请拆分后上传。",
            f"The file is over the limit of {most:,} bytes; split it and upload the parts.",
        )
    kept = settings.DATA
    for place in {settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir(), str(kept)}:
        free = shutil.disk_usage(place).free
        needed = size + (files.RESERVE if place == str(kept) else 0)
        if free < needed:
            raise NoSpace(needed, free)
