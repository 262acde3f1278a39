"""What the screens of this room take in. Rules are in services.py; these only read fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from zhiyin.accounts import queries, tokens
from zhiyin.accounts.models import Department, Locale, User
from zhiyin.accounts.roles import Role, grantable
from zhiyin.form_fields import DayField


class DepartmentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A department, shown as deep as it lies in the tree."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_label="–", **kwargs)

    def label_from_instance(self, obj: Department) -> str:
        return "　" * obj.depth + obj.name


class UserForm(forms.Form):
    """Name, roles and department; only roles and places that `by` may give are offered."""

    name = forms.CharField(label=_("Name"), max_length=80)
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )
    department = DepartmentField(
        label=_("Department"), queryset=Department.objects.none(), required=False
    )

    def __init__(self, *args: object, by: User, user: User | None = None, **kwargs: object) -> None:
        if user is not None:
            kwargs["initial"] = {
                "name": user.name,
                "roles": user.roles,
                "department": user.department_id,
            }
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        offered = grantable(by.roles) | set(user.roles if user else [])
        roles, department = self.fields["roles"], self.fields["department"]
        assert isinstance(roles, forms.MultipleChoiceField)
        assert isinstance(department, forms.ModelChoiceField)
        roles.choices = [(role.value, role.label) for role in Role if role in offered]
        department.queryset = queries.departments_for(by)


class NewUserForm(UserForm):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    locale = forms.ChoiceField(label=_("Language"), choices=Locale.choices)
    field_order = ["name", "email", "roles", "department", "locale"]


class DepartmentForm(forms.Form):
    name_zh = forms.CharField(label=_("Chinese name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80)
    parent = DepartmentField(
        label=_("Belongs to"), queryset=Department.objects.order_by("path"), required=False
    )


class TokenForm(forms.Form):
    """A name, how long, and what the token may do: everything, reading, or these permissions."""

    EXTENTS = (
        ("read", _("Only read")),
        ("all", _("Everything that the account may do")),
        ("some", _("Only this:")),
    )
    name = forms.CharField(
        label=pgettext_lazy("token", "Name"), max_length=80, help_text=_("What it is used for.")
    )
    days = forms.TypedChoiceField(
        label=_("Lives for"), coerce=int, choices=(), initial=tokens.DEFAULT_LIFETIME
    )
    extent = forms.ChoiceField(
        label=_("May"),
        choices=EXTENTS,
        initial="read",
        widget=forms.RadioSelect({"class": "form-check-input"}),
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"), required=False,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )  # fmt: skip

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        days, permissions = self.fields["days"], self.fields["permissions"]
        assert isinstance(days, forms.ChoiceField)
        assert isinstance(permissions, forms.MultipleChoiceField)
        days.choices = [
            (n, ngettext("%(n)s day", "%(n)s days", n) % {"n": n}) for n in tokens.LIFETIMES
        ]
        permissions.choices = [(one, one) for one in tokens.choices_for(user)]

    @property
    def scopes(self) -> list[str]:
        """What was chosen, as tokens.make takes it."""
        extent = self.cleaned_data["extent"]
        return self.cleaned_data["permissions"] if extent == "some" else [extent]


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)


class AuditForm(forms.Form):
    """The filters above the audit trail."""

    by = forms.UUIDField(label=pgettext_lazy("audit", "Who"), required=False)
    verb = forms.CharField(label=pgettext_lazy("audit", "What"), max_length=60, required=False)
    about = forms.CharField(label=pgettext_lazy("audit", "Object"), max_length=64, required=False)
    first = DayField(label=pgettext_lazy("audit", "From"), required=False)
    last = DayField(label=pgettext_lazy("audit", "To"), required=False)
    before = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
