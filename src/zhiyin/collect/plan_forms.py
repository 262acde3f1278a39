"""Forms of a tracking plan: what becomes of what deviates, an event, a property, a file."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.plan.schema import (
    KINDS,
    LISTED,
    MODES,
    MOST_NAME,
    MOST_TEXT,
    Kind,
    Mode,
    Plan,
    Property,
    Scalar,
)


class BasedForm(forms.Form):
    """A change to the version that was looked at."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


def _mode(label: object, help_text: object = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(MODES.items()), help_text=help_text)  # type: ignore[arg-type]


class ModesForm(BasedForm):
    """What becomes of events that deviate."""

    mode = _mode(_("What deviates"), _("Another type, a missing property, a value not allowed."))
    unknown_events = _mode(_("Unknown events"))
    unknown_properties = _mode(_("Unknown properties"))

    @classmethod
    def of(cls, plan: Plan, version: int) -> ModesForm:
        """As the plan says now."""
        return cls(
            initial={
                "base": version, "mode": plan.mode.value,
                "unknown_events": plan.unknown_events.value,
                "unknown_properties": plan.unknown_properties.value,
            }
        )  # fmt: skip

    def modes(self) -> dict[str, Mode]:
        """As they are to be."""
        names = ("mode", "unknown_events", "unknown_properties")
        return {name: Mode(self.cleaned_data[name]) for name in names}


class EventForm(BasedForm):
    """An event of the plan."""

    event = forms.CharField(label=_("Event name"), max_length=MOST_NAME)
    description = forms.CharField(label=_("Description"), max_length=MOST_TEXT, required=False)


class PropertyForm(BasedForm):
    """A property of an event of the plan."""

    event = forms.CharField(widget=forms.HiddenInput, max_length=MOST_NAME)
    property = forms.CharField(label=_("Property name"), max_length=MOST_NAME)
    type = forms.ChoiceField(label=_("Type"), choices=list(KINDS.items()))
    required = forms.BooleanField(label=_("It must be there"), required=False)
    personal = forms.BooleanField(
        label=_("It is about a person"), required=False,
        help_text=_("Then it stays in PostgreSQL and never reaches the lake."),
    )  # fmt: skip
    allowed = forms.CharField(
        label=_("Allowed values"), required=False, max_length=20_000,
        help_text=_("One a line; empty: any. For texts and numbers."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )  # fmt: skip
    description = forms.CharField(label=_("Description"), max_length=MOST_TEXT, required=False)

    def clean(self) -> dict[str, object]:
        """Values read by the type."""
        data = self.cleaned_data
        lines = [one.strip() for one in (data.get("allowed") or "").splitlines() if one.strip()]
        kind = Kind(data.get("type") or Kind.ANY)
        if lines and kind not in LISTED:
            self.add_error("allowed", _now("Only texts and numbers have allowed values."))
            return data
        try:
            data["values"] = tuple(dict.fromkeys(_value(one, kind) for one in lines))
        except ValueError:
            self.add_error("allowed", _now("One of these is no number."))
        return data

    @classmethod
    def of(cls, event: str, name: str, rule: Property, version: int) -> PropertyForm:
        """As the plan says now, or as it was learnt."""
        return cls(
            initial={
                "base": version, "event": event, "property": name, "type": rule.type.value,
                "required": rule.required, "personal": rule.personal,
                "allowed": "\n".join(str(one) for one in rule.allowed),
                "description": rule.description,
            }
        )  # fmt: skip

    def rule(self) -> Property:
        """As it is to be."""
        data = self.cleaned_data
        return Property(Kind(data["type"]), data["required"], data["values"], data["personal"],
                        data["description"])  # fmt: skip


def _value(text: str, kind: Kind) -> Scalar:
    if kind is Kind.TEXT:
        return text
    return int(text) if kind is Kind.WHOLE or text.lstrip("-").isdigit() else float(text)


class FileForm(BasedForm):
    """A plan as a file."""

    file = forms.FileField(label=_("File"))
