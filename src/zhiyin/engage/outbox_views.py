"""Screens of messages: the outbox, one message, and its HTML part in a frame of its own."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from zhiyin.accounts import access, audit
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.engage import mail, queries
from zhiyin.engage.models import Campaign, Message
from zhiyin.ids import read_id

# The frame runs nothing, loads nothing and opens nothing; only our own page may hold it.
_FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'; sandbox"
)


@gate("message.see")
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    me = _me(request)
    text = request.GET.get("q", "").strip()[:80]
    campaign, state = read_id(request.GET.get("campaign", "")), request.GET.get("state", "")
    found = queries.outbox(
        me, text=text, campaign=campaign, state=state, before=read_id(request.GET.get("before", ""))
    )
    shown = found[: queries.PAGE]
    choices = access.scoped(me, Campaign.objects.exclude(started_at=None), "campaign.see")
    return render(
        request,
        "engage/outbox.html",
        {
            "messages_shown": [(one, queries.address_for(me, one)) for one in shown],
            "more": shown[-1].pk if len(found) > queries.PAGE else None,
            "q": text,
            "campaign": campaign,
            "state": state,
            "filtered": bool(text or campaign or state),
            "campaigns": [
                ("", _("Every campaign")),
                *choices.order_by("-started_at").values_list("pk", "name")[:100],
            ],
            "states": [("", _("Every state")), *Message.State.choices],
        },
    )


@gate("message.see")
@never_cache
@require_GET
def message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    me = _me(request)
    shown = _message(me, message_id)
    audit.read_of(me, shown)
    text, _html = mail.parts(shown, link="#")
    as_text = request.GET.get("part") == "text"
    return render(
        request,
        "engage/message.html",
        {
            "message": shown,
            "address": queries.address_for(me, shown),
            "text": text,
            "headers": [
                ("Message-ID", mail.compose_id(shown)),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ],
            "as_text": as_text,
            "parts": [("?", _("As it looks"), not as_text), ("?part=text", _("As text"), as_text)],
        },
    )


@gate("message.see")
@never_cache
@xframe_options_sameorigin
@require_GET
def message_html(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """The HTML part, for the sandboxed frame of the message's page."""
    shown = _message(_me(request), message_id)
    _text, html = mail.parts(shown, link="#")
    return HttpResponse(html, headers={"Content-Security-Policy": _FRAME_POLICY})


def _message(me: User, message_id: UUID) -> Message:
    return get_object_or_404(
        queries.messages(me).select_related("customer", "campaign"), pk=message_id
    )


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the gate let nobody else through
    return request.user
