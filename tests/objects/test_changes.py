"""Fields changed one at a time and many at once: no change is lost, and all of it comes back."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.customers import people
from zhiyin.accounts import work
from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, ProfileChange
from zhiyin.customers.objects import COMPANY, CUSTOMER
from zhiyin.objects.faults import CannotBe, Conflict
from zhiyin.objects.models import BulkChange, FieldChange
from zhiyin.objects.services import bulk, changing

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def everybody() -> object:
    return Customer.objects.all()


def test_two_people_who_change_one_field_are_both_shown_to_the_second() -> None:
    admin, other = factories.user(Role.ADMINISTRATOR), factories.user(Role.ADMINISTRATOR, name="Bo")
    company = Company.objects.create(name="Acme", city="Bath")
    changing.change_field(COMPANY, company, "city", "York", by=other, version=1, before="Bath")
    with pytest.raises(Conflict) as caught:
        changing.change_field(COMPANY, company, "city", "Leeds", by=admin, version=1, before="Bath")
    assert (caught.value.theirs, caught.value.mine, caught.value.by) == ("York", "Leeds", other)
    assert Company.objects.get().city == "York"
    changing.change_field(COMPANY, company, "size", "small", by=admin, version=1, before="")
    assert list(FieldChange.objects.values_list("field", "after")) == [
        ("city", "York"), ("size", "small"),
    ]  # fmt: skip


def form(company: Company, **fields: str) -> dict[str, str]:
    sent = {"version": str(company.version)}
    for key, text in fields.items():
        sent |= {
            key: text,
            f"shown-{key}": getattr(company, key),
            f"before-{key}": getattr(company, key),
        }
    return sent


def test_a_form_shows_both_versions_and_lets_each_field_be_chosen() -> None:
    admin, other = factories.user(Role.ADMINISTRATOR), factories.user(Role.ADMINISTRATOR)
    company = Company.objects.create(name="Acme", city="Bath", country="UK", province="")
    sent = form(company, city="Leeds", country="England", province="Kent")
    for key, text in (("city", "York"), ("country", "Britain")):
        changing.change_field(COMPANY, company, key, text, by=other, version=company.version)
        company.refresh_from_db()
    address = reverse("edit_company", args=[company.pk])
    answer = client_of(admin).post(address, sent)
    shown = answer.content.decode()
    assert answer.status_code == 409
    for text in ("Leeds", "York", "England", "Britain", "Kent", "keep-city", "keep-country"):
        assert text in shown
    company.refresh_from_db()
    assert (company.city, company.province) == ("York", "")
    again = {
        "version": str(company.version), "city": "Leeds", "shown-city": "York",
        "before-city": "York", "keep-city": "theirs", "country": "England",
        "shown-country": "Britain", "before-country": "Britain", "keep-country": "mine",
        "province": "Kent", "shown-province": "", "before-province": "",
    }  # fmt: skip
    assert client_of(admin).post(address, again).status_code == 302
    company.refresh_from_db()
    assert (company.city, company.country, company.province) == ("York", "England", "Kent")


def cell(user: User, row: Customer, key: str, **form: str) -> HttpResponse:
    address = reverse("customer_cell", args=[row.pk, key])
    return client_of(user).post(address, form, headers={"HX-Request": "true"})  # type: ignore[return-value]


def test_a_cell_is_saved_where_it_stands_and_answers_with_itself() -> None:
    ann = people.customer("Ann", city="Bath")
    admin = factories.user(Role.ADMINISTRATOR)
    answer = cell(admin, ann, "city", value=" York ", version="1", before="Bath")
    assert answer.content.decode().strip() == (
        '<td class="hide-s" data-cell="city"><span class="cut">York</span></td>'
    )
    assert ProfileChange.objects.get().after == "York"
    refused = cell(admin, ann, "gender", value="robot", version="2", before="")
    assert refused.status_code == 422
    assert "Choose one of the list" in refused.content.decode()
    theirs = cell(admin, ann, "city", value="Leeds", version="1", before="Bath")
    assert theirs.status_code == 409
    assert "York" in theirs.content.decode()


def test_a_cell_of_somebody_elses_customer_stays_as_it_is() -> None:
    team = factories.department()
    ann = people.customer("Ann", city="Bath", department=team)
    sales = factories.user(Role.SALES, department=team)
    assert cell(sales, ann, "city", value="York", version="1", before="Bath").status_code == 403
    assert cell(sales, ann, "owner", value="me", version="1", before="").status_code == 403
    ann.refresh_from_db()
    assert (ann.city, ann.owner) == ("Bath", None)


def test_a_preview_counts_who_changes_who_has_it_and_who_is_refused() -> None:
    team = factories.department()
    sales = factories.user(Role.SALES, department=team)
    people.customer("Mine", owner=sales, department=team)
    people.customer("Has it", owner=sales, department=team, city="York")
    people.customer("A colleague's", department=team)
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "York", by=sales)
    assert (len(change.rows), change.had_it, change.refused) == (1, 1, 1)
    assert not Customer.objects.filter(name="Mine", city="York").exists()
    bulk.carry_out(change, by=sales)
    assert set(Customer.objects.filter(city="York").values_list("name", flat=True)) == {
        "Mine", "Has it",
    }  # fmt: skip
    with pytest.raises(Denied):
        bulk.undo(change, by=factories.user(Role.ADMINISTRATOR))


def test_undo_leaves_alone_what_was_changed_since_and_names_it() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    rows = [
        people.customer(name, city=city)
        for name, city in (("Ann", "Bath"), ("Bob", ""), ("Cy", "Bath"))
    ]
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "York", by=admin)
    bulk.carry_out(change, by=admin)
    Customer.objects.filter(pk=rows[0].pk).update(city="Leeds")
    bulk.undo(change, by=admin)
    assert list(Customer.objects.order_by("name").values_list("city", flat=True)) == [
        "Leeds", "", "Bath",
    ]  # fmt: skip
    assert (change.left, change.left_count, change.state) == (["Ann"], 1, BulkChange.State.UNDONE)
    with pytest.raises(CannotBe):
        bulk.undo(change, by=admin)
    verbs = list(AuditPending.objects.values_list("verb", flat=True))
    assert verbs == ["customers.changed", "customers.change_undone"]


def test_an_owner_is_assigned_only_by_who_may_assign() -> None:
    team = factories.department()
    seller = factories.user(Role.SALES, department=team)
    service = factories.user(Role.SERVICE, department=team)
    manager = factories.user(Role.MANAGER, department=team)
    people.customer("Ann", department=team)
    with pytest.raises(Denied):
        bulk.preview(CUSTOMER, Customer.objects.all(), "owner", str(seller.pk), by=service)
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "owner", str(seller.pk), by=manager)
    bulk.carry_out(change, by=manager)
    assert Customer.objects.get().owner == seller
    elsewhere = factories.user(Role.SALES, department=factories.department())
    with pytest.raises(CannotBe):
        bulk.preview(CUSTOMER, Customer.objects.all(), "owner", str(elsewhere.pk), by=manager)


@pytest.mark.parametrize("key", ["phone", "tags", "revenue", "password"])
def test_what_is_not_for_many_is_refused(key: str) -> None:
    with pytest.raises(CannotBe):
        bulk.preview(
            CUSTOMER, Customer.objects.all(), key, "x", by=factories.user(Role.ADMINISTRATOR)
        )


def test_a_list_with_a_condition_that_cannot_be_read_is_no_selection() -> None:
    people.customer("Ann")
    client = client_of(factories.user(Role.ADMINISTRATOR))
    sent = {"all": "1", "query": "?set=1&risk=much", "field": "city", "value-city": "York"}
    assert client.post(reverse("edit_customers"), sent).status_code == 422
    assert not BulkChange.objects.exists()


def test_more_rows_than_one_part_change_and_come_back_with_progress_told() -> None:
    many = bulk.CHUNK + 5
    people.many(many)
    admin = factories.user(Role.ADMINISTRATOR)
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "York", by=admin)
    told: list[int] = []
    bulk.carry_out(change, by=admin, progress=lambda stage, done, total: told.append(done))
    assert Customer.objects.filter(city="York").count() == many
    assert told == [0, bulk.CHUNK, many]
    bulk.undo(change, by=admin)
    assert Customer.objects.filter(city="London").count() == many


def test_a_change_that_is_stopped_keeps_what_it_did_and_takes_it_back() -> None:
    people.many(2 * bulk.CHUNK + 5)
    admin = factories.user(Role.ADMINISTRATOR)
    change = bulk.preview(CUSTOMER, Customer.objects.all(), "city", "York", by=admin)

    def stop(stage: str, done: int, total: int) -> None:
        if done:
            raise work.Cancelled

    with pytest.raises(work.Cancelled):
        bulk.carry_out(change, by=admin, progress=stop)
    change.refresh_from_db()
    assert (change.state, change.changed) == (BulkChange.State.CANCELLED, bulk.CHUNK)
    bulk.undo(change, by=admin)
    assert not Customer.objects.filter(city="York").exists()


def test_the_road_from_the_list_through_the_preview_and_back() -> None:
    people.customer("Ann", city="Bath")
    client = client_of(factories.user(Role.ADMINISTRATOR))
    sent = {"all": "1", "query": "?set=1&city=Bath"}
    assert "Set one field" in client.post(reverse("edit_customers"), sent).content.decode()
    asked = client.post(reverse("edit_customers"), sent | {"field": "city", "value-city": "York"})
    assert "Will change" in client.get(asked.headers["Location"]).content.decode()
    assert client.post(asked.headers["Location"]).headers["Location"].endswith("city=Bath")
    assert Customer.objects.get().city == "York"
    undo = reverse("undo_customer_change", args=[BulkChange.objects.get().pk])
    client.post(undo)
    assert Customer.objects.get().city == "Bath"
    stranger = client_of(factories.user(Role.ADMINISTRATOR))
    assert stranger.get(asked.headers["Location"]).status_code == 404


def test_a_manager_hands_a_customer_to_another_department_from_the_list() -> None:
    """By that very deed the customer leaves their sight, which no row security may refuse."""
    ours, theirs = factories.department(), factories.department()
    manager = factories.user(Role.MANAGER, department=ours)
    row = people.customer("Ann", department=ours)
    sent = {"version": "1", "before-department": str(ours.pk), "department": str(theirs.pk)}
    answer = client_of(manager).post(reverse("edit_customer", args=[row.pk]), sent)
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.department == theirs
