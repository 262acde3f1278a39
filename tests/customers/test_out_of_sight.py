"""Somebody types the phone, the number, the e-mail of a person whom they do not see: they learn
nothing, and those who see both are told that the books may hold one person twice."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.objects.custom.fields import draft
from zhiyin.accounts import seat
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, Identifier
from zhiyin.customers.services.profile import add_customer, change_field
from zhiyin.objects.custom import services
from zhiyin.objects.definitions import object_type
from zhiyin.talk.models import Notice

pytestmark = pytest.mark.django_db
TAKEN = {"phone": "13800138000", "email": "ling@example.com", "number": "A-1"}
FREE = {"phone": "13900139000", "email": "wang@example.com", "number": "B-2"}


@dataclass
class House:
    """Two departments below one head; a seller in each, and a customer in the south."""

    head: User = field(init=False)

    def __post_init__(self) -> None:
        top = factories.department("Head")
        self.north = factories.department("North", parent=top)
        self.south = factories.department("South", parent=top)
        self.admin = factories.user(Role.ADMINISTRATOR)
        self.head = factories.user(Role.MANAGER, department=top)
        self.writer = factories.user(Role.SALES, department=self.north)
        self.other = factories.user(Role.SALES, department=self.south)
        self.theirs = add_customer({"name": "林静姝", **TAKEN}, by=self.other)
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(self.writer)


@pytest.fixture
def house() -> House:
    return House()


def read(page: str) -> list[str]:
    """The words of a page; what was typed differs in digits and in three letters only."""
    words = re.sub(r"<(script|style|svg).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL).split()
    return [re.sub(r"\d", "0", word).replace("wang", "ling").replace("B-", "A-") for word in words]


@pytest.mark.parametrize("name", list(TAKEN))
def test_a_new_customer_with_a_strangers_identifier_is_like_any_other(
    house: House, name: str
) -> None:
    pages, statuses = [], []
    for given in (TAKEN, FREE):
        answer = house.client.post(reverse("new_customer"), {"name": "Ann", name: given[name]})
        statuses.append(answer.status_code)
        pages.append(read(house.client.get(answer.headers["Location"]).text))
    assert statuses == [302, 302]
    assert pages[0] == pages[1]
    held = Identifier.objects.get(kind=name, namespace="", value__contains=TAKEN[name])
    assert held.customer == house.theirs


@pytest.mark.parametrize("name", list(TAKEN))
def test_a_customers_new_identifier_that_is_a_strangers_is_kept_without_a_word(
    house: House, name: str
) -> None:
    mine = add_customer({"name": "Ann"}, by=house.writer)
    for version in (1, 2):  # and once more, away and back
        address = f"/api/v1/customers/{mine.pk}"
        sent = {"version": version, name: TAKEN[name] if version == 1 else FREE[name]}
        answer = house.client.patch(address, sent, content_type="application/json")
        assert answer.status_code == 200, answer.content
    mine.refresh_from_db()
    change_field(mine, name, TAKEN[name], by=house.writer, version=mine.version)
    (told,) = Notice.objects.all()
    assert (told.user, told.record_id) == (house.head, house.theirs.pk)


def test_the_nearest_who_see_both_are_told_in_words_that_name_no_value(house: House) -> None:
    add_customer({"name": "Ann", "phone": TAKEN["phone"]}, by=house.writer)
    client = Client(headers={"accept-language": "en"})
    client.force_login(house.head)
    page = client.get(reverse("notices")).text
    assert "林静姝 may be in the books twice: the same mobile was written down again" in page
    assert TAKEN["phone"] not in page
    assert not Notice.objects.filter(user__in=[house.admin, house.writer, house.other]).exists()


def test_an_identifier_of_somebody_in_sight_is_refused_with_the_way_to_them(house: House) -> None:
    near = factories.user(Role.SALES, department=house.south)
    client = Client(headers={"accept-language": "en"})
    client.force_login(near)
    answer = client.post(reverse("new_customer"), {"name": "Ann", "phone": TAKEN["phone"]})
    assert answer.status_code == 422
    assert reverse("customer", args=[house.theirs.pk]) in answer.text


def test_the_number_of_a_company_out_of_sight_is_kept_without_a_word(house: House) -> None:
    theirs = Company.objects.create(
        name="远帆", number="91440300MA5F", owner=house.other, department=house.south
    )
    answer = house.client.post(
        reverse("new_company"), {"name": "Far Sail", "number": " 91440300ma5f "}
    )
    assert answer.status_code == 302
    made = Company.objects.get(name="Far Sail")
    assert (made.number, made.contested) == ("91440300MA5F", True)
    (told,) = Notice.objects.all()
    assert (told.user, told.record_type, told.record_id) == (house.head, "company", theirs.pk)
    again = house.client.post(reverse("new_company"), {"name": "Far", "number": "91440300MA5F"})
    assert again.status_code == 422  # one's own is seen, and said
    theirs.refresh_from_db()
    assert not theirs.contested


def test_imports_go_on_to_find_the_one_who_had_it_first(house: House) -> None:
    mine = add_customer({"name": "Ann", "phone": TAKEN["phone"]}, by=house.writer)
    with seat.system("both are looked at"):
        found = Identifier.objects.filter(kind="phone", value__endswith=TAKEN["phone"])
        owners = {one.namespace: one.customer for one in found.select_related("customer")}
    assert owners == {"": house.theirs, mine.pk.hex: mine}
    assert Customer.objects.filter(phone=mine.phone).count() == 2


@pytest.mark.parametrize("kind", ["customer", "company"])
def test_a_value_that_stands_once_tells_nothing_of_rows_out_of_sight(
    house: House, kind: str
) -> None:
    """A field of one's own may be unique; "taken" is said of what the writer sees and no more."""
    services.add_field(object_type(kind), draft("c_card", rules={"unique": True}), by=house.admin)
    places = {"customer": "/api/v1/customers", "company": "/api/v1/companies"}
    other = Client(headers={"accept-language": "en"})
    other.force_login(house.other)
    statuses = []
    for client, name in ((other, "A"), (house.client, "B"), (house.client, "C")):
        body = {"name": name, "custom": {"c_card": "X1"}}
        answer = client.post(places[kind], body, content_type="application/json")
        statuses.append(answer.status_code)
    assert statuses == [201, 201, 422]
    assert "already" in answer.text
