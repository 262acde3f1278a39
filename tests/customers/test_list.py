"""The list: how much it asks of the database, who is on it, and what it never shows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.objects.models import SavedView

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert("x")</script>'


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def page_of(user: User, query: str = "") -> str:
    response = client_of(user).get(reverse("customers") + query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "query",
    ["", "?set=1&sort=-churn_risk", "?set=1&tier=gold&risk=20&tag=a", "?set=1&q=person",
     "?set=1&col=owner&col=department&col=persona"],
)  # fmt: skip
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
def test_a_page_of_two_hundred_customers_costs_at_most_fifteen_queries(
    query: str, role: Role
) -> None:
    department = factories.department()
    people.many(200, department=department)
    client = client_of(factories.user(role, department=department))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("customers") + query).status_code == 200
    assert len(asked) <= 15, [query["sql"][:120] for query in asked]


def test_a_manager_sees_the_department_and_below_and_sales_their_team() -> None:
    top = factories.department()
    below, other = factories.department(parent=top), factories.department()
    for name, department in (("Ours", top), ("Below us", below), ("Elsewhere", other)):
        people.customer(name, department=department)
    manager = page_of(factories.user(Role.MANAGER, department=top))
    assert "Ours" in manager
    assert "Below us" in manager
    assert "Elsewhere" not in manager
    sales = page_of(factories.user(Role.SALES, department=top))
    assert "Ours" in sales
    assert "Below us" not in sales


def test_whole_numbers_are_never_in_a_list() -> None:
    people.customer("Lin", phone="+8613800136207", email="linjing@example.com")
    for role in Role:
        shown = page_of(factories.user(role, department=None), "?set=1&col=phone&col=email")
        assert "13800136207" not in shown
        assert "linjing@" not in shown
    assert "138****6207" in page_of(factories.user(Role.ADMINISTRATOR), "").replace(
        "<i>", ""
    ).replace("</i>", "")


def test_a_hostile_name_is_text() -> None:
    people.customer(HOSTILE, city=HOSTILE, tags=[HOSTILE])
    shown = page_of(factories.user(Role.ADMINISTRATOR), "?set=1&col=tags&col=city")
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_a_hidden_field_can_be_neither_shown_nor_filtered_nor_sorted_by() -> None:
    people.customer("Ann", birth_date="1987-04-05")
    shown = page_of(factories.user(Role.ANALYST), "?set=1&col=birth_date")
    assert "Birthday" not in shown
    assert "1987" not in shown


def test_conditions_narrow_and_say_what_cannot_be_read() -> None:
    people.customer("Near", churn_risk=0.1)
    people.customer("Far", churn_risk=0.6)
    admin = factories.user(Role.ADMINISTRATOR)
    shown = page_of(admin, "?set=1&risk=35")
    assert "Far" in shown
    assert "Near" not in shown
    assert "cannot be read" in page_of(admin, "?set=1&risk=much")
    assert "cannot be read" in page_of(admin, "?set=1&owner=nobody")


def test_nobody_left_says_so_and_offers_everybody() -> None:
    people.customer("Ann")
    assert "No customers meet these conditions" in page_of(
        factories.user(Role.ADMINISTRATOR), "?set=1&city=Nowhere"
    )


def test_a_view_keeps_conditions_columns_and_order() -> None:
    people.customer("Ann", city="Bath", revenue=Decimal(3))
    people.customer("Bob", city="York", revenue=Decimal(5))
    user = factories.user(Role.MARKETER)
    client = client_of(user)
    query = "?set=1&city=Bath&sort=name&col=name&col=city"
    client.post(reverse("keep_view", args=["customer"]), {"name": "People of Bath", "query": query})
    view = SavedView.objects.get()
    shown = page_of(user, f"?view={view.pk}")
    assert "Ann" in shown
    assert "Bob" not in shown
    assert "People of Bath" in shown
    assert view.columns == ["name", "city"]
    assert view.sort == "name"


def test_a_private_view_is_mine_alone_and_a_shared_one_everybodys() -> None:
    owner, colleague = factories.user(Role.MARKETER), factories.user(Role.MARKETER)
    for name, shared in (("My own", ""), ("For all", "1")):
        client_of(owner).post(
            reverse("keep_view", args=["customer"]),
            {"name": name, "shared": shared, "query": "?set=1&city=Bath"},
        )
    shown = page_of(colleague)
    assert "For all" in shown
    assert "My own" not in shown
    theirs = SavedView.objects.get(name="For all")
    dropped = client_of(colleague).post(reverse("drop_view", args=[theirs.pk]))
    assert dropped.status_code == 404
    assert SavedView.objects.filter(pk=theirs.pk).exists()


def test_the_drawer_stands_beside_the_list_without_script_too() -> None:
    ann = people.customer("Ann")
    shown = page_of(factories.user(Role.ADMINISTRATOR), f"?set=1&open={ann.pk}")
    assert 'id="drawer"' in shown
    assert reverse("customer", args=[ann.pk]) in shown


def test_a_new_customer_belongs_to_whom_wrote_them_down() -> None:
    user = factories.user(Role.SALES, department=factories.department())
    client = client_of(user)
    client.post(reverse("new_customer"), {"name": "林静姝", "phone": "13800136207"})
    made = Customer.objects.get()
    assert (made.owner, made.department, made.phone) == (user, user.department, "+8613800136207")
    again = client.post(reverse("new_customer"), {"name": "Other", "phone": "138 0013 6207"})
    assert again.status_code == 422
    assert Customer.objects.count() == 1
