"""Everybody's day: what waits, what is new, and a task done, taken back, or newly noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from tests.monitor import shop
from tests.monitor.test_dashboard import BOTH, desk, trade
from zhiyin.accounts.models import User, Workspace
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import
from zhiyin.customers.models import Customer, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> User:
    return factories.user(Role.SALES, department=factories.department("North"))


def task(owner: User, customer: Customer, title: str = "Ring back", days: int = 1) -> Task:
    return Task.objects.create(
        customer=customer, title=title, owner=owner, created_by=owner,
        due_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip


@BOTH
@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_day(role: Role, language: str) -> None:
    trade()
    answer = desk(factories.user(role, locale=language), language).get("/")
    assert answer.status_code == 200
    assert ("我的任务" if language == "zh-hans" else "My tasks") in answer.text


def test_after_the_sign_in_one_lands_on_the_day() -> None:
    boss = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)
    Workspace.objects.create()  # its first steps were begun
    client = Client()
    sign_in = {"login": boss.email, "password": factories.PASSWORD}
    answer = client.post("/account/login/", sign_in, follow=True)
    assert answer.request["PATH_INFO"] == "/"
    assert answer.status_code == 200


def test_my_tasks_come_most_urgent_first_and_nobody_elses(seller: User) -> None:
    mine = shop.customer("mine", owner=seller)
    task(seller, mine, "Later", 5)
    task(seller, mine, "Overdue", -2)
    task(factories.user(Role.SALES), mine, "Not mine")
    page = desk(seller).get("/")
    assert [one.task.title for one in page.context["tasks"]] == ["Overdue", "Later"]
    assert page.context["overdue"] == 1
    assert "Not mine" not in page.text


def test_the_name_of_a_customer_out_of_sight_is_not_shown(seller: User) -> None:
    task(seller, shop.customer("Hidden Person"), "Ask them")
    text = desk(seller).get("/").text
    assert "Ask them" in text
    assert "Hidden Person" not in text


def test_a_task_is_done_and_taken_back(seller: User) -> None:
    one = task(seller, shop.customer("mine", owner=seller))
    client = desk(seller)
    page = client.post(f"/today/tasks/{one.pk}/done", follow=True)
    one.refresh_from_db()
    assert one.done_at is not None
    undo = f"/today/tasks/{one.pk}/open"
    assert undo in page.text
    client.post(undo)
    one.refresh_from_db()
    assert one.done_at is None


def test_nobody_finishes_a_task_of_somebody_else(seller: User) -> None:
    one = task(factories.user(Role.SALES), shop.customer("x"))
    assert desk(seller).post(f"/today/tasks/{one.pk}/done").status_code == 404
    one.refresh_from_db()
    assert one.done_at is None


def test_a_new_task_finds_its_customer_by_the_number(seller: User) -> None:
    shop.customer("C-77", owner=seller)
    desk(seller).post("/today/tasks", {"title": "Send the sample", "who": "C-77", "due": ""})
    made = Task.objects.get(title="Send the sample")
    assert made.customer.number == "C-77"
    assert made.owner == seller


def test_several_who_fit_are_offered_and_the_form_keeps_its_words(seller: User) -> None:
    from zhiyin.customers import search

    people = [shop.customer(name, owner=seller) for name in ("Anna Bell", "Anna Berg")]
    search.index([one.pk for one in people])
    client = desk(seller)
    page = client.post("/today/tasks", {"title": "Call", "who": "Anna"})
    assert page.status_code == 422
    assert 'value="Call"' in page.text
    assert "Anna Bell" in page.text
    assert "Anna Berg" in page.text
    client.post("/today/tasks", {"title": "Call", "who": "Anna", "customer": str(people[1].pk)})
    assert Task.objects.get(title="Call").customer == people[1]


@pytest.mark.parametrize(
    "form",
    [
        {"title": "", "who": "C-1"},
        {"title": "x", "who": "nobody at all"},
        {"title": "x", "who": "C-1", "due": "soon"},
        {"title": "x", "customer": "no id"},
    ],
)
def test_a_form_that_cannot_be_says_why_and_notes_nothing(
    seller: User, form: dict[str, str]
) -> None:
    shop.customer("C-1", owner=seller)
    page = desk(seller).post("/today/tasks", form)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert not Task.objects.exists()


def test_a_customer_of_others_takes_no_task_of_mine(seller: User) -> None:
    other = shop.customer("C-2")
    form = {"title": "x", "who": "", "customer": str(other.pk)}
    assert desk(seller).post("/today/tasks", form).status_code == 422
    assert not Task.objects.exists()


def test_the_news_tell_only_what_one_may_see(seller: User) -> None:
    now = timezone.now()
    mine, other = shop.customer("mine", owner=seller), shop.customer("other")
    shop.order(mine, now - timedelta(hours=2), 10)
    shop.order(other, now - timedelta(hours=1), 5000)
    boss = factories.user(Role.ADMINISTRATOR)
    Import.objects.create(
        file_name="secret.csv", file_digest="d", path="p", owner=boss,
        state=Import.State.LOADED, finished_at=now, loaded=7,
    )  # fmt: skip
    told = {one.kind: one for one in desk(seller).get("/").context["news"]}
    assert told["people"].count == 1
    assert told["orders"].count == 1
    assert told["orders"].amount == 10
    assert "import" not in told
    told = {one.kind: one for one in desk(boss).get("/").context["news"]}
    assert told["people"].count == 2
    assert told["import"].name == "secret.csv"


def test_a_silent_source_comes_first() -> None:
    now = timezone.now()
    shop.source("till", promise_minutes=5, last_received_at=now - timedelta(days=1))
    trade()
    news = desk(factories.user(Role.ADMINISTRATOR)).get("/").context["news"]
    assert news[0].kind == "source_down"


def test_the_day_asks_the_database_few_times(seller: User) -> None:
    mine = shop.customer("mine", owner=seller)
    for n in range(12):
        task(seller, mine, f"Task {n}")
    trade()
    client = desk(seller)
    client.get("/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/")
    assert len(asked) <= 15, [one["sql"][:90] for one in asked]
