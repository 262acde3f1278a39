"""The facts of a person, edited where they stand; masked ones looked at for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from zhiyin.accounts import access, looks
from zhiyin.accounts.access import Level
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.customers.fields import PERSONAL, Levels, levels_for, masked
from zhiyin.customers.models import Customer, Task
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.queries import golden, record, related
from zhiyin.customers.queries.golden import NO_MARK, Mark
from zhiyin.customers.services import notes, profile, tagging, tags, tasks
from zhiyin.customers.services.profile import EDITABLE, Conflict
from zhiyin.customers.services.values import CannotBe, text_of
from zhiyin.customers.views.answers import say, say_here, signed_in, wants_fragment, way_back
from zhiyin.objects.custom import layouts
from zhiyin.objects.definitions import fields_of

SHOWN = (
    "phone",
    "email",
    "birth_date",
    "gender",
    "language",
    "country",
    "city",
    "name",
    "number",
    "job_title",
)
ALWAYS = ("phone", "email", "birth_date", "country", "city")


@dataclass(frozen=True)
class Fact:
    """One row of facts as this user may see and change it."""

    name: str
    label: str
    text: str
    stored: str
    is_masked: bool
    hidden: bool
    may_reveal: bool
    may_change: bool
    options: list[tuple[str, str]]
    mark: Mark = NO_MARK


def fact_of(
    person: Customer, name: str, user: User, levels: Levels, mark: Mark | None = None
) -> Fact:
    """The fact of one field; `mark` where those of all fields were read already."""
    level = levels.get(name, Level.HIDDEN)
    value = getattr(person, name)
    hide = level < Level.READ
    text = masked(name, value) if hide else _spoken(person, name)
    change = access.can_reach(user, "customer.change", person) and level is Level.WRITE
    return Fact(
        name, str(fields_of(CUSTOMER)[name].label), "" if level is Level.HIDDEN else text,
        "" if hide else text_of(value), hide and bool(value), level is Level.HIDDEN,
        level is Level.MASKED and bool(value)
        and access.can_reach(user, "customer.reveal", person),
        change and name in EDITABLE, _options(name),
        golden.marks(person).get(name, NO_MARK) if mark is None else mark,
    )  # fmt: skip


def facts_of(person: Customer, user: User, levels: Levels, marks: Mapping[str, Mark]) -> list[Fact]:
    """The facts that the page shows: the usual ones always, the others where they are known."""
    made = layouts.made_for(CUSTOMER, user)
    if made is None:
        return [
            fact_of(person, name, user, levels, marks.get(name, NO_MARK))
            for name in SHOWN
            if name in ALWAYS or (getattr(person, name) and name not in ("name", "number"))
        ]
    placed = [one for part in made for one in part.fields if one.key in SHOWN]
    facts = [
        (fact_of(person, one.key, user, levels, marks.get(one.key, NO_MARK)), one.read_only)
        for one in placed
    ]
    return [replace(f, may_change=False) if read_only else f for f, read_only in facts]


def _spoken(person: Customer, name: str) -> str:
    if name == "gender":
        return str(person.get_gender_display())
    if name == "language":
        return str(person.get_language_display())
    return text_of(getattr(person, name))


def _options(name: str) -> list[tuple[str, str]]:
    known = {"gender": Customer.Gender, "language": Customer.Language}.get(name)
    return [("", "–"), *((str(k), str(v)) for k, v in known.choices)] if known else []


@gate("customer.see", write="customer.change")
@require_http_methods(["GET", "HEAD", "POST"])
def fact(request: HttpRequest, customer_id: UUID, field: str) -> HttpResponse:
    """Show, edit or save one field; a fragment for htmx, else a small page."""
    if field not in SHOWN:
        raise Http404
    user = signed_in(request)
    person = record.person(user, customer_id)
    if request.method == "POST":
        return _save(request, person, field, user)
    return _fact_answer(request, person, field, user, editing="edit" in request.GET)


def _save(request: HttpRequest, person: Customer, field: str, user: User) -> HttpResponse:
    text = request.POST.get("value", "")
    number = request.POST.get("version", "")
    version = int(number) if number.isdecimal() else -1
    try:
        saved = profile.change_field(
            person, field, text, by=user, version=version, before=request.POST.get("before", "")
        )
    except Conflict as conflict:
        return _fact_answer(request, person, field, user, editing=True, conflict=conflict)
    except CannotBe as reason:
        return _fact_answer(
            request, person, field, user, editing=True, error=str(reason), text=text
        )
    if not wants_fragment(request):
        return redirect("customer", person.pk)
    return _fact_answer(request, saved, field, user)


def _fact_answer(
    request: HttpRequest,
    person: Customer,
    field: str,
    user: User,
    *,
    editing: bool = False,
    error: str = "",
    text: str | None = None,
    conflict: Conflict | None = None,
) -> HttpResponse:
    levels = levels_for(user, person)
    one = fact_of(person, field, user, levels)
    context = {
        "customer": person, "fact": one, "editing": editing and one.may_change, "error": error,
        "conflict": conflict, "version": conflict.version if conflict else person.version,
        "text": conflict.mine if conflict else one.stored if text is None else text,
    }  # fmt: skip
    name = "customers/fact.html" if wants_fragment(request) else "customers/fact_page.html"
    status = 409 if conflict else 422 if error else 200
    return render(request, name, context, status=status)


@gate("customer.reveal")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, customer_id: UUID, field: str) -> HttpResponse:
    """Ask why, then open a look at a masked value; the server closes it after a minute."""
    if field not in PERSONAL:
        raise Http404
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.reveal")
    context: dict[str, object] = {
        "customer": person, "fact": fact_of(person, field, user, levels_for(user, person)),
        "seconds": int(looks.LASTS.total_seconds()),
        "reasons": [("call", gettext("To call or write")), ("check", gettext("To check who it is")),
                    ("mend", gettext("To mend the data")), ("other", gettext("Other"))],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "customers/reveal.html", context)
    reason = " ".join(request.POST.get(key, "") for key in ("why", "words")).strip()
    try:
        profile.reveal(person, field, by=user, reason=reason)
    except CannotBe as error:
        return render(request, "customers/reveal.html", context | {"error": str(error)}, status=422)
    look = looks.open_look(request, person.pk, field)
    if not wants_fragment(request):
        return redirect("customer_look", person.pk, look.ticket)
    answer = _looked_at(request, person, look, user)
    answer.headers["HX-Trigger"] = "closeDialogs"
    return answer


@gate("customer.reveal")
@never_cache
@require_safe
def look(request: HttpRequest, customer_id: UUID, ticket: str) -> HttpResponse:
    """The value while the look is open; afterwards the way back to the person."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.reveal")
    try:
        found = looks.read_look(request, person.pk, ticket)
    except looks.LookClosedError:
        say(request, gettext("The minute is over; the value is masked again."))
        return redirect("customer", person.pk)
    answer = _looked_at(request, person, found, user)
    back = reverse("customer", args=[person.pk])
    answer.headers["Refresh"] = f"{found.seconds_left() + 1}; url={back}"
    return answer


def _looked_at(
    request: HttpRequest, person: Customer, found: looks.Look, user: User
) -> HttpResponse:
    context = {
        "customer": person, "seconds": found.seconds_left(),
        "whole": profile.revealed(person, found.field, by=user),
        "fact": fact_of(person, found.field, user, levels_for(user, person)),
    }  # fmt: skip
    name = "customers/revealed.html" if wants_fragment(request) else "customers/revealed_page.html"
    return render(request, name, context)


@gate("customer.tag")
@require_POST
def tag(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Give one person a tag or take one away."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.tag")
    error = ""
    try:
        if "remove" in request.POST:
            person = tags.set_tag(person, request.POST["remove"], by=user, on=False)
        elif until := _day(request.POST.get("until", "")):
            ends = timezone.make_aware(datetime.combine(until + timedelta(days=1), time.min))
            person = tagging.tag_until(person, request.POST.get("tag", ""), ends, by=user)
        else:
            person = tags.set_tag(person, request.POST.get("tag", ""), by=user, on=True)
    except CannotBe as reason:
        error = str(reason)
    if not wants_fragment(request):
        if error:
            say(request, error)
        return redirect("customer", person.pk)
    context = {
        "customer": person, "may": {"tag": True}, "told_tags": related.told_tags(person),
    }  # fmt: skip
    answer = render(request, "customers/tags.html", context)
    return say_here(answer, error) if error else answer


@gate("customer.change")
@require_POST
def note(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Write something down about a person."""
    user = signed_in(request)
    person = record.person(user, customer_id, "customer.change")
    try:
        notes.write_note(person, request.POST.get("text", ""), by=user)
    except CannotBe as reason:
        say(request, str(reason))
    return redirect(way_back(request, reverse("customer", args=[person.pk])))


@gate("task.change")
@require_POST
def new_task(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Make a task for this customer; one's own unless somebody else is named."""
    user = signed_in(request)
    person = record.person(user, customer_id)
    try:
        due = _day(request.POST.get("due", ""))
        tasks.add_task(person, request.POST.get("title", ""), by=user, due=due)
    except CannotBe as reason:
        say(request, str(reason))
    return redirect(way_back(request, reverse("customer", args=[person.pk])))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CannotBe(gettext("That is no day")) from error


@gate("task.change")
@require_POST
def finish_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Mark a task as done, or open it again."""
    user = signed_in(request)
    seen = access.scoped(user, Task.objects.select_related("customer"), "task.change")
    found = seen.filter(pk=task_id).first()
    if found is None:
        raise Http404
    done = request.POST.get("done", "1") == "1"
    tasks.finish_task(found, by=user, done=done)
    if done:
        say(request, gettext("Done: %(title)s") % {"title": found.title})
    return redirect(way_back(request, reverse("customer", args=[found.customer_id])))
