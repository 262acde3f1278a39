"""Forms about sources and their keys."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from zhiyin.collect.models import Source
from zhiyin.collect.tracking_services import Consent, Limits, NotAnOrigin, origin_of

MOST_ORIGINS = 50
WEEK_MINUTES, DAY_SECONDS = 7 * 24 * 60, 24 * 3600


class OriginsField(forms.CharField):
    """Origins of pages, one a line."""

    def clean(self, value: str | None) -> list[str]:
        """The origins as browsers write them."""
        lines = [line for line in (super().clean(value) or "").split() if line]
        if len(lines) > MOST_ORIGINS:
            raise forms.ValidationError(_now("At most %(n)s origins") % {"n": MOST_ORIGINS})
        try:
            return [origin_of(line) for line in lines]
        except NotAnOrigin as error:
            text = _now("“%(text)s” is no origin; write it like https://shop.example")
            raise forms.ValidationError(text % {"text": str(error)[:80]}) from error


def _origins() -> OriginsField:
    return OriginsField(
        label=_("Allowed origins"), required=False, max_length=10_000,
        help_text=_("One a line, as https://shop.example. Empty: any page may use the key. Servers"
                    " say no origin and are always let in."),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )  # fmt: skip


def _minutes() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Promise, minutes"),
        required=False,
        min_value=1,
        max_value=WEEK_MINUTES,
        help_text=_("Silent for longer than this: late; for three times as long: broken."),
    )


def _names(zh: str, en: str) -> tuple[str, str]:
    """Each language's name; one that is missing is the other's."""
    return zh or en, en or zh


class NewSourceForm(forms.Form):
    """A source that SDKs are to write to."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    key = forms.SlugField(
        label=_("Short name"),
        max_length=60,
        help_text=_("Letters, digits, - and _; it cannot be changed later."),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[one for one in Source.Kind.choices if one[0] != "file"],
        initial=Source.Kind.WEB.value,
    )  # fmt: skip
    promise_minutes = _minutes()
    origins = _origins()

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Source.objects.filter(key=key).exists():
            raise forms.ValidationError(_now("There is a source with this short name."))
        return key

    def names(self) -> tuple[str, str]:
        """In both languages; the short name where nobody gave one."""
        zh, en = _names(self.cleaned_data["name_zh"], self.cleaned_data["name_en"])
        return zh or self.cleaned_data["key"], en or self.cleaned_data["key"]


class SourceForm(forms.Form):
    """Names and thresholds of a source."""

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    promise_minutes = _minutes()
    most_refused_percent = forms.IntegerField(
        label=_("Set aside, % of an hour's events"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Counted from 20 events an hour on."),
    )
    most_lag_seconds = forms.IntegerField(
        label=_("Lag, seconds"),
        required=False,
        min_value=1,
        max_value=DAY_SECONDS,
        help_text=_("From arrival until the event is on the profile."),
    )

    most_drift_percent = forms.IntegerField(
        label=_("Deviating, % of a day's events"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Against its plan, from 20 events on; also an event that stopped coming."),
    )

    asks = forms.ChoiceField(
        label=_("What an event needs of its person"), required=False,
        choices=[("", _("As its kind: sites and apps no refusal, others nothing")),
                 *Source.Asks.choices],
    )  # fmt: skip
    without = forms.ChoiceField(
        label=_("Without it, an event is"), required=False, choices=Source.Without.choices,
        initial=Source.Without.ANONYMOUS.value,
    )  # fmt: skip

    def consent(self) -> Consent:
        """What an event needs of its person."""
        data = self.cleaned_data
        return Consent(data["asks"], data["without"] or Source.Without.ANONYMOUS.value)

    def limits(self) -> Limits:
        """The thresholds."""
        data = self.cleaned_data
        return Limits(
            data["promise_minutes"], data["most_refused_percent"], data["most_lag_seconds"],
            data["most_drift_percent"],
        )  # fmt: skip


class OriginsForm(forms.Form):
    """The pages that may use a key."""

    origins = _origins()
