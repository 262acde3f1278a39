"""Changes in lists and to many rows at once are told like any other, of customers and companies."""

from __future__ import annotations

import pytest

from tests import factories
from tests.connect.receiver import Receiver
from tests.connect.world import made, open_way
from zhiyin.accounts.roles import Role
from zhiyin.connect import sending
from zhiyin.connect.models import Occurrence
from zhiyin.customers.models import Customer
from zhiyin.customers.services import companies
from zhiyin.objects.definitions import object_type
from zhiyin.objects.services import bulk, changing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _way(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    open_way(receiver, monkeypatch)


def _told() -> list[tuple[str, str, list[str]]]:
    found = Occurrence.objects.order_by("id")
    return list(found.values_list("type", "object_id", "fields"))


def test_a_company_is_told_from_its_first_day(receiver: Receiver) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    types = ["company.created", "company.updated", "customer.updated"]
    hook = made(receiver, by=admin, types=types, with_values=True).endpoint
    company = companies.add_company({"name": "听雨茶业"}, by=admin)
    of = object_type("company")
    changing.change_field(of, company, "city", "苏州", by=admin, version=company.version)
    lin = Customer.objects.create(name="林静姝")
    companies.place(lin, company, by=admin, version=lin.version)
    assert _told() == [
        ("company.created", str(company.pk), ["name"]),
        ("company.updated", str(company.pk), ["city"]),
        ("customer.updated", str(lin.pk), ["company", "job_title"]),
    ]
    assert sending.deliver(hook.pk).sent == 3
    bodies = [one.body.decode() for one in receiver.received]
    assert "听雨茶业" in bodies[0]
    assert "苏州" in bodies[1]
    assert str(company.pk) in bodies[2]


def test_a_change_to_many_rows_is_told_for_each_and_so_is_taking_it_back(
    receiver: Receiver,
) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    made(receiver, by=admin, types=["customer.updated"])
    people = {str(Customer.objects.create(name=name).pk) for name in ("林静姝", "周牧云")}
    of = object_type("customer")
    change = bulk.preview(of, Customer.objects.all(), "city", "苏州", by=admin)
    bulk.carry_out(change, by=admin)
    assert {row for _type, row, fields in _told() if fields == ["city"]} == people
    bulk.undo(change, by=admin)
    assert len(_told()) == 4
