"""What leaves the house for a reader without being asked for: their webhooks, e-mails, pushes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from django.utils import timezone, translation

from tests.proof.world import AT, Company
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.connect import catalogue, sending
from zhiyin.connect.models import Occurrence
from zhiyin.objects.definitions import fields_of, object_type
from zhiyin.talk import delivering


def sent_to(company: Company, role: Role) -> Iterator[tuple[str, str, str]]:
    """Each thing that leaves for the reader of this role: how, about what, its text."""
    reader = User.objects.get(pk=company.readers[role].pk)
    yield from _hooks(company, reader)
    yield from _calls(reader)


def _hooks(company: Company, reader: User) -> Iterator[tuple[str, str, str]]:
    """The body of each kind of event about each row, as the reader's endpoint would get it."""
    everything = [one.name for one in catalogue.offered(company.readers[Role.ADMINISTRATOR])]
    for row, name in product(company.rows.values(), everything):
        of = "company" if name.startswith("company") else "customer"
        about = company.firms[row.key] if of == "company" else row.customer
        written = [key for key, one in fields_of(object_type(of)).items() if one.editor]
        said = Occurrence(type=name, object_id=str(about.pk), fields=written, at=AT)
        body = sending.message(said, reader, with_values=True)
        if body is not None:
            yield "HOOK", f"{name} {row.key}", body.decode()


def _calls(reader: User) -> Iterator[tuple[str, str, str]]:
    """What is due for the reader by e-mail and by push."""
    found: list[tuple[str, str, str]] = []

    def mail(user: User, told: delivering.Told) -> None:
        if user == reader:
            written = delivering.composed(user, told, at=AT)
            found.append(("MAIL", "notices", f"{written['Subject']}\n{written.get_content()}"))

    def push(user: User, told: delivering.Told) -> None:
        if user == reader:
            with translation.override(user.locale):
                found.append(("PUSH", "notices", delivering.headline(told)))

    delivering.tell_due("mail_due", mail, now=timezone.now())
    delivering.tell_due("push_due", push, now=timezone.now())
    assert {how for how, _, _ in found} == {"MAIL", "PUSH"}
    yield from found
