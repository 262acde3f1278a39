"""The form of the mapping step: which column fills which field, and what the cells cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

import msgspec
from django import forms
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from zhiyin.cleaning.fields import CATALOGUE, Field, Kind
from zhiyin.cleaning.mapping import Mapping, Mark
from zhiyin.cleaning.preview import Column, Guess, Preview, PreviewRow
from zhiyin.collect.models import Source
from zhiyin.objects.custom.models import CustomField
from zhiyin.privacy.masking import STAR

IGNORE = ""
DAY_ORDERS = (
    ("refuse", gettext_lazy("Refuse what can be read in two ways")),
    ("day", gettext_lazy("Day first: 31/12/2026")),
    ("month", gettext_lazy("Month first: 12/31/2026")),
)
REGIONS = (
    ("CN", gettext_lazy("Mainland China (+86)")),
    ("HK", gettext_lazy("Hong Kong (+852)")),
    ("MO", gettext_lazy("Macao (+853)")),
    ("TW", gettext_lazy("Taiwan (+886)")),
    ("GB", gettext_lazy("United Kingdom (+44)")),
    ("US", gettext_lazy("United States (+1)")),
    ("SG", gettext_lazy("Singapore (+65)")),
    ("JP", gettext_lazy("Japan (+81)")),
    ("DE", gettext_lazy("Germany (+49)")),
    ("FR", gettext_lazy("France (+33)")),
    ("AU", gettext_lazy("Australia (+61)")),
)
GUESSES = {
    Guess.EMPTY: gettext_lazy("empty"),
    Guess.WHOLE: gettext_lazy("whole number"),
    Guess.NUMBER: gettext_lazy("number"),
    Guess.MONEY: gettext_lazy("money"),
    Guess.TIME: gettext_lazy("date or time"),
    Guess.EMAIL: gettext_lazy("e-mail"),
    Guess.PHONE: gettext_lazy("phone"),
    Guess.YES_NO: gettext_lazy("yes or no"),
    Guess.TEXT: gettext_lazy("text"),
}

MARKS = {
    Mark.PERSONAL: gettext_lazy("Personal"),
    Mark.SENSITIVE: gettext_lazy("Sensitive"),
}


def label(entry: Field) -> str:
    """A field's name in the user's language."""
    return entry.zh if (get_language() or "zh").startswith("zh") else entry.en


@dataclass(frozen=True)
class ColumnLine:
    """One column of the file, the field that it fills, and what it says of a person."""

    name: str  # of the select
    column: Column
    looks_like: str
    field: str
    required: bool
    mark: str = ""

    @property
    def examples(self) -> list[str]:
        """A few cells; those of a person are not shown."""
        return [] if self.mark else list(self.column.examples[:3])


class OptionsForm(forms.Form):
    """What holds for the whole file."""

    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=60,
        help_text=gettext_lazy("A short key such as web-shop. Orders of one source count once."),
    )
    source_name = forms.CharField(
        label=gettext_lazy("Name of a new source"), max_length=120, required=False
    )
    timezone = forms.CharField(label=gettext_lazy("Time zone of times without one"), max_length=60)
    day_order = forms.ChoiceField(
        label=gettext_lazy("Dates such as 03/04/2026"), choices=DAY_ORDERS
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency of amounts without one"), min_length=3, max_length=3
    )
    region = forms.ChoiceField(
        label=gettext_lazy("Phone numbers without a country code"), choices=REGIONS
    )
    event = forms.CharField(
        label=gettext_lazy("Event of rows that name none"), max_length=120, required=False,
        help_text=gettext_lazy("Such as Review Published."),
    )  # fmt: skip
    extra_properties = forms.BooleanField(
        label=gettext_lazy("Keep ignored columns as properties of the event"), required=False
    )

    def __init__(self, data: QueryDict | None, mapping: Mapping, *, fixed_source: bool) -> None:
        order = {True: "day", False: "month", None: "refuse"}[mapping.day_first]
        initial = {
            "source": mapping.source, "timezone": mapping.timezone, "day_order": order,
            "currency": mapping.currency, "region": mapping.region,
            "extra_properties": mapping.extra_properties, "event": mapping.event,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self._fixed = mapping.source if fixed_source else None
        self.fields["source"].widget.attrs["list"] = "known-sources"
        self.fields["timezone"].widget.attrs["list"] = "time-zones"
        if fixed_source:  # mended rows join the orders of the source that they came from
            self.fields["source"].disabled = True
            del self.fields["source_name"]
        if mapping.kind is not Kind.EVENTS:
            del self.fields["extra_properties"], self.fields["event"]
        if mapping.kind is not Kind.ORDERS:
            del self.fields["currency"]

    def clean_source(self) -> str:
        """A key that can stand in an address; a name is made into one."""
        given = str(self._fixed or self.cleaned_data["source"])
        if Source.objects.filter(key=given).exists():
            return given
        key = slugify(given)[:60]
        if not key:
            raise forms.ValidationError(
                _("Use Latin letters, digits and hyphens, such as web-shop.")
            )
        return key

    def clean_timezone(self) -> str:
        """A zone that exists."""
        zone = str(self.cleaned_data["timezone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("Use a name such as Asia/Shanghai or Europe/London."))
        return zone

    def clean_currency(self) -> str:
        """Three letters of ISO 4217."""
        code = str(self.cleaned_data["currency"]).strip().upper()
        if not (code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("Use three letters such as CNY or GBP."))
        return code


class MappingForm:
    """The whole step: a select for each column, and the options."""

    def __init__(
        self, look: Preview, mapping: Mapping, data: QueryDict | None, *,
        fixed_source: bool = False, own: Sequence[CustomField] = (),
    ) -> None:  # fmt: skip
        self.look, self.mapping, self._data, self._own = look, mapping, data, own
        self.options = OptionsForm(data, mapping, fixed_source=fixed_source)
        self.problems: list[str] = []

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Every field of the kind; what must have a column is marked."""
        groups = Counter(entry.required for entry in CATALOGUE[self.mapping.kind])
        marks = {True: _("required"), False: _("one of these required")}
        listed = [
            (
                entry.name,
                f"{label(entry)} ({marks[groups[entry.required] == 1]})"
                if entry.required
                else label(entry),
            )
            for entry in CATALOGUE[self.mapping.kind]
        ]
        own = [(one.key, _("%(field)s (own field)") % {"field": one.label}) for one in self._own]
        return [(IGNORE, _("Ignore")), *listed, *own]

    @property
    def lines(self) -> list[ColumnLine]:
        """The columns in the order of the file."""
        required = {entry.name for entry in CATALOGUE[self.mapping.kind] if entry.required}
        chosen = [self._chosen(place, c) for place, c in enumerate(self.look.columns)]
        return [
            ColumnLine(
                f"c{place}",
                column,
                str(GUESSES[column.guess]),
                name,
                name in required,
                self._mark(place, column),
            )
            for place, (column, name) in enumerate(zip(self.look.columns, chosen, strict=True))
        ]

    def mapped(self) -> Mapping | None:
        """The mapping that was sent; None where something must be put right first."""
        labels = {entry.name: label(entry) for entry in CATALOGUE[self.mapping.kind]}
        known = labels | {one.key: one.label for one in self._own}
        chosen = {line.column.name: line.field for line in self.lines if line.field in known}
        for name, count in Counter(chosen.values()).items():
            if count > 1:
                text = _("More than one column fills “%(field)s”. Ignore all but one.")
                self.problems.append(text % {"field": known[name]})
        if not self.options.is_valid() or self.problems:
            return None
        given = self.options.cleaned_data
        return msgspec.structs.replace(
            self.mapping,
            columns=chosen,
            marks={one.column.name: Mark(one.mark) for one in self.lines if one.mark in set(Mark)},
            source=given["source"],
            timezone=given["timezone"],
            day_first={"day": True, "month": False}.get(given["day_order"]),
            currency=given.get("currency", self.mapping.currency),
            region=given["region"],
            event=given.get("event", self.mapping.event),
            extra_properties=given.get("extra_properties", self.mapping.extra_properties),
        )

    def shown(self, rows: int) -> list[PreviewRow]:
        """The first rows as they came, without the cells of columns that are marked."""
        hidden = {place for place, line in enumerate(self.lines) if line.mark}
        return [
            msgspec.structs.replace(
                row,
                cells=tuple(
                    STAR * 4 if place in hidden and cell else cell
                    for place, cell in enumerate(row.cells)
                ),
            )
            for row in self.look.rows[:rows]
        ]

    @property
    def marks(self) -> list[tuple[str, str]]:
        """What a column may be marked as."""
        return [("", "—"), *((one.value, str(MARKS[one])) for one in Mark)]

    def _mark(self, place: int, column: Column) -> str:
        if self._data is not None:
            return self._data.get(f"m{place}", "")
        mark = self.mapping.marks.get(column.name)
        return mark.value if mark else ""

    def _chosen(self, place: int, column: Column) -> str:
        if self._data is not None:
            return self._data.get(f"c{place}", IGNORE)
        return self.mapping.columns.get(column.name, IGNORE)
