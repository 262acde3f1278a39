"""The mail about a sign-in in a new browser, in the user's language.

Without a mail server nothing is sent: the user finds the same under *My account → New sign-ins*.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from uuid import UUID

import structlog
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from zhiyin import mailing
from zhiyin.accounts.devices import describe
from zhiyin.accounts.models import KnownDevice

log = structlog.get_logger(__name__)


def send(device_id: UUID) -> bool:
    """Send it, where a mail server is set and the user still works here; says whether it went."""
    device = KnownDevice.objects.select_related("user").filter(pk=device_id).first()
    transport = mailing.configured()
    if device is None or not device.user.is_active or transport.local:
        return False
    with transport:
        transport.send(compose(device))
    log.info("new_device_mail_sent", device=str(device_id))
    return True


def compose(device: KnownDevice) -> EmailMessage:
    """The mail as it leaves."""
    user, seen = device.user, timezone.localtime(device.first_seen_at)
    mail = EmailMessage()
    with override(user.locale):
        facts = {
            "name": user.name,
            "device": describe(device.agent) or _("Unknown browser"),
            "network": device.network or "-",
            "time": date_format(seen, "Y-m-d H:i T"),
            "address": settings.PUBLIC_URL.rstrip("/") + reverse("account"),
        }
        mail["Subject"] = _("Zhiyin: a sign-in in a new browser")
        mail.set_content(_text() % facts)
    mail["From"], mail["To"] = settings.MAIL_FROM, user.email
    mail["Date"], mail["Message-ID"] = format_datetime(timezone.now()), make_msgid()
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def _text() -> str:
    return "\n\n".join(
        (
            _("Hello %(name)s, your account was used in a browser for the first time."),
            _("Browser: %(device)s. Network: %(network)s. Time: %(time)s."),
            _("If that was you, there is nothing to do."),
            _("If not, change your password and tell your administrator: %(address)s"),
        )
    )
