"""A message as an e-mail: MIME parts, headers, and the link that ends all further ones.

Everything that comes from a person or a campaign passes `one_line` before it becomes a header, so
a line break in a name is a space, not a new header.
"""

from __future__ import annotations

from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override

from zhiyin.engage.models import Message
from zhiyin.engage.template import one_line, to_html

_SALT = "zhiyin.engage.unsubscribe"
_LANGUAGES = {"zh": "zh-hans", "en": "en"}


def token(message_id: UUID) -> str:
    """What proves that somebody holds the message; it does not expire."""
    return signing.Signer(salt=_SALT, sep=".").sign(message_id.hex)


def message_id(text: str) -> UUID | None:
    """The message of a token; None where it is not one of ours."""
    try:
        return UUID(hex=signing.Signer(salt=_SALT, sep=".").unsign(text))
    except (signing.BadSignature, ValueError):
        return None


def unsubscribe_url(message: Message) -> str:
    """The address of the page where the recipient says no more."""
    path = reverse("unsubscribe", args=[token(message.pk)])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def parts(message: Message, *, link: str = "") -> tuple[str, str]:
    """The message as plain text and as HTML, both with the way to unsubscribe.

    Whoever reads it here gets another `link`: pressing the real one would unsubscribe a customer.
    """
    link = link or unsubscribe_url(message)
    with override(_LANGUAGES.get(message.language, "zh-hans")):
        context = {
            "subject": one_line(message.subject),
            "body": message.body,
            "html": to_html(message.body),
            "unsubscribe": link,
            "language": {"zh": "zh-Hans"}.get(message.language, message.language),
        }
        text = render_to_string("engage/mail.txt", context)
        return text, render_to_string("engage/mail.html", context)


def compose(message: Message) -> EmailMessage:
    """The e-mail of a message, ready for a mail server."""
    mail = EmailMessage(policy=policy.SMTP)
    name, sender = parseaddr(settings.MAIL_FROM)
    mail["From"] = Address(one_line(name), addr_spec=sender)
    mail["To"] = Address(addr_spec=message.address)
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = compose_id(message)
    # RFC 8058: the mail programme's own button, answered by one POST without a page.
    mail["List-Unsubscribe"] = f"<{unsubscribe_url(message)}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text, html = parts(message)
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def compose_id(message: Message) -> str:
    """The Message-ID: the message's own id, at the domain of the sender."""
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2] or "localhost"
    return f"<{message.pk}@{domain}>"
