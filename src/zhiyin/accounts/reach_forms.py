"""What the screens of shares, delegations and territories take in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.accounts import queries
from zhiyin.accounts.forms import DepartmentField
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.territories import Rule

_Day = forms.DateInput({"type": "date"})
RULE_ROWS = 3  # empty rows that the page offers besides those that are kept


class ColleagueField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A colleague, told by name and department: names of colleagues are no secret here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_label="–", **kwargs)

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name} ({obj.department.name})" if obj.department else obj.name


class ShareForm(forms.Form):
    """With whom, how far, until when, and why."""

    user = ColleagueField(label=_("Colleague"), queryset=User.objects.none(), required=False)
    department = DepartmentField(
        label=_("Or a department"), queryset=Department.objects.order_by("path"), required=False
    )
    may_change = forms.ChoiceField(
        label=_("How far"),
        choices=[("", pgettext_lazy("share", "See")), ("1", pgettext_lazy("share", "See, change"))],
        required=False,
    )
    until = forms.DateField(
        label=_("Last day"), required=False, widget=_Day,
        help_text=_("Empty: until somebody ends it."),
    )  # fmt: skip
    reason = forms.CharField(label=pgettext_lazy("share", "Reason"), max_length=200)

    def __init__(self, *args: object, by: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _offer(self.fields["user"], by)


class DelegationForm(forms.Form):
    """Who stands in for whom, from one day to another, and why."""

    giver = ColleagueField(label=_("For"), queryset=User.objects.none(), required=False)
    receiver = ColleagueField(label=_("Stands in"), queryset=User.objects.none())
    first = forms.DateField(label=_("First day"), widget=_Day)
    last = forms.DateField(label=_("Last day"), widget=_Day)
    reason = forms.CharField(label=pgettext_lazy("share", "Reason"), max_length=200)

    def __init__(self, *args: object, by: User, for_others: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _offer(self.fields["receiver"], by)
        if for_others:
            _offer(self.fields["giver"], by)
        else:
            del self.fields["giver"]


class TerritoryForm(forms.Form):
    """Names and people; the conditions are rows of the page (see `rules_of`)."""

    name_zh = forms.CharField(label=_("Chinese name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80)


def _offer(field: forms.Field, by: User) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = queries.colleagues(besides=by)


def day_begins(day: date) -> datetime:
    """The first moment of a day where this company is."""
    return datetime.combine(day, time(), timezone.get_current_timezone())


def day_is_over(day: date) -> datetime:
    """The first moment after it."""
    return day_begins(day + timedelta(days=1))


def rules_of(posted: dict[str, list[str]], departments: dict[str, Department]) -> list[Rule]:
    """The conditions of a posted page, row by row; what is no department counts as none."""
    columns = [posted.get(name, []) for name in ("country", "province", "city", "rule_department")]
    return [
        Rule(country[:60], province[:60], city[:80], departments.get(department))
        for country, province, city, department in zip(*columns, strict=False)
    ]
