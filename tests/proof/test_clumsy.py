"""People who press twice, come back, keep two tabs open, pass links on, write addresses by hand."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.proof.crawler import Forms, door_of, text_of
from tests.proof.test_payloads import forms, pages
from tests.proof.world import Company
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer

ODD = ["\x00", "-1", "99999999999999999999", "NaN", "1e400", "' or 1=1 --", "\ud800", "长" * 900,
       "../..", "[]", "2026-02-30"]  # fmt: skip
ELSEWHERE = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)",
             "http:///evil.example"]  # fmt: skip


@pytest.fixture
def desk(db: None) -> Iterator[tuple[Company, Client]]:
    """The company, and an administrator who is in a hurry."""
    logging.disable(logging.CRITICAL)
    company = Company()
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    client.force_login(company.readers[Role.ADMINISTRATOR])
    yield company, client
    logging.disable(logging.NOTSET)


@pytest.mark.slow
def test_no_parameter_of_any_page_breaks_it(desk: tuple[Company, Client]) -> None:
    company, client = desk
    names = {"page", "after", "before", "from", "at", "of", "sort", "view", "open", "limit", "next"}
    read = pages(company, client)
    for text in read.values():
        for form in Forms.of(text):
            names |= form.kinds.keys() if form.method == "get" else set()
    broken = []
    for address in read:
        for odd in ODD:
            query = urlencode(dict.fromkeys(sorted(names), odd), errors="surrogatepass")
            status = client.get(f"{address}?{query}").status_code
            if status >= 500:
                broken.append((address, odd[:20], status))
    assert broken == []


def test_no_form_leads_out_of_the_house(desk: tuple[Company, Client]) -> None:
    company, client = desk
    led = []
    for to, form in forms(company, client):
        for elsewhere in ELSEWHERE:
            data = {name: value or "x" for name, value in form.values}
            with transaction.atomic():
                answer = client.post(f"{to}?{urlencode({'next': elsewhere})}",
                                     {**data, "next": elsewhere})  # fmt: skip
                transaction.set_rollback(True)
            place = urlsplit(answer.headers.get("Location", ""))
            if place.netloc or place.scheme or "\\" in place.path:
                led.append((to, elsewhere, answer.headers["Location"]))
    assert led == []


def test_the_sign_in_leads_nowhere_else(db: None) -> None:
    user = factories.user(Role.SALES, password=factories.PASSWORD)
    for elsewhere in ELSEWHERE:
        answer = Client().post(
            f"{reverse('account_login')}?{urlencode({'next': elsewhere})}",
            {"login": user.email, "password": factories.PASSWORD, "next": elsewhere},
        )
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith(("//", "/\\"))


def test_somebody_who_presses_twice_makes_no_second_customer(
    desk: tuple[Company, Client],
) -> None:
    _, client = desk
    data = {"name": "Ada", "phone": "13800138000", "email": "", "number": "77001"}
    first = client.post(reverse("new_customer"), data)
    second = client.post(reverse("new_customer"), data)
    assert first.status_code == 302
    assert second.status_code == 422  # and the page names the one who is there
    assert first.headers["Location"] in second.text
    assert Customer.objects.filter(name="Ada").count() == 1


def test_two_tabs_show_both_versions_and_lose_none(desk: tuple[Company, Client]) -> None:
    company, client = desk
    person = company.rows["below"].customer
    at = reverse("customer_fact", args=[person.pk, "city"])
    opened = {"version": person.version, "before": person.city}
    assert client.post(at, {**opened, "value": "Hangzhou"}).status_code == 302
    late = client.post(at, {**opened, "value": "Suzhou"})
    assert late.status_code == 409
    assert "Hangzhou" in late.text
    assert "Suzhou" in late.text
    person.refresh_from_db()
    assert person.city == "Hangzhou"


# Who one is and what one may, which no body of a request decides but those of two screens.
RIGHTS = {
    "owner", "owner_id", "department", "department_id", "roles", "role", "is_active",
    "is_superuser", "is_staff", "created_by", "by", "user", "user_id", "session_epoch", "password",
    "id", "pk", "version", "created_at", "approved_by", "shared_with",
}  # fmt: skip


@pytest.mark.slow
def test_no_body_makes_anybody_more_than_they_are(desk: tuple[Company, Client]) -> None:
    """Every form that a salesperson is shown, sent with every right that a body could claim."""
    company, _ = desk
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    sales, admin = company.readers[Role.SALES], company.readers[Role.ADMINISTRATOR]
    client.force_login(sales)
    tried: Counter[str] = Counter()
    people = {row.pk: (row.owner_id, row.department_id) for row in Customer.objects.all()}
    users = {row.pk: (row.roles, row.department_id, row.is_active) for row in User.objects.all()}
    claims = {name: str(admin.pk) for name in RIGHTS} | {
        "roles": "administrator", "role": "administrator", "is_active": "1", "is_staff": "1",
        "department": str(company.elsewhere.pk), "department_id": str(company.elsewhere.pk),
    }  # fmt: skip
    for to, form in forms(company, client):
        own = {name for name, _ in form.values}
        data = {name: value or "x" for name, value in form.values}
        with transaction.atomic():
            client.post(to, {**data, **{k: v for k, v in claims.items() if k not in own}})
            tried[door_of(urlsplit(to).path)] += 1
            for row in Customer.objects.all():
                expected = people.get(row.pk, (sales.pk, sales.department_id))
                assert (row.owner_id, row.department_id) == expected, to
            for user in User.objects.all():
                assert users.get(user.pk) == (user.roles, user.department_id, user.is_active), to
            transaction.set_rollback(True)
    assert {"new_customer", "new_task", "keep_view"} <= tried.keys()


def test_a_body_of_the_api_that_claims_a_right_is_refused_by_name(
    desk: tuple[Company, Client],
) -> None:
    company, client = desk
    person = company.rows["below"].customer
    for name in sorted(RIGHTS - {"version"}):
        answer = client.patch(
            f"/api/v1/customers/{person.pk}", {"version": person.version, name: "x"},
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == 422, name
        assert name in text_of(answer)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_is_what_it_is(desk: tuple[Company, Client], header: str) -> None:
    company, client = desk
    person = company.rows["below"].customer
    address = reverse("note_customer", args=[person.pk])
    answer = client.get(f"{address}?_method=POST&text=x", headers={header: "POST"})
    assert answer.status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1:80@evil.x"])
def test_a_host_that_is_not_ours_gets_no_link(desk: tuple[Company, Client], host: str) -> None:
    _, client = desk
    answer = client.get("/account/login/", headers={"host": host})
    assert answer.status_code == 400
    forwarded = client.get("/customers/", headers={"x-forwarded-host": host})
    assert "evil" not in text_of(forwarded)


def test_a_new_password_ends_the_sessions_elsewhere(db: None) -> None:
    user = factories.user(Role.SALES, password=factories.PASSWORD)
    here, there = Client(), Client()
    for client in (here, there):
        sent = {"login": user.email, "password": factories.PASSWORD}
        assert client.post(reverse("account_login"), sent).status_code == 302
    changed = here.post(
        reverse("account_change_password"),
        {"oldpassword": factories.PASSWORD, "password1": (new := "swallows return in march"),
         "password2": new},
    )  # fmt: skip
    assert changed.status_code == 302
    assert here.get("/").status_code == 200
    assert there.get("/").headers["Location"].startswith(reverse("account_login"))


def test_somebody_elses_saved_view_and_work_are_not_there(desk: tuple[Company, Client]) -> None:
    company, _ = desk
    client = Client(raise_request_exception=False)
    client.force_login(company.readers[Role.SALES])
    strangers = company.ids_for({"elsewhere"})
    assert client.get(reverse("work", args=[strangers["work_id"][0]])).status_code == 404
    shown = client.get(f"{reverse('customers')}?view={strangers['view_id'][0]}")
    caught = company.traps.caught(text_of(shown))
    assert {one.row for one in caught if one.thing == "private view"} <= {"reader:sales"}
