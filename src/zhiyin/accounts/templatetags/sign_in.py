"""What the sign-in page asks: is there a company's provider, and is it the only way?"""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from zhiyin.accounts import sign_in_rules

register = template.Library()


@dataclass(frozen=True)
class Company:
    """The company's provider as the sign-in page needs it."""

    name: str
    only: bool


@register.simple_tag
def company_sign_in() -> Company | None:
    """None where no provider is set."""
    if not sign_in_rules.provider_is_set():
        return None
    return Company(sign_in_rules.provider_name(), sign_in_rules.only_provider())
