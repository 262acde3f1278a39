"""Screens of webhooks: the list, one endpoint with its log, one delivery, where may be sent to."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.connect import catalogue, queries, sending, services
from zhiyin.connect.forms import EndpointForm, HostRuleForm, PeriodForm
from zhiyin.connect.models import Delivery, Endpoint, HostRule
from zhiyin.connect.services import CannotBe
from zhiyin.ids import read_id

_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("webhook.see")
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """Every endpoint with how it does."""
    me = _me(request)
    context = {
        "lines": queries.lines(me, now=timezone.now()),
        "may_add": access.allowed(me, "webhook.change"),
    }
    return render(request, "connect/webhooks.html", context)


@gate("webhook.change")
@never_cache
@_read_or_write
def new_webhook(request: HttpRequest) -> HttpResponse:
    """A new endpoint; its secret is on the page that answers, and nowhere else."""
    form = EndpointForm(request.POST or None, by=_me(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(form.wanted(), by=_me(request))
        except CannotBe as reason:
            form.add_error(reason.field, str(reason))
        else:
            return render(request, "connect/secret.html", {"made": made, "new": True})
    return render(request, "connect/form.html", {"form": form})


@gate("webhook.see")
@require_GET
def webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """One endpoint: how it stands, and what was sent."""
    return _endpoint_page(request, webhook_id, PeriodForm(initial={"only_failed": True}))


@gate("webhook.change")
@_read_or_write
def change_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    me = _me(request)
    endpoint = _endpoint(me, webhook_id, "webhook.change")
    initial = {
        "url": endpoint.url, "description": endpoint.description, "types": endpoint.types,
        "with_values": endpoint.with_values, "with_imports": endpoint.with_imports,
    }  # fmt: skip
    form = EndpointForm(request.POST or None, by=me, chosen=endpoint.types, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(endpoint, form.wanted(), by=me)
        except CannotBe as reason:
            form.add_error(reason.field, str(reason))
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", endpoint.pk)
    return render(request, "connect/form.html", {"form": form, "endpoint": endpoint})


@gate("webhook.change")
@require_POST
def switch_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """On or off, as the button says."""
    me = _me(request)
    endpoint, on = _endpoint(me, webhook_id, "webhook.change"), request.POST.get("on") == "1"
    try:
        services.switch(endpoint, on=on, by=me)
    except CannotBe as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("It is on.") if on else _("It is off."))
    return redirect("webhook", endpoint.pk)


@gate("webhook.change")
@never_cache
@require_POST
def rotate_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    me = _me(request)
    made = services.rotate(_endpoint(me, webhook_id, "webhook.change"), by=me)
    return render(request, "connect/secret.html", {"made": made, "new": False})


@gate("webhook.change")
@require_POST
def delete_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    me = _me(request)
    services.delete(_endpoint(me, webhook_id, "webhook.change"), by=me)
    messages.success(request, _("The endpoint is deleted, with its log."))
    return redirect("webhooks")


@gate("webhook.change")
@require_POST
def send_test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a test and say how it went."""
    me = _me(request)
    endpoint = _endpoint(me, webhook_id, "webhook.change")
    try:
        sent = services.send_test(endpoint, by=me)
    except CannotBe as reason:
        messages.error(request, str(reason))
        return redirect("webhook", endpoint.pk)
    if sent.state == Delivery.State.DELIVERED:
        messages.success(request, _("The test was delivered."))
    else:
        messages.error(request, _("The test failed; the log says why."))
    return redirect("webhook_delivery", sent.pk)


@gate("webhook.change")
@require_POST
def replay_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a period again."""
    me = _me(request)
    endpoint = _endpoint(me, webhook_id, "webhook.change")
    form = PeriodForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            count = services.replay_period(
                endpoint, data["since"], data["until"], by=me, only_failed=data["only_failed"]
            )
        except CannotBe as reason:
            form.add_error(reason.field if reason.field in form.fields else None, str(reason))
        else:
            said = ngettext("%(n)s message goes out again.", "%(n)s messages go out again.", count)
            messages.success(request, said % {"n": f"{count:,}"})
            return redirect("webhook", endpoint.pk)
    return _endpoint_page(request, webhook_id, form)


@gate("webhook.see")
@require_GET
def webhook_delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """One delivery with each attempt, and the message as it would be made now."""
    me = _me(request)
    delivery = get_object_or_404(queries.delivery(me, delivery_id))
    endpoint, occurrence = delivery.endpoint, delivery.occurrence
    event = catalogue.known(occurrence.type)
    # Made with the reader's rights, so that a log never shows more than its reader may see.
    body = sending.message(occurrence, me, with_values=endpoint.with_values)
    context = {
        "delivery": delivery,
        "endpoint": endpoint,
        "occurrence": occurrence,
        "label": event.label if event else occurrence.type,
        "tries": list(delivery.tries.order_by("id")),
        "body": body and json.dumps(json.loads(body), ensure_ascii=False, indent=2),
        "is_mine": endpoint.owner_id == me.pk,
        "may_change": access.can_reach(me, "webhook.change", endpoint),
    }
    return render(request, "connect/delivery.html", context)


@gate("webhook.change")
@require_POST
def replay_delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """Send one again."""
    me = _me(request)
    delivery = get_object_or_404(queries.delivery(me, delivery_id))
    try:
        again = services.replay(delivery, by=me)
    except CannotBe as reason:
        messages.error(request, str(reason))
        return redirect("webhook_delivery", delivery.pk)
    messages.success(request, _("It goes out again, under the same id."))
    return redirect("webhook_delivery", again.pk)


@gate("webhook.see", write="webhook.hosts")
@_read_or_write
def webhook_hosts(request: HttpRequest) -> HttpResponse:
    """What this installation narrows, and what the operator opens."""
    me = _me(request)
    form = HostRuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_host_rule(**form.cleaned_data, by=me)
        except CannotBe as reason:
            form.add_error(reason.field, str(reason))
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook_hosts")
    context = {
        "form": form,
        "rules": queries.host_rules(),
        "may_change": access.allowed(me, "webhook.hosts"),
    }
    return render(request, "connect/hosts.html", context)


@gate("webhook.hosts")
@require_POST
def drop_webhook_host(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    services.drop_host_rule(get_object_or_404(HostRule, pk=rule_id), by=_me(request))
    return redirect("webhook_hosts")


def _endpoint_page(request: HttpRequest, webhook_id: UUID, period: PeriodForm) -> HttpResponse:
    me, now = _me(request), timezone.now()
    endpoint = _endpoint(me, webhook_id, "webhook.see")
    state = request.GET.get("state", "")
    found = queries.log(endpoint, state=state, before=read_id(request.GET.get("before", "")))
    shown = found[: queries.PAGE]
    heard = [(name, event.label if (event := catalogue.known(name)) else name)
             for name in endpoint.types]  # fmt: skip
    context = {
        "endpoint": endpoint,
        "tally": queries.tally([endpoint.pk], now=now).get(endpoint.pk, queries.Tally()),
        "heard": heard,
        "rotates_until": endpoint.rotates_until(now),
        "held": endpoint.held_until if endpoint.held_until and endpoint.held_until > now else None,
        "log": shown,
        "state": state,
        "states": Delivery.State.choices,
        "more": shown[-1].pk if len(found) > queries.PAGE else None,
        "period": period,
        "may_change": access.can_reach(me, "webhook.change", endpoint),
    }
    return render(request, "connect/webhook.html", context)


def _endpoint(me: User, webhook_id: UUID, permission: str) -> Endpoint:
    endpoint = get_object_or_404(queries.endpoints(me), pk=webhook_id)
    access.require(me, permission, endpoint)
    return endpoint


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the gate let nobody else through
    return request.user
