"""The palette finds everything of the product in the words of whoever types, and only what they
may see; tables that can hold millions are never walked for it."""

from __future__ import annotations

from datetime import UTC, datetime
from unicodedata import normalize

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from tests import factories
from tests.customers import people
from zhiyin import palette
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import
from zhiyin.customers import companies
from zhiyin.customers.models import Company, Segment, Task
from zhiyin.engage.models import Campaign
from zhiyin.objects.models import SavedView

pytestmark = pytest.mark.django_db
BIG = ("customers_customer", "customers_customersearch", "customers_company", "customers_order",
       "customers_task")  # fmt: skip


def titles(user: User, query: str) -> list[str]:
    with translation.override("en"):
        return [one.title for group in palette.find(user, query) for one in group.entries]


@pytest.fixture
def admin() -> User:
    return factories.user(Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    "typed", ["林静姝", "静姝", "ljs", "LJS", "lj", "lin", "linjingshu", "lin jing shu"]
)
def test_a_person_is_found_by_hanzi_pinyin_and_initials(admin: User, typed: str) -> None:
    people.customer("林静姝")
    people.customer("Olivia Brown")
    assert titles(admin, typed)[:1] == ["林静姝"]


def test_a_person_is_found_by_phone_mail_and_number(admin: User) -> None:
    people.customer("Olivia Brown", phone="+8613912345678", email="olivia@example.com",
                    number="YL-20418")  # fmt: skip
    people.customer("Noah Smith", phone="+8613700000000", email="noah@example.com")
    for typed in ("13912345678", "39123", "olivia@example.com", "olivia@", "YL-20418", "ol"):
        assert titles(admin, typed)[:1] == ["Olivia Brown"], typed


def test_a_company_is_found_by_the_initials_of_its_pinyin(admin: User) -> None:
    company = Company.objects.create(name="瑞禾商贸有限公司")
    companies.index([company.pk])
    for typed in ("rh", "rhsm", "ruihe", "瑞禾"):
        assert company.name in titles(admin, typed), typed


def test_an_order_is_found_by_how_its_number_begins_and_opens_on_its_customer(admin: User) -> None:
    person = people.customer("林静姝")
    made = people.order(person)
    made.number = "C536379"
    made.save()
    for typed in ("c536", "C536379"):
        found = [one for group in palette.find(admin, typed) for one in group.entries]
        assert [(one.title, one.subtitle) for one in found] == [("C536379", "林静姝")]
        assert found[0].url == f"/customers/{person.pk}/?tab=orders#o{made.pk}"
    assert titles(admin, "379") == []


def test_segments_campaigns_views_imports_users_tasks_and_words_are_found(admin: User) -> None:
    person = people.customer("林静姝")
    Segment.objects.create(name="高价值走远", tree={}, owner=admin)
    Campaign.objects.create(name="春季召回", owner=admin)
    SavedView.objects.create(name="高流失风险", owner=admin, object_type="customer")
    Import.objects.create(file_name="orders-2026.csv", owner=admin, path="x", file_digest="0")
    factories.user(Role.SALES, name="沈以宁", email="shen@example.com")
    Task.objects.create(customer=person, title="电话回访", owner=admin, created_by=admin)
    for typed, wanted in (
        ("gjz", "高价值走远"), ("zouyuan", ""), ("chunji", "春季召回"), ("glsfx", "高流失风险"),
        ("2026.csv", "orders-2026.csv"), ("syn", "沈以宁"), ("shen@", "沈以宁"),
        ("dhhf", "电话回访"), ("churn", "Churn risk"), ("audit", "Audit"),
        ("new cust", "New customer"),
    ):  # fmt: skip
        found = titles(admin, typed)
        assert wanted in found if wanted else "高价值走远" not in found, (typed, found)


def test_nobody_finds_what_they_may_not_see(admin: User) -> None:
    seller = factories.user(Role.SALES, department=factories.department())
    marketer = factories.user(Role.MARKETER)
    person = people.customer("林静姝", phone="+8613912345678")
    hidden = people.order(person)
    company = Company.objects.create(name="瑞禾商贸")
    companies.index([company.pk])
    SavedView.objects.create(name="只给自己", owner=admin, object_type="customer")
    Task.objects.create(customer=person, title="电话回访", owner=admin, created_by=admin)
    factories.user(Role.SERVICE, name="沈以宁")
    for typed in ("ljs", "lj", hidden.number, "瑞禾", "rh", "只给自己", "dhhf", "syn"):
        with translation.override("en"):
            found = [group.title for group in palette.find(seller, typed)]
        assert found in ([], ["Help"]), typed  # words of the glossary are for everybody
    # Sees the person with the phone masked: it is not found by parts of what the mask hides.
    assert titles(marketer, "ljs") == ["林静姝"]
    assert titles(marketer, "39123") == []


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SALES])
@pytest.mark.parametrize(
    "typed", ["l", "lj", "ljs", "林", "林静", "13912", "olivia@", "C536", "li wa"]
)
def test_no_question_walks_a_whole_table(role: Role, typed: str) -> None:
    user = factories.user(role, department=factories.department())
    person = people.customer("林静姝", owner=user)
    people.order(person)
    with CaptureQueriesContext(connection) as seen:
        palette.find(user, normalize("NFC", typed))
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        for query in seen.captured_queries:
            if not query["sql"].startswith("SELECT"):
                continue
            cursor.execute(f"explain {query['sql'].replace('%', '%%')}", [])
            plan = "\n".join(row[0] for row in cursor.fetchall())
            for table in BIG:
                assert f"Seq Scan on {table} " not in plan, plan


def test_a_question_of_two_letters_is_answered_by_the_index_of_grams() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    people.customer("林静姝")
    with CaptureQueriesContext(connection) as seen:
        assert titles(user, "lj")[:1] == ["林静姝"]
    asked = [q["sql"] for q in seen.captured_queries if "customersearch" in q["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain {asked[0].replace('%', '%%')}", [])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_grams" in plan


def test_what_was_loaded_before_words_had_beginnings_is_found_after_the_migration() -> None:
    from importlib import import_module

    from django.apps import apps

    person = people.customer("林静姝")
    search = person.search
    search.grams = []
    search.save()
    user = factories.user(Role.ADMINISTRATOR)
    assert "林静姝" not in titles(user, "lj")
    migration = import_module("zhiyin.customers.migrations.0010_beginnings")
    migration.add_beginnings(apps, connection.schema_editor())
    assert titles(user, "lj")[:1] == ["林静姝"]


def test_it_says_what_can_be_typed_where_nothing_is_found(admin: User) -> None:
    from django.test import Client

    client = Client(headers={"accept-language": "en"})
    client.force_login(admin)
    page = client.get("/console/palette", {"q": "zzzzzz"}).content.decode()
    assert "Nothing found" in page and "ljs for 林静姝" in page
    people.customer("林静姝", created_at=datetime(2026, 1, 1, tzinfo=UTC), scored_at=timezone.now())
    page = client.get("/console/palette", {"q": "ljs"}).content.decode()
    assert "1 result" in page
