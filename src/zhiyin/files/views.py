"""Screens: the files of a record, one file's preview, and the ways by which bytes leave."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin import toasts
from zhiyin.accounts import access, records, row_security, seat
from zhiyin.accounts.gate import gate, public
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.files import links, panel, pictures, previews, queries, services, serving, store
from zhiyin.files.models import File
from zhiyin.files.showing import shown
from zhiyin.files.taking import Refused, TooLarge


@gate("file.see", write="file.add")
@csrf_exempt  # `_upload` checks the token, once rights and size were looked at
@require_http_methods(["GET", "HEAD", "POST"])
def record_files(request: HttpRequest, record_type: str, record_id: UUID) -> HttpResponse:
    """The files of a record: a fragment for htmx, else a page; a POST attaches some."""
    me, ref = _me(request), (record_type, record_id)
    if request.method != "POST":
        records.find(me, ref)
        return _panel(request, ref)
    records.find(me, ref, "change")
    stated = request.META.get("CONTENT_LENGTH") or "0"
    limits = services.limits()
    if not stated.isdecimal() or not limits.takes_length(int(stated)):
        return _refusal(request, ref, str(TooLarge(limits)), status=413)
    return _upload(request, ref)


@csrf_protect
def _upload(request: HttpRequest, ref: Ref) -> HttpResponse:
    me = _me(request)
    uploads = request.FILES.getlist("file")
    if not uploads:
        return _refusal(request, ref, gettext("Choose a file first."), status=422)
    for upload in uploads:
        try:
            services.attach(ref, upload.chunks(), name=upload.name or "", by=me)
        except Refused as reason:
            status = 413 if isinstance(reason, TooLarge) else 422
            return _refusal(request, ref, f"{upload.name}: {reason}", status=status)
    return _panel(request, ref) if _wants_fragment(request) else _back(request, ref)


@gate("file.see")
@require_GET
def preview(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """What can be seen of a file without saving it: a picture of ours, or escaped text."""
    me = _me(request)
    file = queries.file(me, file_id)
    context: dict[str, object] = {"shown": shown(file), "file": file}
    if file.content.has_preview:
        services.note_reading(file, by=me)
        if not file.content.has_picture:
            try:
                context["preview"] = previews.read(file)
            except store.MissingError as error:
                raise Http404 from error
    return render(request, "files/preview.html", context)


@gate("file.see")
@never_cache
@require_GET
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Makes a link for this user, and goes there."""
    me = _me(request)
    return redirect(links.address(queries.file(me, file_id), by=me))


@gate("file.see")
@require_GET
def file_bytes(request: HttpRequest, token: str) -> HttpResponseBase:
    """The bytes, for the user for whom the link was made, while it lasts."""
    me = _me(request)
    file_id = links.opened(token, by=me)
    if file_id is None:
        raise access.OutOfSight
    return _handed_out(queries.file(me, file_id), me)


@public
@require_GET
def file_by_ticket(request: HttpRequest, ticket: UUID) -> HttpResponseBase:
    """The bytes, on the files' own origin: good once, and the user's rights are asked again."""
    if not settings.FILES_ORIGIN or not _is_files_origin(request):
        raise Http404
    found = queries.redeem(ticket, now=timezone.now())
    if found is None:
        raise Http404
    user, file_id = found
    seat.sit(partial(row_security.seat_of, user))  # the ticket's holder, whom no session names
    return _handed_out(queries.file(user, file_id), user)


@gate("file.see")
@require_GET
def picture(request: HttpRequest, file_id: UUID, size: str) -> HttpResponse:
    """The picture that we drew of a file."""
    if size not in pictures.SIZES:
        raise Http404
    try:
        return serving.picture(queries.file(_me(request), file_id), size)
    except (serving.Locked, store.MissingError) as error:
        raise Http404 from error


@gate("file.delete")
@require_POST
def delete(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Take a file off its record; the toast offers the way back."""
    me = _me(request)
    file = services.delete(queries.file(me, file_id, deleted=True), by=me, now=timezone.now())
    text = gettext("Deleted: %(name)s") % {"name": file.name}
    undo = reverse("restore_file", args=[file.pk])
    ref = (file.record_type, file.record_id)
    if _wants_fragment(request):
        return toasts.attach(_panel(request, ref), text, undo=undo)
    toasts.say(request, text, undo=undo)
    return _back(request, ref)


@gate("file.delete")
@require_POST
def restore(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Bring a deleted file back."""
    me = _me(request)
    file = queries.file(me, file_id, deleted=True)
    ref = (file.record_type, file.record_id)
    try:
        services.restore(file, by=me)
    except Refused as reason:
        return _refusal(request, ref, str(reason), status=422)
    return _panel(request, ref) if _wants_fragment(request) else _back(request, ref)


def _handed_out(file: File, user: User) -> HttpResponseBase:
    try:
        answer = serving.attachment(file)
    except (serving.Locked, store.MissingError) as error:
        raise Http404 from error
    services.note_reading(file, by=user)
    return answer


def _panel(request: HttpRequest, ref: Ref) -> HttpResponse:
    context: dict[str, object] = panel.context(_me(request), ref)
    if _wants_fragment(request):
        return render(request, "files/panel.html", context)
    return render(request, "files/page.html", context)


def _refusal(request: HttpRequest, ref: Ref, reason: str, *, status: int) -> HttpResponse:
    if _wants_fragment(request):
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    context: dict[str, object] = panel.context(_me(request), ref) | {"problem": reason}
    return render(request, "files/page.html", context, status=status)


def _back(request: HttpRequest, ref: Ref) -> HttpResponse:
    return redirect("record_files", *ref)


def _is_files_origin(request: HttpRequest) -> bool:
    return str(settings.FILES_ORIGIN).partition("://")[2] == request.get_host()


def _wants_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _me(request: HttpRequest) -> User:
    assert not isinstance(request.user, AnonymousUser)  # the gate has seen to it
    return request.user
