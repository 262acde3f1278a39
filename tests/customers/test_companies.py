"""Companies: written down, listed, filled with people, and what their page tells to whom."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.customers import people
from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.console.counts import companies as count_companies
from zhiyin.console.counts import people as count_people
from zhiyin.customers import companies, figures
from zhiyin.customers.models import Company, Note
from zhiyin.customers.objects import COMPANY, CUSTOMER
from zhiyin.customers.queries import company as company_page
from zhiyin.customers.services.companies import settle
from zhiyin.objects.definitions import Asked, ObjectType
from zhiyin.objects.models import SavedView

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def shown(user: User, address: str) -> str:
    answer = client_of(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("of", [CUSTOMER, COMPANY])
def test_every_order_names_an_index_that_is_there(of: ObjectType) -> None:
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, of.model._meta.db_table)
    assert [one.key for one in of.fields if one.sort and one.sort.index not in there] == []


def test_a_company_is_written_down_once() -> None:
    user = factories.user(Role.SALES, department=factories.department())
    client = client_of(user)
    sent = {
        "name": "深圳远帆物流",
        "number": " 91440300ma5f ",
        "website": "example.com",
        "tags": "a、b",
    }
    assert client.post(reverse("new_company"), sent).status_code == 302
    made = Company.objects.get()
    assert (made.owner, made.number, made.website, made.tags) == (
        user, "91440300MA5F", "https://example.com", ["a", "b"],
    )  # fmt: skip
    again = client.post(reverse("new_company"), sent)
    assert again.status_code == 422
    assert "registered under this number" in again.content.decode()
    bad = client.post(reverse("new_company"), {"name": "X", "website": "javascript:alert(1)"})
    assert bad.status_code == 422


def test_people_belong_to_a_company_and_its_figures_follow() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    company = Company.objects.create(name="Acme")
    ann = people.customer("Ann", orders=2, revenue=Decimal(30))
    client = client_of(admin)
    link = reverse("link_company_person", args=[company.pk])
    client.post(link, {"who": ann.number, "job_title": "Buyer"})
    ann.refresh_from_db()
    company.refresh_from_db()
    assert (ann.company, ann.job_title) == (company, "Buyer")
    assert (company.headcount, company.orders, company.revenue) == (1, 2, Decimal(30))
    assert "Acme" in shown(admin, reverse("customer", args=[ann.pk]))
    assert "Buyer" in shown(admin, f"{reverse('company', args=[company.pk])}?tab=people")
    client.post(reverse("unlink_company_person", args=[company.pk]), {"person": str(ann.pk)})
    company.refresh_from_db()
    assert (company.headcount, company.revenue) == (0, 0)


def test_only_people_in_sight_stand_on_the_page() -> None:
    ours, theirs = factories.department(), factories.department()
    company = Company.objects.create(name="Acme", department=ours)
    for name, department in (("Our buyer", ours), ("Their buyer", theirs)):
        one = people.customer(name, company=company, department=department, revenue=Decimal(5))
        people.order(one)
    manager = factories.user(Role.MANAGER, department=ours)
    for tab in ("timeline", "people", "orders", "tasks"):
        page = shown(manager, f"{reverse('company', args=[company.pk])}?tab={tab}")
        assert "Their buyer" not in page
        assert tab == "tasks" or "Our buyer" in page
    stranger = factories.user(Role.MANAGER, department=theirs)
    assert client_of(stranger).get(reverse("company", args=[company.pk])).status_code == 404


def test_a_page_of_companies_costs_at_most_fifteen_queries() -> None:
    Company.objects.bulk_create(Company(name=f"C{n:03}", revenue=n % 7) for n in range(120))
    client = client_of(factories.user(Role.ADMINISTRATOR))
    for query in ("", "?set=1&sort=name&industry=retail", "?set=1&revenue=3&col=owner"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("companies") + query).status_code == 200
        assert len(asked) <= 15, [one["sql"][:100] for one in asked]


def test_companies_are_found_by_pinyin_and_suggested() -> None:
    made = Company.objects.create(name="深圳远帆物流", revenue=3)
    Company.objects.create(name="Acme")
    companies.index(Company.objects.values_list("pk", flat=True))
    admin = factories.user(Role.ADMINISTRATOR)
    page = shown(admin, f"{reverse('companies')}?q=yuanfan")
    assert "远帆" in page
    assert "Acme" not in page
    assert made.name in shown(admin, f"{reverse('suggest_companies')}?q=远帆")


def test_a_list_of_people_by_their_company_is_kept_as_a_view_and_told_in_words() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    shop = Company.objects.create(name="Shop", industry="retail")
    people.customer("Ann", company=shop)
    people.customer("Bob")
    where = json.dumps(
        {"is": "has", "relation": "company",
         "where": {"is": "field", "field": "industry", "op": "is", "values": ["retail"]}}
    )  # fmt: skip
    client = client_of(admin)
    page = client.get(reverse("customers"), {"set": "1", "where": where}).content.decode()
    assert "Ann" in page
    assert "Bob" not in page
    assert "its company: Industry is Retail" in page
    state = f"?set=1&where={where}"
    client.post(
        reverse("keep_view", args=["customer"]), {"name": "People of shops", "query": state}
    )
    view = SavedView.objects.get()
    kept = shown(admin, f"{reverse('customers')}?view={view.pk}")
    assert "Ann" in kept
    assert "Bob" not in kept
    assert "People of shops" not in shown(admin, reverse("companies"))


def test_figures_of_a_company_count_only_the_people_whom_the_reader_sees() -> None:
    department = factories.department()
    seller = factories.user(Role.SALES, department=department)
    manager_of_all = factories.user(Role.ADMINISTRATOR)
    company = Company.objects.create(name="Acme", owner=seller, department=department)
    small = Company.objects.create(name="Bolt", owner=seller, department=department)
    people.customer("Ann", orders=2, revenue=Decimal(30), owner=seller, department=department,
                    company=company)  # fmt: skip
    people.customer("Bea", orders=7, revenue=Decimal(987654), company=company)
    companies.refresh([company.pk, small.pk], at=timezone.now())
    page = reverse("company", args=[company.pk])
    for address in (page, f"{page}?tab=people", reverse("companies"), f"{page}drawer"):
        assert "987," in shown(manager_of_all, address).replace("987,684", "987,"), address
        seen = shown(seller, address)
        assert "987," not in seen and "Bea" not in seen, address
        assert "30" in seen
    export = client_of(manager_of_all).post(reverse("export_companies"), {"id": str(company.pk)})
    assert "987684" in export.getvalue().decode()  # type: ignore[attr-defined]


def test_a_list_of_companies_is_not_ordered_or_narrowed_by_what_its_reader_may_not_add_up() -> None:
    department = factories.department()
    seller = factories.user(Role.SALES, department=department)
    for name, revenue in (("Acme", 1), ("Bolt", 3), ("Crow", 2)):
        Company.objects.create(name=name, owner=seller, department=department, revenue=revenue)

    def names(user: User, query: str = "") -> list[str]:
        text = shown(user, f"{reverse('companies')}{query}")
        return sorted(("Acme", "Bolt", "Crow"), key=text.index)

    assert names(factories.user(Role.ADMINISTRATOR)) == ["Bolt", "Crow", "Acme"]
    for query in ("", "?sort=-revenue", "?sort=-headcount"):
        assert names(seller, query) == ["Acme", "Bolt", "Crow"], query
    narrowed = shown(seller, f"{reverse('companies')}?set=1&revenue=2")
    assert all(name in narrowed for name in ("Acme", "Bolt", "Crow"))


def test_many_companies_are_settled_at_once_with_their_people_figures_and_search() -> None:
    ann, bea = people.customer("Ann", orders=2), people.customer("Bea", orders=1)
    found = [Company(number="S-1", name="瑞禾商贸"), Company(number="S-2", name="Empty")]
    placed = settle(found, {ann.number: ("S-1", "Buyer"), bea.number: ("S-1", "Owner")}, by=None)
    one = Company.objects.get(number="S-1")
    assert (placed, one.headcount, one.orders) == (2, 2, 3)
    ann.refresh_from_db()
    assert (ann.company, ann.job_title) == (one, "Buyer")
    admin = factories.user(Role.ADMINISTRATOR)
    assert "瑞禾商贸" in shown(admin, f"{reverse('companies')}?q=ruihe")
    with pytest.raises(access.Denied):
        settle([Company(number="S-3", name="X")], {}, by=factories.user(Role.ANALYST))


def test_the_side_bar_counts_the_customers_and_companies_that_its_reader_sees() -> None:
    department = factories.department()
    seller = factories.user(Role.SALES, department=department)
    for n in range(3):
        Company.objects.create(name=f"C{n}", owner=seller if n else None)
    people.customer("Ann", owner=seller), people.customer("Bea")
    admin = factories.user(Role.ADMINISTRATOR)
    assert (count_companies(admin), count_companies(seller)) == (3, 2)
    assert (count_people(admin), count_people(seller)) == (2, 1)
    assert '<span class="count">2</span>' in shown(seller, reverse("companies"))


@pytest.mark.django_db
def test_the_record_of_a_company_does_not_take_the_place_of_the_workspace_s_name() -> None:
    from zhiyin.accounts import workspace

    boss = factories.user(Role.ADMINISTRATOR)
    workspace.change(by=boss, company="云岭茶业")
    workspace.refresh()
    row = Company.objects.create(name="听雨")
    client = Client()
    client.force_login(boss)
    brand = client.get(reverse("company", args=[row.pk])).text.partition("zy-brand")[2][:400]
    assert "云岭茶业" in brand
    assert str(row.pk) not in brand


def test_the_newest_of_what_many_people_bought_and_colleagues_wrote_stands_on_the_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(company_page, "MOST_LINES", 3)
    one, admin = Company.objects.create(name="瑞诚"), factories.user(Role.ADMINISTRATOR)
    happened: list[tuple[datetime, str]] = []
    for n in range(4):
        person = people.customer(f"王{n}", company=one)
        orders = [people.order(person, days_ago=n + 1), people.order(person, days_ago=9 - n)]
        note = Note.objects.create(customer=person, text=f"note {n}", by=admin, at=timezone.now())
        happened += [(each.ordered_at, str(each.pk)) for each in orders]
        happened.append((note.at, str(note.pk)))
    lines = company_page.timeline(one, Asked(admin, timezone.now()))["lines"]
    newest = [key for _at, key in sorted(happened, reverse=True)[:3]]
    assert [line.key for line in lines] == newest  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
def test_an_order_that_came_in_is_on_the_companys_page_at_once(role: Role) -> None:
    """What is found of many people's orders is told again only while the figures stand."""
    team = factories.department()
    reader = factories.user(role, department=team)
    one = Company.objects.create(name="瑞诚", department=team)
    person = people.customer("王小明", company=one, department=team)

    def shown() -> tuple[int, str]:
        one.refresh_from_db()
        asked = Asked(reader, timezone.now())
        months = company_page.aside(one, asked)["months"]
        spent = sum(each["spent"] for each in months)  # type: ignore[attr-defined]
        return len(company_page.orders(one, asked)["orders"]), str(spent)  # type: ignore[arg-type]

    for number in (1, 2):
        order = people.order(person, days_ago=number)
        figures.refresh([person.pk], at=timezone.now())
        assert shown() == (number, str(number * order.total)) == shown()
