"""The public page behind the link in every message: no more of these, please.

Opening the link changes nothing, since mail scanners open links; the button, or the mail
programme's own one-click POST (RFC 8058), does. The token is the proof, so no cookie is asked.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from zhiyin.accounts import seat
from zhiyin.accounts.gate import public
from zhiyin.collect.batch import ConsentFact
from zhiyin.engage import mail, timeline
from zhiyin.engage.models import Message
from zhiyin.govern import services as govern
from zhiyin.govern.models import Purpose

_LANGUAGES = {"zh": "zh-hans", "en": "en"}


@public
@csrf_exempt
@never_cache
@seat.system("whoever holds the signed link is the customer; nobody is signed in")
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, act on POST; both in the language of the message."""
    message = _message(token)
    done = message is not None and request.method == "POST"
    if message is not None and done:
        withdraw(message, now=timezone.now())
    with override(_LANGUAGES[message.language if message else "zh"]):
        context = {"message": message, "done": done, "language_tag": _tag(message)}
        status = 200 if message is not None else 404
        return render(request, "engage/unsubscribe.html", context, status=status)


def withdraw(message: Message, *, now: datetime) -> None:
    """Suppress the address and withdraw the consent; a second time changes nothing."""
    with transaction.atomic():
        govern.suppress(message.address, message.channel, reason="unsubscribed", by=None, at=now)
        fact = ConsentFact(
            message.channel, Purpose.MARKETING, granted=False, at=now, evidence="unsubscribe link"
        )
        govern.keep_consents([(message.customer_id, fact)], batch=None)
    timeline.tell_unsubscribed(message, now=now)


def _message(token: str) -> Message | None:
    known = mail.message_id(token)
    return Message.objects.filter(pk=known).first() if known else None


def _tag(message: Message | None) -> str:
    return "en" if message is not None and message.language == "en" else "zh-Hans"
