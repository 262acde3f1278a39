"""One person's page: what it costs, what it shows to whom, and how it is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers import timeline
from zhiyin.customers.models import Customer, Note, ProfileChange, Task
from zhiyin.customers.timeline.entries import Entry

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>"
PHONE, EMAIL, BIRTHDAY = "+8613800136207", "linjing@example.com", "1987-04-05"


def client_of(user: User, **headers: str) -> Client:
    client = Client(headers={"accept-language": "en", **headers})
    client.force_login(user)
    return client


def shown_to(user: User, person: Customer, query: str = "") -> str:
    response = client_of(user).get(reverse("customer", args=[person.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def busy(**fields: object) -> Customer:
    """A customer about whom much is known."""
    person = people.customer(
        fields.pop("name", "林静姝"), phone=PHONE, email=EMAIL, birth_date=date(1987, 4, 5),
        rfm_segment="champions", churn_risk=0.46, churn_risk_low=0.38, churn_risk_high=0.55,
        value_12m=3820, value_12m_low=2450, value_12m_high=5760, scored_at=people.NOW, orders=5,
        first_order_at=people.NOW - timedelta(days=900),
        last_order_at=people.NOW - timedelta(days=62), **fields,
    )  # fmt: skip
    for n in range(5):
        people.order(person, days_ago=62 + 30 * n)
    for n in range(8):
        people.event(person, at=people.NOW - timedelta(minutes=3 * n), Product=f"Tea {n}")
    people.identifier(person, "phone", PHONE)
    people.identifier(person, "email", EMAIL)
    return person


@pytest.mark.parametrize("query", ["", "?tab=orders", "?tab=tasks", "?tab=scores", "?kind=visit"])
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER])
def test_a_page_costs_at_most_fifteen_queries(query: str, role: Role) -> None:
    department = factories.department()
    person = busy(department=department)
    user = factories.user(role, department=department)
    shown_to(user, person)  # what is usual among all is kept in memory from here on
    client = client_of(user)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("customer", args=[person.pk]) + query).status_code == 200
    assert len(asked) <= 15, [query["sql"][:120] for query in asked]


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.SERVICE, Role.READ_ONLY])
@pytest.mark.parametrize("tab", ["", "?tab=orders", "?tab=tasks", "?tab=scores"])
def test_what_is_masked_never_reaches_the_page(role: Role, tab: str) -> None:
    department = factories.department()
    person = busy(department=department)
    ProfileChange.objects.create(
        customer=person, field="phone", before="", after=PHONE, at=people.NOW
    )
    page = shown_to(factories.user(role, department=department), person, tab)
    assert "13800136207" not in page
    assert EMAIL not in page
    assert BIRTHDAY not in page


def test_sales_see_their_own_customers_numbers_whole_and_their_teams_masked() -> None:
    department = factories.department()
    user = factories.user(Role.SALES, department=department)
    own = busy(name="Own", owner=user, department=department)
    assert PHONE in shown_to(user, own)
    teams = people.customer("Team's", phone="+8615912340372", department=department)
    page = shown_to(user, teams)
    assert "15912340372" not in page
    assert "****" in page


def test_a_whole_number_on_the_screen_is_a_reading_in_the_audit() -> None:
    person = busy()
    user = factories.user(Role.ADMINISTRATOR)
    shown_to(user, person)
    entry = AuditPending.objects.get(verb="customer.read")
    assert entry.object_id == str(person.pk)
    assert set(entry.detail["fields"]) == {"phone", "email", "birth_date"}
    AuditPending.objects.all().delete()
    shown_to(factories.user(Role.MARKETER), person)
    assert not AuditPending.objects.filter(verb="customer.read").exists()


def test_hostile_texts_stay_texts_everywhere() -> None:
    person = people.customer(HOSTILE, city=HOSTILE, tags=[HOSTILE])
    user = factories.user(Role.ADMINISTRATOR)
    Note.objects.create(customer=person, text=HOSTILE, by=user, at=people.NOW)
    people.event(person, HOSTILE, Product=HOSTILE, Text=HOSTILE)
    page = shown_to(user, person)
    assert HOSTILE not in page
    assert page.count("&lt;img src=x") >= 5


def test_the_voice_says_the_rhythm_and_the_silence() -> None:
    page = shown_to(factories.user(Role.ADMINISTRATOR), busy())
    assert "Usually buys every" in page
    assert "with 5 orders" in page


def test_a_look_behind_a_mask_needs_a_reason_and_is_audited() -> None:
    department = factories.department()
    person = busy(department=department)
    user = factories.user(Role.SERVICE, department=department)
    address = reverse("reveal_customer", args=[person.pk, "phone"])
    client = client_of(user, hx_request="true")
    assert PHONE not in client.get(address).content.decode()
    assert client.post(address, {"why": ""}).status_code == 422
    assert not AuditPending.objects.filter(verb="customer.revealed").exists()
    answer = client.post(address, {"why": "call", "words": "order 20913"})
    assert PHONE in answer.content.decode()
    assert "delay:5" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    entry = AuditPending.objects.get(verb="customer.revealed")
    assert entry.detail == {"field": "phone", "reason": "call order 20913"}
    hidden = client.post(reverse("reveal_customer", args=[person.pk, "birth_date"]), {"why": "x"})
    assert hidden.status_code == 403
    assert client_of(factories.user(Role.MARKETER)).post(address, {"why": "x"}).status_code == 403


def test_a_field_is_changed_where_it_stands() -> None:
    person = busy()
    user = factories.user(Role.ADMINISTRATOR)
    address = reverse("customer_fact", args=[person.pk, "city"])
    answer = client_of(user, hx_request="true").post(
        address, {"value": " 深圳 ", "version": person.version, "before": ""}
    )
    assert answer.status_code == 200
    assert Customer.objects.get(pk=person.pk).city == "深圳"
    change = ProfileChange.objects.get(field="city")
    assert (change.before, change.after, change.by) == ("", "深圳", user)
    assert AuditPending.objects.filter(verb="customer.changed").count() == 1


def test_two_who_change_the_same_field_are_shown_both_values() -> None:
    person = busy(city="Bath")
    one, two = factories.user(Role.ADMINISTRATOR, name="One"), factories.user(Role.ADMINISTRATOR)
    address = reverse("customer_fact", args=[person.pk, "city"])
    seen = {"version": person.version, "before": "Bath"}
    client_of(one, hx_request="true").post(address, {"value": "York", **seen})
    answer = client_of(two, hx_request="true").post(address, {"value": "Leeds", **seen})
    assert answer.status_code == 409
    for word in ("York", "Leeds", "One"):
        assert word in answer.content.decode()
    assert Customer.objects.get(pk=person.pk).city == "York"
    version = Customer.objects.get(pk=person.pk).version
    client_of(two, hx_request="true").post(
        address, {"value": "Leeds", "version": version, "before": "York"}
    )
    assert Customer.objects.get(pk=person.pk).city == "Leeds"


def test_a_change_of_another_field_is_no_conflict() -> None:
    person = busy(city="Bath", country="UK")
    user = factories.user(Role.ADMINISTRATOR)
    client = client_of(user, hx_request="true")
    seen = {"version": person.version}
    for field, value, before in (("city", "York", "Bath"), ("country", "Wales", "UK")):
        answer = client.post(
            reverse("customer_fact", args=[person.pk, field]),
            {"value": value, "before": before, **seen},
        )
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("phone", "12"), ("email", "nobody"), ("birth_date", "2999-01-01"), ("city", "x" * 81)],
)
def test_a_value_that_cannot_be_is_refused_with_the_reason(field: str, value: str) -> None:
    person = busy()
    answer = client_of(factories.user(Role.ADMINISTRATOR), hx_request="true").post(
        reverse("customer_fact", args=[person.pk, field]), {"value": value, "version": 1}
    )
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()


def test_who_may_only_look_changes_nothing() -> None:
    person = busy(city="Bath")
    answer = client_of(factories.user(Role.ANALYST)).post(
        reverse("customer_fact", args=[person.pk, "city"]), {"value": "York", "version": 1}
    )
    assert answer.status_code == 403
    assert Customer.objects.get(pk=person.pk).city == "Bath"


def test_the_timeline_folds_a_visit_and_marks_what_is_simulated() -> None:
    person = busy()
    people.event(person, "Complaint Raised", at=people.NOW + timedelta(hours=2), simulated=True)
    reader = factories.user(Role.ANALYST)
    lines = timeline.read(person, reader=reader).entries
    visits = [line for line in lines if line.kind == "visit"]
    assert [line.count for line in visits] == [8]
    assert lines[0].kind == "service"
    assert lines[0].simulated
    assert lines[0].side == "hot"
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_older_lines_are_read_page_by_page_each_once() -> None:
    person = people.customer("Ann")
    for n in range(150):
        people.event(person, "Ticket Opened", at=people.NOW - timedelta(hours=n // 3))
    seen: list[str] = []
    reader = factories.user(Role.ANALYST)
    page = timeline.read(person, reader=reader)
    seen += [line.key for line in page.entries]
    while page.older:
        page = timeline.read(person, reader=reader, before=page.older)
        seen += [line.key for line in page.entries]
    assert len(seen) == len(set(seen)) == 150


def test_notes_and_tasks_are_written_and_stand_on_the_timeline() -> None:
    person = busy()
    user = factories.user(Role.ADMINISTRATOR)
    client = client_of(user)
    client.post(reverse("note_customer", args=[person.pk]), {"text": "Prefers oolong"})
    client.post(
        reverse("new_task", args=[person.pk]), {"title": "Call and say sorry", "due": "2026-11-05"}
    )
    page = shown_to(user, person)
    assert "Prefers oolong" in page
    assert "Call and say sorry" in page
    task = Task.objects.get()
    client.post(reverse("finish_task", args=[task.pk]))
    assert Task.objects.get().done_at is not None
    other = client_of(factories.user(Role.MARKETER))
    assert other.post(reverse("finish_task", args=[task.pk]), {"done": "0"}).status_code == 404


def test_previous_and_next_follow_the_list() -> None:
    ann, bob, cid = (people.customer(name) for name in ("Ann", "Bob", "Cid"))
    answer = client_of(factories.user(Role.ADMINISTRATOR)).get(
        reverse("customer_walk", args=[bob.pk]), {"list": "set=1&sort=name", "at": "2"}
    )
    page = answer.content.decode()
    assert reverse("customer", args=[ann.pk]) in page
    assert reverse("customer", args=[cid.pk]) in page


def test_a_customer_out_of_reach_does_not_exist() -> None:
    person = busy(department=factories.department())
    user = factories.user(Role.MANAGER, department=factories.department())
    for name in ("customer", "customer_drawer", "customer_walk", "customer_older"):
        assert client_of(user).get(reverse(name, args=[person.pk])).status_code == 404


def test_a_line_of_the_timeline_stands_under_the_readers_day() -> None:
    early = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # half past six in Shanghai, the day after
    assert Entry("note", "n", early, "pencil", []).day == date(2026, 11, 22)
