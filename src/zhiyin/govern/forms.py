"""The form that puts an address on the suppression list."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.govern.models import Channel


class SuppressForm(forms.Form):
    """An address or number, its channel, and why."""

    address = forms.CharField(label=_("E-mail or number"), max_length=254)
    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=[(key, label) for key, label in Channel.choices if key != Channel.NONE],
    )
    reason = forms.CharField(label=_("Reason"), max_length=120)
