"""Write keys of a source: made, exchanged, bound to pages, taken away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.collect import tracking_services
from zhiyin.collect.models import Source, WriteKey
from zhiyin.collect.source_forms import OriginsForm
from zhiyin.collect.tracking_services import AlreadyEnded
from zhiyin.collect.views.asking import person
from zhiyin.collect.views.sources import source_of, source_page


@gate("source.manage")
@require_POST
def add_key(request: HttpRequest, source_id: UUID) -> HttpResponse:
    me = person(request)
    one = source_of(me, source_id, "source.manage")
    tracking_services.add_key(one, by=me)
    messages.success(request, _("There is a new key."))
    return redirect("source", one.pk)


@gate("source.manage")
@require_POST
def exchange_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """A new key beside the old one, which ends after a week."""
    me = person(request)
    key = _key(me, key_id)
    try:
        tracking_services.exchange(key, by=me)
    except AlreadyEnded:
        messages.warning(request, _("This key has ended already."))
    else:
        messages.success(request, _("There is a new key; the old one writes for 7 more days."))
    return redirect("source", key.source_id)


@gate("source.manage")
@require_POST
def revoke_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    me = person(request)
    key = _key(me, key_id)
    tracking_services.revoke(key, by=me)
    messages.success(request, _("The key no longer writes."))
    return redirect("source", key.source_id)


@gate("source.manage")
@require_POST
def key_origins(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Which pages may use a key."""
    me = person(request)
    key = _key(me, key_id)
    form = OriginsForm(request.POST, auto_id=f"id_{key.pk}_%s")
    if not form.is_valid():
        return source_page(request, key.source, origins=(key.pk, form), status=422)
    try:
        tracking_services.set_origins(key, form.cleaned_data["origins"], by=me)
    except AlreadyEnded:
        messages.warning(request, _("This key has ended already."))
    else:
        messages.success(request, _("Saved."))
    return redirect("source", key.source_id)


def _key(me: User, key_id: UUID) -> WriteKey:
    """A key of a source that this person looks after."""
    seen = access.scoped(me, Source.objects.all(), "source.see")
    key = get_object_or_404(WriteKey.objects.select_related("source"), pk=key_id, source__in=seen)
    access.require(me, "source.manage", key.source)
    return key
