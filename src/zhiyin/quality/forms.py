"""The form of a rule: its kind decides which of the inputs count."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.quality import catalogue, wording
from zhiyin.quality.models import QualityRule
from zhiyin.quality.rules import (
    MOST_VALUES,
    ROBUST_Z,
    Allowed,
    Before,
    Faulty,
    Fresh,
    Implies,
    OneNumber,
    Outlier,
    Pattern,
    PlacesAgree,
    Range,
    Refers,
    Required,
    Rule,
    Unique,
    check,
)
from zhiyin.quality.services import Draft


class RuleForm(forms.Form):
    """A rule about one object; what its kind does not need is passed over."""

    kind = forms.ChoiceField(label=_("What must hold"), choices=tuple(wording.KINDS.items()))
    field = forms.ChoiceField(label=_("Field"))
    pattern = forms.ChoiceField(
        label=_("Pattern"), required=False, choices=tuple(wording.PATTERNS.items())
    )
    low = forms.CharField(label=_("At least"), required=False, max_length=40)
    high = forms.CharField(
        label=_("At most"), required=False, max_length=40,
        help_text=_("A number, or a day like 2026-01-31"),
    )  # fmt: skip
    values = forms.CharField(
        label=_("Values"), required=False, max_length=20_000,
        help_text=_("One a line"), widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    to = forms.ChoiceField(
        label=_("Exists in"), required=False, choices=tuple(wording.TARGETS.items())
    )
    then = forms.ChoiceField(label=_("The other field"), required=False)
    value = forms.CharField(label=_("Where the field is"), required=False, max_length=200,
                            help_text=_("Empty: where it is filled"))  # fmt: skip
    then_value = forms.CharField(label=_("The other is then"), required=False, max_length=200,
                                 help_text=_("Empty: filled with anything"))  # fmt: skip
    days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=36_500)
    z = forms.FloatField(
        label=_("Robust z, up to"), required=False, min_value=1, max_value=100, initial=ROBUST_Z
    )
    log = forms.BooleanField(label=_("Judge its logarithm: for money and counts"), required=False)
    most_percent = forms.FloatField(
        label=_("Tell me above, % failing"), required=False, min_value=0, max_value=100,
        help_text=_("Empty: nobody is told"),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, of: catalogue.Subject, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = of
        choices = [(name, str(one.label)) for name, one in of.fields.items()]
        self.fields["field"].choices = choices  # type: ignore[attr-defined]
        self.fields["then"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]
        kinds = [(key, text) for key, text in wording.KINDS.items()
                 if of.name == "customer" or key not in ("places", "one_number")]  # fmt: skip
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    @classmethod
    def of_rule(cls, one: QualityRule, of: catalogue.Subject) -> RuleForm:
        """The form of a rule that is there."""
        given = dict(one.definition)
        given["kind"] = given.pop("type", "")
        if isinstance(given.get("values"), list):
            given["values"] = "\n".join(given["values"])
        return cls(
            initial={**given, "most_percent": one.most_percent, "version": one.version}, of=of
        )

    def clean(self) -> dict[str, Any]:
        """Reads the rule; what cannot be asked is told at the form."""
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            self.rule = self._rule(data)
            check(self.rule, self.of.types)
        except Faulty as error:
            self.add_error(None, wording.fault(error))
        return data

    def draft(self) -> Draft:
        """What the form asks for."""
        return Draft(self.of.name, self.of.event, self.rule, self.cleaned_data["most_percent"])

    def _rule(self, data: dict[str, Any]) -> Rule:
        field = data["field"]
        match data["kind"]:
            case "required":
                return Required(field)
            case "pattern":
                return Pattern(field, data["pattern"])
            case "range":
                return Range(field, data["low"].strip(), data["high"].strip())
            case "allowed":
                lines = [line.strip() for line in data["values"].splitlines() if line.strip()]
                return Allowed(field, tuple(dict.fromkeys(lines))[: MOST_VALUES + 1])
            case "unique":
                return Unique(field)
            case "refers":
                return Refers(field, data["to"])
            case "before":
                return Before(field, data["then"])
            case "implies":
                return Implies(field, data["then"], data["value"], data["then_value"])
            case "fresh":
                return Fresh(field, data["days"] or 0)
            case "outlier":
                return Outlier(field, data["z"] or ROBUST_Z, bool(data["log"]))
            case "places":
                return PlacesAgree()
            case _:
                return OneNumber()
