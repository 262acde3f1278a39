"""The screens of the first steps. Each sets something real; each can be left and taken up again."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from babel.dates import get_timezone_location
from babel.numbers import get_currency_name
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import services, workspace
from zhiyin.accounts.adapter import set_language_cookie
from zhiyin.accounts.forms import NewUserForm
from zhiyin.accounts.gate import gate
from zhiyin.accounts.models import Locale, User
from zhiyin.accounts.roles import Role
from zhiyin.console import first_steps
from zhiyin.form_fields import SearchSelect

CURRENCIES = (
    "CNY", "USD", "EUR", "GBP", "HKD", "JPY", "TWD", "SGD", "AUD", "CAD", "CHF", "KRW", "INR",
    "THB", "MYR", "VND", "IDR", "PHP", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "MXN", "ZAR",
    "AED", "NZD", "MOP", "TRY",
)  # fmt: skip
REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class LanguageForm(forms.Form):
    """The language of the workspace, and of whoever sets it up."""

    language = forms.ChoiceField(
        choices=Locale.choices, widget=forms.RadioSelect({"class": "form-check-input"})
    )


class CompanyForm(forms.Form):
    """Whose workspace this is."""

    company = forms.CharField(max_length=60, strip=True)


class MoneyForm(forms.Form):
    """Currency and time zone."""

    currency = forms.ChoiceField(widget=SearchSelect)
    time_zone = forms.ChoiceField(widget=SearchSelect)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        tag = "zh_Hans" if (get_language() or "zh").startswith("zh") else "en"
        for name, choices in (("currency", _currencies(tag)), ("time_zone", _zones(tag))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["currency"].disabled = workspace.is_fixed("currency")
        self.fields["time_zone"].disabled = workspace.is_fixed("time_zone")


@lru_cache(maxsize=4)
def _currencies(tag: str) -> list[tuple[str, str]]:
    return [(code, f"{code} {get_currency_name(code, locale=tag)}") for code in CURRENCIES]


@lru_cache(maxsize=4)
def _zones(tag: str) -> list[tuple[str, str]]:
    """Zones by the name of their city, those of one region together."""
    named = []
    for zone in sorted(available_timezones()):
        region, _slash, place = zone.partition("/")
        if place and region in REGIONS:
            city = get_timezone_location(zone, locale=tag, return_city=True)
            named.append((zone, f"{city} ({zone})"))
    return [("UTC", "UTC"), *named]


@gate("workspace.change")
@require_GET
def begin(request: HttpRequest) -> HttpResponse:
    """To the first open step; where none is open, the list of all."""
    found = first_steps.progress(workspace.current())
    if found.next is not None:
        return redirect(found.next.url)
    return render(request, "console/setup/done.html", {"progress": found})


@gate("workspace.change")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One step: shown, done, or left for later."""
    if step not in first_steps.KEYS:
        raise Http404
    me = request.user
    assert isinstance(me, User)
    if request.method == "POST" and "later" in request.POST:
        workspace.put_off(step, by=me)
        return _onward(step)
    form = _form(step, request, me)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            answer = _do(step, form, me)
        except services.NotAllowed as reason:
            form.add_error(None, str(reason))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if answer is None:
                return _saved(step, me)
            context |= {"made": answer, "form": NewUserForm(by=me, initial=_usual(me))}
    row = workspace.current()
    context |= {
        "step": step,
        "progress": first_steps.progress(row, step),
        "asked": first_steps.STEPS[first_steps.KEYS.index(step)],
        "money_is_in": step == "money" and workspace.money_is_in(),
        "users": User.objects.filter(is_active=True).order_by("name")[:20],
    }
    return render(request, "console/setup/step.html", context)


@gate("workspace.change")
@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """Show the list on *Today* no more; the steps stay where they are."""
    assert isinstance(request.user, User)
    workspace.dismiss(by=request.user)
    messages.success(
        request, _("The list is hidden; First steps in the side bar still leads there.")
    )
    return redirect("today")


def _usual(me: User) -> dict[str, str]:
    return {"locale": workspace.known().language or me.locale}


def _form(step: str, request: HttpRequest, me: User) -> forms.Form | None:
    data = request.POST if request.method == "POST" else None
    row = workspace.current()
    if step == "language":
        return LanguageForm(data, initial={"language": row.language or me.locale})
    if step == "company":
        return CompanyForm(data, initial={"company": row.company})
    if step == "money":
        initial = {"currency": settings.CURRENCY, "time_zone": settings.TIME_ZONE}
        return MoneyForm(data, initial=initial)
    return NewUserForm(data, by=me, initial=_usual(me)) if step == "people" else None


def _do(step: str, form: forms.Form, me: User) -> services.NewUser | None:
    """Carry a step out; a new user is given back, whose password is shown once."""
    data = form.cleaned_data
    if step == "people":
        return services.create_user(
            by=me,
            email=data["email"],
            name=data["name"],
            roles=[Role(role) for role in data["roles"]],
            department=data["department"],
            locale=Locale(data["locale"]),
        )
    workspace.change(by=me, **data)
    if step == "language":
        me.locale = data["language"]
        me.save(update_fields=["locale"])
    return None


def _saved(step: str, me: User) -> HttpResponse:
    answer = _onward(step)
    if step == "language":
        translation.activate(me.locale)
        set_language_cookie(answer, me.locale)
    return answer


def _onward(step: str) -> HttpResponse:
    """To the next open step; after the last, to the day's work."""
    found = first_steps.progress(workspace.current(), step)
    return redirect(found.next.url if found.next is not None else "today")
