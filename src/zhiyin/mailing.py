"""Where messages go: the outbox inside the product, or a mail server.

A transport takes one composed e-mail and returns when it is taken. It says apart: this message was
refused; the server cannot be reached (nothing was handed over); the line broke while handing over
(nobody knows). Only the second may be tried again, or somebody is written to twice.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from django.conf import settings

TIMEOUT = 20.0  # seconds for each answer of the mail server
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class RefusedError(Exception):
    """The mail server did not take this message; the next one may fare better."""


class UnreachableError(Exception):
    """No mail server to talk to; nothing was handed over."""


class UnknownError(Exception):
    """The line broke while the message was handed over: it may have been taken or not."""


class Transport(Protocol):
    """Takes messages, one after the other."""

    local: bool  # messages stay in the outbox and go to nobody

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...  # fmt: skip

    def send(self, mail: EmailMessage) -> None: ...


class Outbox:
    """The local outbox: a message is sent by being kept."""

    local = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        return None

    def send(self, mail: EmailMessage) -> None:
        return None


class Smtp:
    """A mail server by its URL: smtp://user:password@host:587, or smtps:// for TLS throughout.

    On smtp:// TLS is begun where the server offers it. A password never travels without TLS,
    except to this very computer.
    """

    local = False

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("a mail server is written smtp://host:port or smtps://host:port")
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._timeout = timeout
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._leave()

    def send(self, mail: EmailMessage) -> None:
        """Hand over one message; connects when needed, and again after the line broke."""
        server = self._server or self._connect()
        try:
            server.send_message(mail)
        except smtplib.SMTPServerDisconnected as error:
            self._leave()
            raise UnknownError(str(error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise RefusedError(_reason(*next(iter(error.recipients.values())))) from error
        except smtplib.SMTPResponseException as error:
            raise RefusedError(_reason(error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, ValueError, UnicodeError) as error:
            raise RefusedError(str(error)[:200]) from error
        except OSError as error:
            self._leave()
            raise UnknownError(str(error)) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        try:
            if self._tls:
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    self._host, self._port, timeout=self._timeout, context=context
                )
            else:
                server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=context)
                elif self._user and self._host not in _LOOPBACK:
                    raise UnreachableError("the mail server offers no TLS for the password")
            if self._user:
                server.login(self._user, self._password)
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError(str(error)[:200]) from error
        self._server = server
        return server

    def _leave(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def configured() -> Transport:
    """The transport of this installation: the mail server of the settings, else the outbox."""
    return Smtp(settings.SMTP_URL) if settings.SMTP_URL else Outbox()


def _reason(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:200]
