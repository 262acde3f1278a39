"""The form of a connection: where to read, how often; what it says is tried before it is kept."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.collect.connections import folders
from zhiyin.collect.models import Connection
from zhiyin.collect.models.connections import MOST_MINUTES

Kind = Connection.Kind
DIALECTS = (("postgresql", "PostgreSQL"), ("mysql", "MySQL / MariaDB"), ("sqlite", "SQLite"))
OF_DATABASE = ("dialect", "host", "port", "database", "user", "schema", "table", "cursor")
OF_FOLDER = ("folder", "pattern")


class ConnectionForm(forms.Form):
    """Fields of the one kind; `where` is what is kept of them."""

    name = forms.CharField(label=pgettext_lazy("connection", "Name"), max_length=120)
    every_minutes = forms.IntegerField(
        label=_("Every, minutes"), min_value=1, max_value=MOST_MINUTES, initial=10,
        help_text=_("At most half an hour passes between two readings."),
    )  # fmt: skip
    folder = forms.CharField(
        label=_("Folder"), max_length=500, help_text=_("The path on the server.")
    )
    pattern = forms.CharField(
        label=_("File names"), max_length=120, initial="*", help_text=_("Such as orders-*.csv")
    )
    dialect = forms.ChoiceField(label=_("Database system"), choices=DIALECTS)
    host = forms.CharField(label=_("Host"), max_length=200, required=False)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, required=False)
    database = forms.CharField(
        label=_("Database"), max_length=500, help_text=_("For SQLite, the path of the file.")
    )
    user = forms.CharField(
        label=_("Account"), max_length=120, required=False,
        help_text=_("One that may only read is enough."),
    )  # fmt: skip
    secret = forms.CharField(
        label=_("Password"), max_length=200, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    schema = forms.CharField(label=_("Schema"), max_length=120, required=False)
    table = forms.CharField(
        label=_("Table or view"), max_length=120, required=False,
        help_text=_("Leave it empty and test: the tables are listed."),
    )  # fmt: skip
    cursor = forms.CharField(
        label=_("Column that tells what is new"), max_length=120, required=False,
        help_text=_("One that only grows, such as updated_at or id. Without it, the whole table is "
                    "read each time."),
    )  # fmt: skip

    def __init__(self, data: object, kind: Kind, one: Connection | None = None) -> None:
        initial = {}
        if one is not None:
            initial = {"name": one.name, "every_minutes": one.every_minutes, **one.where}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        self.kind = kind
        for name in OF_FOLDER if kind == Kind.DATABASE else (*OF_DATABASE, "secret"):
            del self.fields[name]
        if kind == Kind.FOLDER and one is None and folders.roots():
            self.fields["folder"].initial = str(folders.roots()[0])
        if one is not None and kind == Kind.DATABASE:
            self.fields["secret"].help_text = _("Leave it empty to keep the saved one.")

    def where(self) -> dict[str, object]:
        """Where and what to read."""
        if self.kind == Kind.FOLDER:
            return {name: self.cleaned_data[name] for name in OF_FOLDER}
        kept = {name: self.cleaned_data[name] for name in OF_DATABASE}
        return {**kept, "port": kept["port"] or 0}


class AnewForm(forms.Form):
    """From which day on a connection is read again."""

    since = forms.DateField(label=_("From"), required=False)
