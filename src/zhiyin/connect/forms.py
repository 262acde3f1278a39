"""Forms of this room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import User
from zhiyin.connect import catalogue
from zhiyin.connect.models import HostRule
from zhiyin.connect.services import Wanted


class EndpointForm(forms.Form):
    """What an endpoint is to be."""

    url = forms.CharField(
        label=_("Address"), max_length=2000,
        help_text=_("https, public, and answering within ten seconds"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off",
                                      "placeholder": "https://"}),
    )  # fmt: skip
    description = forms.CharField(
        label=_("What it is for"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    types = forms.MultipleChoiceField(label=_("Events"))
    with_values = forms.BooleanField(label=_("Values of fields, as I see them"), required=False)
    with_imports = forms.BooleanField(label=_("Each person whom an import changes"), required=False)

    def __init__(self, *args: Any, by: User, chosen: Iterable[str] = (), **named: Any) -> None:
        super().__init__(*args, **named)
        self.offered = catalogue.offered(by)
        self.offered += [
            event
            for name in chosen
            if (event := catalogue.known(name)) is not None and event not in self.offered
        ]
        field = self.fields["types"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(one.name, one.label) for one in self.offered]

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        return Wanted(
            data["url"], tuple(data["types"]), data["description"], data["with_values"],
            data["with_imports"],
        )  # fmt: skip

    def groups(self) -> list[tuple[Promise, list[tuple[catalogue.EventType, bool]]]]:
        """The events by room, each with whether it is chosen."""
        chosen = set(self["types"].value() or ())
        found: dict[str, tuple[Promise, list[tuple[catalogue.EventType, bool]]]] = {}
        for one in self.offered:
            group = found.setdefault(str(one.group), (one.group, []))
            group[1].append((one, one.name in chosen))
        return list(found.values())


class PeriodForm(forms.Form):
    """What is to be sent again."""

    _moment = {"type": "datetime-local"}
    since = forms.DateTimeField(label=_("From"), widget=forms.DateTimeInput(attrs=_moment))
    until = forms.DateTimeField(label=_("Until before"), widget=forms.DateTimeInput(attrs=_moment))
    only_failed = forms.BooleanField(label=_("Only what failed"), required=False, initial=True)


class HostRuleForm(forms.Form):
    """A host or network that is never sent to, or one of the only ones."""

    kind = forms.ChoiceField(label=_("Rule"), choices=HostRule.Kind.choices)
    pattern = forms.CharField(
        label=_("Host or network"), max_length=260,
        help_text=_("hooks.example.com, *.example.com or 198.51.100.0/24"),
    )  # fmt: skip
