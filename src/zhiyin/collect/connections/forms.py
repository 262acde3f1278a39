"""The form of a connection: its name and how often, and what each kind adds to say where to read.

What a form says is tried before it is kept. Passwords and keys never come back to a screen.
"""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrPromise

from zhiyin.collect.connections.pieces import Look, Where
from zhiyin.collect.models import Connection
from zhiyin.collect.models.connections import MOST_MINUTES

FIRST = ("name", "every_minutes")
Layout = tuple[tuple[str, ...], ...]  # rows of fields, two beside each other where two stand


def password(label: str | StrPromise | None = None, *, required: bool = False) -> forms.CharField:
    """A field for what is sealed, whatever it is called there."""
    return forms.CharField(
        label=label or _("Password"), max_length=500, required=required, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


def list_of_rows() -> forms.CharField:
    """A field for the list in a document that becomes a row each."""
    return forms.CharField(
        label=_("List with a row each"), max_length=120, required=False,
        help_text=_("Such as line_items. Empty: found by itself."),
    )  # fmt: skip


def port(*, optional: bool = True) -> forms.IntegerField:
    """A field for a port; empty for the usual one."""
    return forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, required=not optional)


class ConnectionForm(forms.Form):
    """What every kind asks. A kind adds fields, says which are secrets, and lays them out."""

    secrets: ClassVar[tuple[str, ...]] = ()
    goes_to: ClassVar[tuple[str, ...]] = ()  # the fields that say to whom a secret is sent
    layout: ClassVar[Layout] = ()
    usual_minutes: ClassVar[int] = 10

    name = forms.CharField(label=pgettext_lazy("connection", "Name"), max_length=120)
    every_minutes = forms.IntegerField(
        label=_("Every, minutes"), min_value=1, max_value=MOST_MINUTES,
        help_text=_("At most half an hour passes between two readings."),
    )  # fmt: skip

    def __init__(self, data: object, one: Connection | None = None) -> None:
        initial: dict[str, object] = {"every_minutes": self.usual_minutes}
        if one is not None:
            usual = {name for name, value in one.where.items() if value == 0}  # is left empty
            kept = {name: value for name, value in one.where.items() if name not in usual}
            initial = {"name": one.name, "every_minutes": one.every_minutes, **kept}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.one = one
        for name in self.secrets if one is not None else ():
            self.fields[name].help_text = _("Leave it empty to keep the saved one.")
            self.fields[name].required = False

    @property
    def rows(self) -> list[list[BoundField]]:
        """The fields as they are laid out."""
        return [[self[name] for name in row] for row in (FIRST, *self.layout)]

    def where(self) -> Where:
        """Where and what to read."""
        apart = (*FIRST, *self.secrets)
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}

    def entered(self) -> str:
        """What is sealed; empty where nothing was entered."""
        given = (str(self.cleaned_data.get(name) or "") for name in self.secrets)
        return next((one for one in given if one), "")

    def clean(self) -> dict[str, object]:
        """A saved secret is not sent to another machine than the one that it was entered for."""
        cleaned = super().clean() or self.cleaned_data
        one = self.one
        if one is None or one.secret is None or self.entered():
            return cleaned
        if self.recipient(cleaned) != self.recipient(one.where):
            self.add_error(self.secrets[0], _("Enter it again: it goes to another place now."))
        return cleaned

    def recipient(self, values: Where) -> tuple[object, ...]:
        """Who gets the secret, as these values of the form say."""
        return tuple(values.get(name) for name in self.goes_to)

    def made_secret(self) -> str:
        """A secret that we make where none was given; empty where it is only the other's."""
        return ""

    def undecided(self, look: Look) -> tuple[str, str] | None:
        """A field that must be filled before it can be kept, now that one sees what there is."""
        return None


class AnewForm(forms.Form):
    """From which day on a connection is read again."""

    since = forms.DateField(label=_("From"), required=False)
