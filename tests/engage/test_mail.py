"""Messages reach a real mail server whole, and a name cannot smuggle in a header."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import factories
from tests.engage import people
from tests.engage.people import NOW
from zhiyin.accounts.roles import Role
from zhiyin.engage import mail, sending, services
from zhiyin.engage.models import CampaignMember, Message
from zhiyin.mailing import Smtp, UnreachableError

pytestmark = pytest.mark.django_db
Outcome = CampaignMember.Outcome


class Desk:
    """Keeps what it is sent; refuses one address, hangs up on another."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        letter = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(letter, EmailMessage)
        if "hangup" in str(letter["To"]):
            assert server.transport is not None
            server.transport.close()
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def desk() -> Iterator[tuple[Desk, str]]:
    handler = Desk()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def letter(**fields: str) -> Message:
    owner = factories.user(Role.ADMINISTRATOR)
    who = people.customer()
    return Message.objects.create(
        **{
            "campaign": people.campaign(owner), "customer": who, "address": who.email,
            "language": "zh", "subject": "好久不见", "body": "林静姝，您好。\n\nhttps://example.com",
            "created_at": NOW, **fields,
        }
    )  # fmt: skip


def test_a_letter_arrives_with_both_parts_and_the_way_out(desk: tuple[Desk, str]) -> None:
    handler, url = desk
    message = letter()
    with Smtp(url) as post:
        post.send(mail.compose(message))
    [got] = handler.letters
    assert got["Subject"] == "好久不见"
    assert got["Message-ID"].startswith(f"<{message.pk}@")
    assert got["Date"].datetime == NOW
    link = got["List-Unsubscribe"].strip("<>")
    assert link == mail.unsubscribe_url(message)
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (got.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "林静姝" in text.get_content()
    assert link in text.get_content()
    assert link in html.get_content()
    assert "退订" in html.get_content()


@pytest.mark.parametrize(
    "hostile",
    ["Hello\r\nBcc: victim@example.com", "a\nContent-Type: text/html\n\n<script>", "x\x07\u2028y"],
)
def test_a_line_break_in_the_subject_is_a_space(hostile: str) -> None:
    made = mail.compose(letter(subject=hostile))
    assert made["Bcc"] is None
    assert made.as_bytes().count(b"\r\nContent-Type: text/html") == 1
    assert "\n" not in str(made["Subject"])


def test_refused_and_broken_messages_are_recorded_one_by_one(desk: tuple[Desk, str]) -> None:
    _handler, url = desk
    for email in ("nobody@example.com", "hangup@example.com", "a@example.com", "b@example.com"):
        people.customer(email=email)
    owner = factories.user(Role.ADMINISTRATOR)
    campaign = services.launch(people.campaign(owner, holdout_share=0), by=owner, now=NOW)
    sending.send(campaign, transport=Smtp(url), progress=lambda *_: None, clock=lambda: NOW)
    found = dict(campaign.members.values_list("customer__email", "outcome"))
    assert found == {
        "nobody@example.com": Outcome.FAILED, "hangup@example.com": Outcome.FAILED,
        "a@example.com": Outcome.SENT, "b@example.com": Outcome.SENT,
    }  # fmt: skip
    errors = dict(campaign.messages.values_list("address", "error"))
    assert errors["nobody@example.com"] == "550 no such user"
    assert errors["hangup@example.com"] == sending.NOT_KNOWN


def test_nobody_at_the_other_end_is_said_at_once() -> None:
    with Smtp("smtp://127.0.0.1:9", timeout=2) as post, pytest.raises(UnreachableError):
        post.send(mail.compose(letter()))


def test_a_password_never_travels_without_tls(
    desk: tuple[Desk, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _handler, url = desk
    monkeypatch.setattr("zhiyin.mailing._LOOPBACK", set())
    with (
        Smtp(url.replace("//", "//ann:secret@")) as post,
        pytest.raises(UnreachableError, match="TLS"),
    ):
        post.send(mail.compose(letter()))


def test_an_address_that_is_no_mail_server_is_refused() -> None:
    with pytest.raises(ValueError, match="smtp"):
        Smtp("http://example.com")
