"""Fields of one's own where rows begin: the forms of new customers and companies, the drawer, and
what has to be filled when."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer
from zhiyin.customers.objects import COMPANY, CUSTOMER
from zhiyin.objects.custom import demands, layouts, services
from zhiyin.objects.custom.layouts import Placed, Section
from zhiyin.objects.custom.rules import Rules, When
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.models import BulkChange
from zhiyin.objects.services import bulk
from zhiyin.objects.services.changing import change_field

from ... import factories
from .fields import administrator, draft, field

pytestmark = pytest.mark.django_db
LEVELS = {"choices": [{"key": "a", "zh": "甲", "en": "Ay"}, {"key": "b", "zh": "乙", "en": "Bee"}]}
NEW = {"customer": "new_customer", "company": "new_company"}


def desk(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def on(name: str, key: str, type: str = "text", **more: object) -> None:
    """A field of the customer or the company."""
    of = CUSTOMER if name == "customer" else COMPANY
    services.add_field(of, draft(key, type, **more), by=administrator())


@pytest.mark.parametrize("name", NEW)
def test_a_new_row_is_written_down_with_its_own_fields(name: str) -> None:
    on(name, "c_points", "number", rules={"decimals": 0}, help_en="Of the old card")
    on(name, "c_levels", "choices", rules=LEVELS)
    on(name, "c_note", "long_text")
    on(name, "c_since", "date")
    client = desk(administrator())
    page = client.get(reverse(NEW[name])).text
    assert "Of the old card" in page
    assert 'type="date"' in page
    sent = {"name": "听雨", "c_points": "1,250", "c_levels": ["a", "b"], "c_levels-boxes": "1",
            "c_note": "one\r\ntwo", "c_since": "2026-02-03"}  # fmt: skip
    assert client.post(reverse(NEW[name]), sent).status_code == 302
    made = (Customer if name == "customer" else Company).objects.get()
    assert made.custom == {
        "c_points": "1250", "c_levels": ["a", "b"], "c_note": "one\ntwo", "c_since": "2026-02-03",
    }  # fmt: skip


@pytest.mark.parametrize("name", NEW)
def test_what_cannot_be_is_marked_at_its_field_and_nothing_typed_is_lost(name: str) -> None:
    on(name, "c_points", "number")
    on(name, "c_why", rules={"required": True}, label_en="Reason")
    client = desk(administrator())
    answer = client.post(reverse(NEW[name]), {"name": "听雨", "c_points": "many", "city": "杭州"})
    assert answer.status_code == 422
    assert 'id="new-c_points-error"' in answer.text
    assert 'id="new-c_why-error"' in answer.text
    assert 'value="many"' in answer.text
    assert 'value="杭州"' in answer.text
    assert not Customer.objects.exists()
    assert not Company.objects.exists()


def test_the_default_stands_in_the_form_and_in_rows_that_come_without_one() -> None:
    on("customer", "c_level", "choice", rules=LEVELS, default="b")
    client = desk(administrator())
    assert 'value="b" selected' in client.get(reverse("new_customer")).text.replace("  ", " ")
    client.post(reverse("new_customer"), {"name": "Ann"})
    client.post(reverse("new_customer"), {"name": "Bob", "c_level": ""})
    held = dict(Customer.objects.values_list("name", "custom"))
    assert held == {"Ann": {"c_level": "b"}, "Bob": {}}


def test_the_form_follows_the_layout_of_the_role() -> None:
    on("customer", "c_one")
    on("customer", "c_two")
    on("customer", "c_must", rules={"required": True})
    part = Section("甲", "My part", (Placed("c_two"), Placed("name"), Placed("c_one", True)))
    layouts.keep(CUSTOMER, Role.SALES, (part,), by=administrator())
    page = desk(factories.user(Role.SALES)).get(reverse("new_customer")).text
    assert "My part" in page
    assert page.index('name="c_two"') < page.index('name="name"') < page.index('name="c_must"')
    assert 'name="c_one"' not in page
    assert 'name="city"' not in page
    other = desk(administrator()).get(reverse("new_customer")).text
    assert 'name="city"' in other


def test_who_may_not_write_a_field_neither_sees_it_in_the_form_nor_writes_it() -> None:
    on("customer", "c_illness", sensitivity="sensitive", rules={"required": True})
    client = desk(factories.user(Role.SALES))
    assert "c_illness" not in client.get(reverse("new_customer")).text
    client.post(reverse("new_customer"), {"name": "Ann", "c_illness": "asthma"})
    assert Customer.objects.get().custom == {}


def test_a_unique_value_is_not_taken_twice_by_new_rows() -> None:
    on("company", "c_code", rules={"unique": True})
    client = desk(administrator())
    client.post(reverse("new_company"), {"name": "One", "c_code": "X1"})
    again = client.post(reverse("new_company"), {"name": "Two", "c_code": "X1"})
    assert "Another row has this value already" in again.text
    assert Company.objects.count() == 1


def test_several_choices_stay_when_another_field_of_the_form_is_saved() -> None:
    on("company", "c_levels", "choices", rules=LEVELS)
    row = Company.objects.create(name="Acme", custom={"c_levels": ["a", "b"]})
    client = desk(administrator())
    form = client.get(reverse("edit_company", args=[row.pk])).text
    assert form.count('name="c_levels" value=') == 2
    both = "a\x1fb"
    sent = {"version": "1", "name": "Acme Ltd", "shown-name": "Acme", "c_levels": ["a", "b"],
            "c_levels-boxes": "1", "shown-c_levels": both, "before-c_levels": both}  # fmt: skip
    client.post(reverse("edit_company", args=[row.pk]), sent)
    row.refresh_from_db()
    assert (row.name, row.custom) == ("Acme Ltd", {"c_levels": ["a", "b"]})
    client.post(reverse("edit_company", args=[row.pk]), {**sent, "version": "2", "c_levels": ["b"]})
    row.refresh_from_db()
    assert row.custom == {"c_levels": ["b"]}


def test_the_drawer_shows_what_the_fields_hold() -> None:
    for name in NEW:
        on(name, "c_code", label_en="Code")
    person = Customer.objects.create(name="Ann", custom={"c_code": "CODE-17"})
    firm = Company.objects.create(name="Acme", custom={"c_code": "CODE-18"})
    client = desk(administrator())
    assert "CODE-17" in client.get(reverse("customer_drawer", args=[person.pk])).text
    assert "CODE-18" in client.get(reverse("company_drawer", args=[firm.pk])).text


def test_a_hidden_field_is_in_no_drawer() -> None:
    on("customer", "c_illness", sensitivity="sensitive", label_en="Illness")
    sales = factories.user(Role.SALES)
    row = Customer.objects.create(name="Ann", owner=sales, custom={"c_illness": "asthma"})
    page = desk(sales).get(reverse("customer_drawer", args=[row.pk])).text
    assert "asthma" not in page
    assert "Illness" not in page


def keep(of: object, key: str, *, always: bool = False, **when: object) -> None:
    states = tuple(When(one, tuple(values)) for one, values in when.items())  # type: ignore[arg-type]
    demands.keep(of, key, Rules(required=always, required_when=states), by=administrator())  # type: ignore[arg-type]


def test_a_built_in_field_is_demanded_by_a_state() -> None:
    keep(COMPANY, "website", industry=["retail"])
    client = desk(administrator())
    bad = client.post(reverse("new_company"), {"name": "Acme", "industry": "retail"})
    assert 'id="new-website-error"' in bad.text
    row = Company.objects.create(name="Acme")
    with pytest.raises(CannotBe, match="First fill: Website"):
        change_field(COMPANY, row, "industry", "retail", by=administrator(), version=1)
    change_field(COMPANY, row, "website", "acme.cn", by=administrator(), version=1)
    change_field(COMPANY, row, "industry", "retail", by=administrator(), version=2)
    with pytest.raises(CannotBe, match="has to be filled"):
        change_field(COMPANY, row, "website", "", by=administrator(), version=3)


def test_a_field_of_a_person_is_demanded_where_it_is_written_too() -> None:
    keep(CUSTOMER, "city", always=True)
    row = Customer.objects.create(name="Ann", city="杭州")
    client = desk(administrator())
    sent = {"version": "1", "before": "杭州", "value": ""}
    answer = client.post(reverse("customer_fact", args=[row.pk, "city"]), sent,
                         headers={"HX-Request": "true"})  # fmt: skip
    assert "has to be filled" in answer.text
    row.refresh_from_db()
    assert row.city == "杭州"


def test_many_rows_enter_a_state_only_with_what_it_demands() -> None:
    by = administrator()
    field("c_level", "choice", by=by, rules=LEVELS)
    keep(CUSTOMER, "city", c_level=["b"])
    ready = Customer.objects.create(name="Ann", city="杭州")
    Customer.objects.create(name="Bob")
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "c_level", "b", by=by)
    assert (change.rows, change.lacking, change.lacks) == ([ready.pk], 1, ["city"])
    page = desk(by).get(reverse("customer_change", args=[change.pk])).text
    assert "City" in page
    assert "Left out" in page
    Customer.objects.filter(pk=ready.pk).update(city="")
    assert bulk.carry_out(BulkChange.objects.get(pk=change.pk), by=by).changed == 0
    assert not Customer.objects.filter(custom__has_key="c_level").exists()


def test_many_rows_do_not_lose_a_value_that_they_need() -> None:
    by = administrator()
    keep(CUSTOMER, "city", language=["zh"])
    Customer.objects.create(name="Ann", city="杭州", language="zh")
    free = Customer.objects.create(name="Bob", city="Bath", language="en")
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "", by=by)
    assert (change.rows, change.lacking) == ([free.pk], 1)


def test_a_demand_is_made_and_let_go_on_the_screen() -> None:
    client = desk(administrator())
    address = reverse("built_in_field", args=["company", "website"])
    sent = {"required": "when", "when_field": "industry", "when_values": "retail, other"}
    assert client.post(address, sent).status_code == 302
    page = client.get(reverse("custom_fields", args=["company"])).text
    assert "required at times" in page
    assert "retail, other" in client.get(address).text
    assert client.post(address, {"required": "when", "when_field": "nothing"}).status_code == 422
    client.post(address, {"required": ""})
    assert "required at times" not in client.get(reverse("custom_fields", args=["company"])).text


@pytest.mark.parametrize("key", ["owner", "revenue", "created_at", "c_points", "nothing"])
def test_what_nobody_fills_in_cannot_be_demanded(key: str) -> None:
    field("c_points")
    address = reverse("built_in_field", args=["customer", key])
    assert desk(administrator()).get(address).status_code == 404
    with pytest.raises(CannotBe):
        keep(CUSTOMER, key, always=True)
