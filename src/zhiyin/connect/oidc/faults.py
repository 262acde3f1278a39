"""Why a sign-in by the provider did not come about: a word for the audit, a sentence for people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fault(models.TextChoices):
    """Nothing that the provider says is repeated."""

    UNREACHABLE = "unreachable", _("Your company's sign-in cannot be reached.")
    METADATA = "metadata", _("Your company's sign-in describes itself wrongly.")
    STATE = "state", _("This sign-in has run out or was used already; begin anew.")
    CANCELLED = "cancelled", _("The sign-in was not completed at your company's.")
    CODE = "code", _("Your company's sign-in did not take its own code back.")
    CLIENT = "client", _("Your company's sign-in does not know this installation.")
    TOKEN = "token", _("The answer of your company's sign-in could not be trusted.")


class SignInError(Exception):
    """The provider's answer leads nowhere; `detail` is a word of ours for the audit."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value} {detail}".strip())
        self.fault, self.detail = fault, detail
