"""Settings, Fields and layouts: the fields of each object, added, changed, ordered, retired."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import User
from zhiyin.formulas import FUNCTIONS
from zhiyin.objects.custom import computing, conversion, drafts, forms, known, services
from zhiyin.objects.custom.drafts import Draft
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.provider import has_custom
from zhiyin.objects.custom.rules import COLOURS
from zhiyin.objects.custom.services import Faulty
from zhiyin.objects.custom.views.previewing import preview_of
from zhiyin.objects.definitions import ObjectType, fields_of, object_types

Type = CustomField.Type
ICONS = {
    Type.TEXT: "letter-t", Type.LONG_TEXT: "align-left", Type.NUMBER: "number-123",
    Type.MONEY: "coin", Type.DATE: "calendar", Type.MOMENT: "clock", Type.BOOL: "toggle-left",
    Type.CHOICE: "list", Type.CHOICES: "list-check", Type.URL: "link", Type.EMAIL: "mail",
    Type.PHONE: "phone", Type.USER: "user", Type.FORMULA: "math-function",
}  # fmt: skip


def objects() -> list[ObjectType]:
    """The objects that take custom fields."""
    return [one for one in object_types().values() if has_custom(one)]


def object_or_404(name: str) -> ObjectType:
    """The object of an address."""
    found = next((one for one in objects() if one.name == name), None)
    if found is None:
        raise Http404
    return found


def field_or_404(of: ObjectType, key: str) -> CustomField:
    """The definition of an address."""
    found = CustomField.objects.filter(object_type=of.name, key=key).first()
    if found is None:
        raise Http404
    return found


@gate("configuration.see")
@require_GET
def first(request: HttpRequest) -> HttpResponse:
    """The fields of the first object."""
    found = objects()
    if not found:
        return render(request, "custom/none.html")
    return redirect("custom_fields", found[0].name)


@gate("configuration.see")
@require_GET
def listing(request: HttpRequest, object_name: str) -> HttpResponse:
    """The fields of one object, built-in and added, and the retired ones."""
    of = object_or_404(object_name)
    defined = known.definitions(of.name)
    context = {
        **frame(request, of, "fields"),
        "fields": [(one, ICONS[Type(one.type)]) for one in defined if one.retired_at is None],
        "retired": [one for one in defined if one.retired_at is not None],
        "built_in": [
            (one, known.demands(of.name).get(one.key))
            for one in fields_of(of).values()
            if not one.custom
        ],
    }
    return render(request, "custom/fields.html", context)


def frame(request: HttpRequest, of: ObjectType, tab: str) -> dict[str, object]:
    """What each page of these settings needs."""
    return {
        "of": of, "objects": objects(), "tab": tab,
        "may_change": access.allowed(request.user, "configuration.change"),
    }  # fmt: skip


@gate("configuration.change")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, object_name: str) -> HttpResponse:
    """Write down a new field."""
    of = object_or_404(object_name)
    if request.method != "POST":
        kind = request.GET.get("type", "")
        draft = Draft(
            key="", type=kind if kind in Type.values else "text", label_zh="", label_en=""
        )
        return _form(request, of, draft, None)
    written = forms.read(request.POST)
    problems = dict(written.problems)
    if not problems:
        try:
            made = services.add_field(of, written.draft, by=_user(request))
        except Faulty as faulty:
            problems = dict(faulty.problems)
        else:
            messages.success(request, gettext("Added: %(field)s") % {"field": made.label})
            return redirect("custom_fields", of.name)
    return _form(request, of, written.draft, None, problems)


@gate("configuration.see", write="configuration.change")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, object_name: str, key: str) -> HttpResponse:
    """One field: what it says, and everything that can be changed about it."""
    of = object_or_404(object_name)
    field = field_or_404(of, key)
    if request.method != "POST":
        return _form(request, of, drafts.draft_of(field), field)
    written = forms.read(request.POST, key=field.key, type=field.type)
    problems = dict(written.problems)
    if not problems:
        try:
            made = services.change_definition(field, written.draft, of, by=_user(request))
        except Faulty as faulty:
            problems = dict(faulty.problems)
        else:
            messages.success(request, gettext("Saved: %(field)s") % {"field": made.label})
            return redirect("custom_fields", of.name)
    return _form(request, of, written.draft, field, problems)


@gate("configuration.change")
@require_POST
def preview(request: HttpRequest, object_name: str) -> HttpResponse:
    """How the field of the form would look and what is wrong with it: a fragment."""
    of = object_or_404(object_name)
    key, type = request.POST.get("known_key", ""), request.POST.get("known_type", "")
    written = forms.read(request.POST, key=key, type=type)
    context = {"preview": preview_of(of, written, request.POST.get("sample", ""), is_new=not key)}
    return render(request, "custom/preview.html", context)


@gate("configuration.change")
@require_POST
def retire(request: HttpRequest, object_name: str, key: str) -> HttpResponse:
    """Take a field out of use, or bring it back."""
    of = object_or_404(object_name)
    field = field_or_404(of, key)
    if "back" in request.POST:
        services.bring_back(field, by=_user(request))
        messages.success(request, gettext("In use again: %(field)s") % {"field": field.label})
    else:
        services.retire(field, by=_user(request))
        text = gettext("Retired: %(field)s. Its values are kept.") % {"field": field.label}
        messages.success(request, text)
    return redirect("custom_fields", of.name)


@gate("configuration.change")
@require_POST
def order(request: HttpRequest, object_name: str) -> HttpResponse:
    """Put the fields into the order of the list; `up` and `down` move one of them."""
    of = object_or_404(object_name)
    keys = request.POST.getlist("key")[:500] or [one.key for one in known.in_use(of.name)]
    for word, step in (("up", -1), ("down", 1)):
        moved = request.POST.get(word, "")
        if moved in keys:
            at = keys.index(moved)
            keys.insert(max(0, at + step), keys.pop(at))
    services.put_in_order(of, keys, by=_user(request))
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    return redirect("custom_fields", of.name)


@gate("configuration.change")
@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: HttpRequest, object_name: str, key: str) -> HttpResponse:
    """Give a field another type: first with counts, then in fact."""
    of = object_or_404(object_name)
    field = field_or_404(of, key)
    to = request.POST.get("to", request.GET.get("to", ""))
    if to not in conversion.OFFERED.get(field.type, ()):
        raise Http404
    if request.method == "POST":
        found = conversion.convert(field, to, of, by=_user(request))
        if found.is_safe:
            text = gettext("%(field)s is now: %(type)s") % {
                "field": field.label, "type": Type(to).label,
            }  # fmt: skip
            messages.success(request, text)
            return redirect("custom_field", of.name, field.key)
    else:
        found = conversion.preview(field, to, of)
    context = {
        **frame(request, of, "fields"), "field": field, "found": found, "to": Type(to),
        "kept": found.rows - found.lost,
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "custom/convert.html", context, status=status)


def _form(
    request: HttpRequest, of: ObjectType, draft: Draft, field: CustomField | None,
    problems: Mapping[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    stored = [one for one in known.in_use(of.name) if one.key != draft.key]
    when = draft.rules.required_when[0] if draft.rules.required_when else None
    required = "always" if draft.rules.required else "when" if when else ""
    reads = computing.inputs(of, (one for one in stored if not one.is_formula))
    context = {
        **frame(request, of, "fields"),
        "draft": draft, "rules": draft.rules, "field": field, "problems": problems or {},
        "types": [(t.value, str(t.label), ICONS[t]) for t in Type],
        "type": Type(draft.type) if draft.type in Type.values else Type.TEXT,
        "sensitivities": _sensitivities(), "colours": COLOURS, "when": when, "required": required,
        "when_values": ", ".join(when.values) if when else "",
        "when_fields": [("", "–"), *((key, one.label) for key, one in reads.items())],
        "inputs": list(reads.values()), "functions": list(FUNCTIONS.values()),
        "choices": [*draft.rules.choices, *([None] * (1 if draft.rules.choices else 3))],
        "offered": [Type(t) for t in conversion.OFFERED.get(draft.type, ())] if field else [],
        "preview": preview_of(of, forms.Written(draft, {}), "", is_new=field is None, quiet=True),
        "address": reverse("custom_field", args=[of.name, field.key]) if field
        else reverse("new_custom_field", args=[of.name]),
    }  # fmt: skip
    return render(request, "custom/field.html", context, status=422 if problems else 200)


def _sensitivities() -> list[tuple[str, str]]:
    return [
        ("plain", gettext("Plain: says nothing of a person by itself")),
        ("personal", gettext("Personal: names or reaches a person; lists mask it")),
        ("sensitive", gettext("Sensitive: can hurt a person; hidden from most roles")),
    ]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
