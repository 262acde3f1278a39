"""Why something did not go out, as a short word for the log and a sentence for people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """The words of the log. Nothing that the other side says is repeated."""

    # refused by us, before anything is sent
    ADDRESS = "address", _("The address cannot be read; write https://host/path")
    SCHEME = "scheme", _("Only https is allowed")
    CREDENTIALS = "credentials", _("A user name or password in the address is not allowed")
    HOST = "host", _("The host must be a full name in plain letters, or an ordinary IP address")
    PORT = "port", _("This port is not allowed")
    NOT_PUBLIC = "not_public", _("The address leads into a private or reserved network")
    DENIED = "denied", _("This installation does not send to this host")
    NOT_LISTED = "not_listed", _("This installation sends to listed hosts only, and not to this")
    # tried, and failed
    NO_NAME = "no_name", _("The host name leads nowhere")
    NO_CONNECTION = "no_connection", _("The host could not be reached")
    TLS = "tls", _("The host has no certificate that can be trusted for its name")
    TIMEOUT = "timeout", _("The host took too long")
    PROTOCOL = "protocol", _("The host did not answer in HTTP")
    TOO_LARGE = "too_large", _("The message or the answer is too large")
    # answered, but not with 2xx
    REDIRECT = "redirect", _("The host answered with a redirect, which is not followed")
    GONE = "gone", _("The host says that the endpoint is gone for good")
    BUSY = "busy", _("The host asked to be spared for a while")
    REFUSED = "refused", _("The host refused the message")
    FAULT = "fault", _("The host has a fault of its own")


class EgressError(Exception):
    """Nothing was sent, or no answer came; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class RefusedError(EgressError):
    """The policy does not let this out."""


class FailedError(EgressError):
    """It was tried; the other side or the way to it failed."""
