"""Screens: the comments of a record, writing, changing and taking back one's own."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin import toasts
from zhiyin.accounts import access, records
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.accounts.records import Ref
from zhiyin.talk import comments_panel, mentions, queries, services
from zhiyin.talk.mentions import Called
from zhiyin.talk.models import Comment

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("comment.see", write="comment.add")
@_read_or_write
def record_comments(request: HttpRequest, record_type: str, record_id: UUID) -> HttpResponse:
    """The comments of a record: a fragment for htmx, else a page; a POST writes one."""
    me, ref = _me(request), (record_type, record_id)
    if request.method != "POST":
        return _panel(request, ref)
    text = request.POST.get("text", "")
    records.find(me, ref)
    try:
        written = services.add_comment(ref, text, by=me, chosen=_chosen(request))
    except services.Refused as reason:
        return _panel(request, ref, status=422, comment_error=str(reason), comment_text=text)
    return _answer(request, ref, told_of(written.called))


@gate("comment.change")
@_read_or_write
def comment(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """One's comment, to be changed where it stands."""
    me = _me(request)
    found = queries.comment(me, comment_id)
    access.require(me, "comment.change", found)
    ref = _ref(found)
    if request.method != "POST":
        return _panel(request, ref, editing=found)
    text = request.POST.get("text", "")
    try:
        written = services.edit_comment(
            found, text, by=me, now=timezone.now(), chosen=_chosen(request)
        )
    except services.Refused as reason:
        found.text = text
        return _panel(request, ref, status=422, editing=found, comment_error=str(reason))
    return _answer(request, ref, told_of(written.called))


@gate("comment.change")
@require_POST
def delete(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Take one's comment back; the toast offers the way back."""
    me = _me(request)
    found = services.delete_comment(queries.comment(me, comment_id), by=me, now=timezone.now())
    undo = reverse("restore_comment", args=[found.pk])
    if _wants_fragment(request):
        return toasts.attach(_panel(request, _ref(found)), _("The comment is deleted."), undo=undo)
    toasts.say(request, _("The comment is deleted."), undo=undo)
    return redirect("record_comments", *_ref(found))


@gate("comment.change")
@require_POST
def restore(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Bring one's comment back."""
    me = _me(request)
    found = services.restore_comment(queries.comment(me, comment_id), by=me)
    return _answer(request, _ref(found), "")


@gate("comment.add")
@require_GET
def whom(request: HttpRequest, record_type: str, record_id: UUID) -> HttpResponse:
    """Colleagues who may see the record, by what was typed behind the @: a fragment."""
    me, ref = _me(request), (record_type, record_id)
    row = records.find(me, ref)
    typed = request.GET.get("q", "")[:40]
    found = mentions.offered(ref, row, typed, but=me)
    return render(request, "talk/whom.html", {"users": found})


def told_of(called: Called) -> str:
    """What the author must know about those who were called and not told."""
    said = []
    if called.unable:
        names = _(", ").join(user.name for user in called.unable)
        said.append(_("%(names)s cannot see this record and was not told.") % {"names": names})
    for name in called.unclear:
        said.append(
            _("Several people are called %(name)s; choose one from the list after @.")
            % {"name": name}
        )
    return " ".join(said)


def _panel(request: HttpRequest, ref: Ref, status: int = 200, **more: object) -> HttpResponse:
    me = _me(request)
    context = comments_panel.context(me, ref) | more
    if _wants_fragment(request):
        return render(request, "talk/comments.html", context, status=status)
    row = records.find(me, ref)
    context |= {
        "record_title": records.title_of(ref, row),
        "record_address": records.address_of(ref, row),
    }
    return render(request, "talk/comments_page.html", context, status=status)


def _answer(request: HttpRequest, ref: Ref, warning: str) -> HttpResponse:
    if _wants_fragment(request):
        answer = _panel(request, ref)
        if warning:
            answer.headers["HX-Trigger"] = json.dumps({"toast": {"text": warning, "undo": ""}})
        return answer
    if warning:
        toasts.warn(request, warning)
    return redirect("record_comments", *ref)


def _chosen(request: HttpRequest) -> set[UUID]:
    """The users whom the author picked from the list; what is no id is nobody's."""
    found = set()
    for text in request.POST.getlist("mention")[:50]:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def _ref(comment: Comment) -> Ref:
    return comment.record_type, comment.record_id


def _wants_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _me(request: HttpRequest) -> User:
    assert not isinstance(request.user, AnonymousUser)  # the gate has seen to it
    return request.user
