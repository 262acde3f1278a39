"""The form of the sign-in rules. Rules are in accounts.sign_in_rules; this only reads fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.models import Department, GroupRule, SignInRules, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.sign_in_rules import Wanted

MORE_ROWS = 3  # empty rows below the groups that are kept
_BOX = {"class": "form-check-input"}


class RulesForm(forms.Form):
    """What the provider may do, and who does not depend on it."""

    link_by_email = forms.BooleanField(
        label=_("Accounts that are here already are found by their verified e-mail address"),
        required=False,
    )
    create_users = forms.BooleanField(
        label=_("Whoever has no account yet is given one"), required=False
    )
    domains = forms.CharField(
        label=_("Domains for whose addresses accounts are made"), max_length=2000, required=False,
        help_text=_("example.com, example.cn"),
    )  # fmt: skip
    default_roles = forms.MultipleChoiceField(
        label=_("Roles where no group gives one"), choices=Role.choices, required=False,
        widget=forms.CheckboxSelectMultiple(_BOX),
    )  # fmt: skip
    groups_claim = forms.CharField(label=_("Claim with the groups"), max_length=80, required=False)
    department_claim = forms.CharField(
        label=_("Claim with the department"), max_length=80, required=False
    )
    second_factor = forms.BooleanField(
        label=_("Without a second factor, there or here, nobody comes in"), required=False
    )
    strong_acr = forms.CharField(
        label=_("acr values that mean a second factor"), max_length=2000, required=False,
        help_text=_("Besides amr = mfa; separated by spaces"),
    )  # fmt: skip
    only_provider = forms.BooleanField(
        label=_("Passwords and passkeys of this installation open nothing any more"),
        required=False,
    )
    break_glass = forms.ModelMultipleChoiceField(
        label=_("But for these administrators, should the provider be away"),
        queryset=User.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple(_BOX),
    )  # fmt: skip

    def __init__(self, data: Any, *, rules: SignInRules) -> None:
        glass = rules.break_glass.all() if not rules._state.adding else []
        super().__init__(
            data,
            initial={
                **{
                    name: getattr(rules, name) for name in self.base_fields if name != "break_glass"
                },
                "domains": ", ".join(rules.domains),
                "strong_acr": " ".join(rules.strong_acr),
                "break_glass": [one.pk for one in glass],
            },
        )
        field = self.fields["break_glass"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.filter(
            roles__contains=[Role.ADMINISTRATOR], is_active=True, kind=User.Kind.PERSON
        ).order_by("name")

    def wanted(self, groups: list[tuple[str, str]]) -> Wanted:
        """The rules as asked for; `groups` are what the rows below the form say."""
        data = self.cleaned_data
        departments = {str(one.pk): one for one in Department.objects.all()}
        return Wanted(
            data["link_by_email"], data["create_users"],
            tuple(data["domains"].replace(",", " ").replace("，", " ").split()),
            tuple(Role(one) for one in data["default_roles"]),
            data["groups_claim"], data["department_claim"], data["second_factor"],
            tuple(data["strong_acr"].split()), data["only_provider"],
            tuple(one.pk for one in data["break_glass"]),
            roles=tuple((value, Role(to)) for value, to in groups if to in Role.values),
            departments=tuple((v, departments[to]) for v, to in groups if to in departments),
        )  # fmt: skip


def kept_groups() -> list[tuple[str, str]]:
    """The rows that are kept: a value, and the role or department that it gives."""
    found = GroupRule.objects.order_by("-role", "value")
    return [(one.value, one.role or str(one.department_id)) for one in found]


def sent_groups(values: list[str], gives: list[str]) -> list[tuple[str, str]]:
    """The rows that were sent; empty ones are left out."""
    return [(v.strip(), to) for v, to in zip(values, gives, strict=False) if v.strip() and to][:500]
