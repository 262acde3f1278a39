"""The form of a campaign's draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.customers.models import Segment
from zhiyin.engage import template
from zhiyin.engage.models import Campaign

TEXTS = ("subject_zh", "body_zh", "subject_en", "body_en")


class SegmentField(forms.ModelChoiceField[Segment]):
    """A segment by its name, with how many were in it when it was last computed."""

    def label_from_instance(self, obj: Segment) -> str:
        return obj.name if obj.size is None else f"{obj.name} ({obj.size:,})"


class CampaignForm(forms.ModelForm[Campaign]):
    """Name, segment, the message in two languages, hold-out, cap, window, cost and margin."""

    holdout_percent = forms.IntegerField(
        label=_("Hold-out"), min_value=0, max_value=50, initial=10,
        widget=forms.NumberInput(attrs={"type": "range", "step": "1"}),
    )  # fmt: skip
    margin_percent = forms.IntegerField(
        label=_("Margin, % of revenue"), min_value=1, max_value=100, initial=40
    )

    class Meta:
        model = Campaign
        fields = ("name", "segment", *TEXTS, "frequency_cap", "window_days", "cost")
        labels = {
            "name": _("Name of the campaign"),
            "subject_zh": _("Subject line"),
            "body_zh": _("Text of the message"),
            "subject_en": _("Subject line"),
            "body_en": _("Text of the message"),
            "frequency_cap": _("Messages in 30 days at most"),
            "window_days": _("Window, days"),
            "cost": _("Cost of the campaign"),
        }
        widgets = {
            "body_zh": forms.Textarea(attrs={"rows": 9, "lang": "zh-Hans"}),
            "body_en": forms.Textarea(attrs={"rows": 9, "lang": "en"}),
            "subject_zh": forms.TextInput(attrs={"lang": "zh-Hans"}),
            "subject_en": forms.TextInput(attrs={"lang": "en"}),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = access.scoped(by, Segment.objects.filter(archived_at=None), "segment.see")
        self.fields["segment"] = SegmentField(
            seen.order_by("name"), label=_("Segment"), empty_label=_("Choose a segment")
        )
        if not self.is_bound and self.instance.pk:
            self.initial["holdout_percent"] = round(self.instance.holdout_share * 100)
            self.initial["margin_percent"] = round(self.instance.margin * 100)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chinese = (get_language() or "zh").startswith("zh")
        for name in TEXTS:
            for fault in template.faults(data.get(name) or ""):
                said = fault.zh if chinese else fault.en
                where = f"第 {fault.line} 行：" if chinese else f"Line {fault.line}: "
                self.add_error(name, f"{where}{said}")
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        data = self.cleaned_data
        if "holdout_percent" in data:
            self.instance.holdout_share = data["holdout_percent"] / 100
        if "margin_percent" in data:
            self.instance.margin = data["margin_percent"] / 100
