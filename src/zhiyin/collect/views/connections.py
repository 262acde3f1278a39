"""Connections of a source: made and tried, their runs, paused, read now, synced anew, removed."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.collect import tasks
from zhiyin.collect.connections import kinds, running, services
from zhiyin.collect.connections import queries as connection_queries
from zhiyin.collect.connections.forms import AnewForm, ConnectionForm
from zhiyin.collect.connections.problems import Trouble
from zhiyin.collect.connections.signatures import Scheme
from zhiyin.collect.models import Connection
from zhiyin.collect.source_health import name_of
from zhiyin.collect.views.asking import in_chinese, person
from zhiyin.collect.views.sources import source_of

RUNS = 50
KEEPS = (Connection.Kind.WEBHOOK, Connection.Kind.DEVICES)  # what comes, before it is read
_read_or_write = require_http_methods(["GET", "HEAD", "POST"])


@gate("source.manage")
@never_cache
@require_GET
def choose_connection(request: HttpRequest, source_id: UUID) -> HttpResponse:
    """The kinds of connection that there are."""
    source = source_of(person(request), source_id, "source.manage")
    context = {
        "source": source,
        "source_name": name_of(source),
        "kinds": [(Connection.Kind(name), one) for name, one in kinds.KINDS.items()],
    }
    return render(request, "collect/choose_connection.html", context)


@gate("source.manage")
@never_cache
@sensitive_post_parameters()
@_read_or_write
def new_connection(request: HttpRequest, source_id: UUID, kind: str) -> HttpResponse:
    """A new connection of this kind; it can be tried before it is kept."""
    source = source_of(person(request), source_id, "source.manage")
    if kind not in kinds.KINDS:
        raise Http404
    chosen = Connection.Kind(kind)
    form = kinds.KINDS[kind].form(request.POST or None)
    context: dict[str, object] = {
        "source": source, "source_name": name_of(source), "form": form, "kind": chosen,
        "tests": kinds.KINDS[kind].asks,
    }  # fmt: skip
    if request.method == "POST" and form.is_valid() and _tried(request, form, context, chosen, ""):
        secret = form.entered() or form.made_secret()
        made = services.create(
            source, chosen, name=form.cleaned_data["name"], where=form.where(), secret=secret,
            every_minutes=form.cleaned_data["every_minutes"], by=person(request),
        )  # fmt: skip
        if not kinds.of(made).asks:
            return _shown_secret(request, made, secret)
        tasks.begin_reading(made)
        messages.success(request, _("The connection is there and is being read."))
        return redirect("connection", made.pk)
    return render(request, "collect/connection_form.html", context, status=_status(form, context))


@gate("source.manage")
@never_cache
@sensitive_post_parameters()
@_read_or_write
def change_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Other settings; they can be tried before they are kept."""
    one = _connection(person(request), connection_id, "source.manage")
    chosen = Connection.Kind(one.kind)
    form = kinds.of(one).form(request.POST or None, one)
    context: dict[str, object] = {
        "source": one.source, "source_name": name_of(one.source), "form": form, "one": one,
        "kind": chosen, "tests": kinds.of(one).asks,
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        saved = "" if form.entered() else _saved_secret(one, context)
        if _tried(request, form, context, chosen, saved):
            services.change(
                one, name=form.cleaned_data["name"], where=form.where(), secret=form.entered(),
                every_minutes=form.cleaned_data["every_minutes"], by=person(request),
            )  # fmt: skip
            messages.success(request, _("Saved."))
            return redirect("connection", one.pk)
    return render(request, "collect/connection_form.html", context, status=_status(form, context))


@gate("source.see")
@never_cache
@require_GET
def connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """How a connection does: its runs, the newest first."""
    me = person(request)
    one = _connection(me, connection_id, "source.see")
    runs = list(one.runs.select_related("made").order_by("-started_at")[:RUNS])
    language = "zh" if in_chinese() else "en"
    context = {
        "one": one,
        "source": one.source,
        "source_name": name_of(one.source),
        "runs": [(run, run.problem.get(language, "")) for run in runs],
        "now": timezone.now(),
        "by_time": _reads_by_time(one),
        "may_manage": access.can_reach(me, "source.manage", one.source),
        "may_see_imports": access.allowed(me, "import.see"),
        "asks": kinds.of(one).asks,
        "mappings": connection_queries.mappings_of(one),
        "keeps": one.kind in KEEPS,
        "arrivals": connection_queries.arrivals(one) if one.kind in KEEPS else [],
    }
    if not kinds.of(one).asks:
        context |= {
            "address": request.build_absolute_uri(reverse("arrive", args=[one.pk])),
            "by_path": one.where.get("signed") == Scheme.PATH,
            "turned_away": connection_queries.turned_away(one, timezone.now()),
        }
    return render(request, "collect/connection.html", context)


@gate("source.manage")
@require_POST
def read_now(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    one = _connection(person(request), connection_id, "source.manage")
    if tasks.begin_reading(one):
        messages.success(request, _("It is being read now."))
    else:
        messages.info(request, _("It waits to be read already."))
    return redirect("connection", one.pk)


@gate("source.manage")
@require_POST
def pause_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Paused or going on, as the button says."""
    me = person(request)
    one = _connection(me, connection_id, "source.manage")
    services.pause(one, paused=request.POST.get("paused") == "1", by=me)
    return redirect("connection", one.pk)


@gate("source.manage")
@require_POST
def sync_anew(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """From a day on, or from the beginning."""
    me = person(request)
    one = _connection(me, connection_id, "source.manage")
    form = AnewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That is no day that we can read."))
        return redirect("connection", one.pk)
    try:
        services.anew(one, since=form.cleaned_data["since"], by=me)
    except Trouble as trouble:
        messages.error(request, _words(trouble))
    else:
        tasks.begin_reading(one)
        messages.success(request, _("It is read again; what is here already counts once."))
    return redirect("connection", one.pk)


@gate("source.manage")
@never_cache
@require_POST
def exchange_connection_secret(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """A new secret for a webhook, shown this once."""
    me = person(request)
    one = _connection(me, connection_id, "source.manage")
    if kinds.of(one).asks:
        raise Http404
    return _shown_secret(request, one, services.exchange_secret(one, by=me))


@gate("source.manage")
@require_POST
def remove_connection(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    me = person(request)
    one = _connection(me, connection_id, "source.manage")
    services.remove(one, by=me)
    messages.success(request, _("The connection is gone; what it brought stays."))
    return redirect("source", one.source_id)


def _connection(me: User, connection_id: UUID, permission: str) -> Connection:
    """The connection, where this person may do this to its source."""
    found = get_object_or_404(
        Connection.objects.select_related("source", "owner"), pk=connection_id
    )
    source_of(me, found.source_id, permission)
    return found


def _shown_secret(request: HttpRequest, one: Connection, secret: str) -> HttpResponse:
    """Address and secret, once; the page is not kept by the browser."""
    by_path = one.where.get("signed") == Scheme.PATH
    name = "arrive_by_secret" if by_path else "arrive"
    address = reverse(name, args=[one.pk, secret] if by_path else [one.pk])
    context = {
        "one": one, "source": one.source, "source_name": name_of(one.source),
        "address": request.build_absolute_uri(address), "secret": "" if by_path else secret,
        "by_path": by_path, "scheme": one.where.get("signed"),
    }  # fmt: skip
    return render(request, "collect/webhook_made.html", context)


def _tried(
    request: HttpRequest, form: ConnectionForm, context: dict[str, object],
    kind: Connection.Kind, saved: str,
) -> bool:  # fmt: skip
    """Try what the form says; True where it works and is to be kept."""
    try:
        found = kinds.KINDS[kind].look(form.where(), form.entered() or saved)
    except Trouble as trouble:
        context["problem"] = _words(trouble)
        return False
    context["look"] = found
    if "test" in request.POST:
        return False
    if (undecided := form.undecided(found)) is not None:
        form.add_error(*undecided)
        return False
    return True


def _reads_by_time(one: Connection) -> bool:
    """Whether it can be read from a day on."""
    back = kinds.of(one).since
    if back is None:
        return False
    try:
        back(one.cursor, timezone.localdate())
    except Trouble:
        return False
    return True


def _saved_secret(one: Connection, context: dict[str, object]) -> str:
    try:
        return running.password(one)
    except Trouble as trouble:
        context["problem"] = _words(trouble)
        return ""


def _status(form: ConnectionForm, context: dict[str, object]) -> int:
    return 422 if form.errors or "problem" in context else 200


def _words(trouble: Trouble) -> str:
    return trouble.message["zh" if in_chinese() else "en"]
