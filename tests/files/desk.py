"""Attaches files to customers, for the tests of this room."""

from __future__ import annotations

from uuid import UUID

from django.test import Client

from tests import factories
from zhiyin.accounts.models import Department, User
from zhiyin.accounts.roles import Role
from zhiyin.customers import timeline
from zhiyin.customers.models import Customer
from zhiyin.customers.timeline import Entry
from zhiyin.files import services
from zhiyin.files.models import File


class Desk:
    """A department with an owner and a colleague, a stranger elsewhere, and a customer."""

    def __init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.owner = factories.user(Role.SALES, department=self.north, name="Owner")
        self.colleague = factories.user(Role.SALES, department=self.north, name="Colleague")
        self.reader = factories.user(Role.READ_ONLY, department=self.north, name="Reader")
        self.stranger = factories.user(Role.SALES, department=self.south, name="Stranger")
        self.clients: dict[UUID, Client] = {}
        self.customer = self.new_customer(self.owner, self.north)
        self.ref = ("customer", self.customer.pk)

    def new_customer(self, owner: User, department: Department, name: str = "林静姝") -> Customer:
        return Customer.objects.create(name=name, owner=owner, department=department)

    def attach(self, data: bytes, name: str = "a.bin", *, by: User | None = None) -> File:
        return services.attach(self.ref, [data], name=name, by=by or self.owner)

    def timeline(self) -> list[Entry]:
        """What the owner reads on the customer's timeline."""
        return timeline.read(self.customer, reader=self.owner).entries

    def client(self, user: User) -> Client:
        client = Client(raise_request_exception=False, headers={"accept-language": "en"})
        client.force_login(user)
        return client
