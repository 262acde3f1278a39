"""The second check: what a query forgot to ask, PostgreSQL refuses, row by row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.customers import people
from zhiyin.accounts import access, delegating, row_security, seat, sharing, territories
from zhiyin.accounts.gate import GateMiddleware
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.territories import Member, Rule
from zhiyin.connect import catalogue, outbox, sending
from zhiyin.connect.models import Attempt, Delivery, Endpoint, Occurrence
from zhiyin.customers.models import Customer, CustomerSearch, Identifier, Note, Order, Score, Task
from zhiyin.customers.objects import CUSTOMER
from zhiyin.files.models import Content, File
from zhiyin.govern.models import Consent
from zhiyin.ids import uuid7
from zhiyin.objects.keyset import mark_of, order_of, read_page
from zhiyin.talk.models import Comment, Notice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@dataclass
class Company:
    def __post_init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.anna = factories.user(Role.SALES, department=self.north)
        self.bo = factories.user(Role.SALES, department=self.south)
        self.mine = people.customer("林静姝", owner=self.anna, department=self.north, city="杭州")
        self.theirs = people.customer("沈言", owner=self.bo, department=self.south, city="宁波")
        for person in (self.mine, self.theirs):
            hang_everything_on(person)


def hang_everything_on(person: Customer) -> None:
    """A row of each kind that belongs to a customer."""
    now = timezone.now()
    people.order(person)
    Identifier.objects.create(
        kind="email", value=f"{person.pk}@example.com", customer=person, source=people.source(),
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    Score.objects.create(customer=person, model="churn", version=1, as_of=now, value=0.5)
    Note.objects.create(customer=person, text="x", by=person.owner, at=now)
    Consent.objects.create(
        customer=person, channel="email", purpose="marketing", granted=True, at=now
    )


@pytest.fixture
def company() -> Company:
    return Company()


def as_user(user: User):  # type: ignore[no-untyped-def]
    """The seat that the gate gives this user, as a block."""
    return seat.seated(row_security.seat_of(User.objects.get(pk=user.pk)))


HANGING = [Order, Identifier, Score, Note, Consent, CustomerSearch]


def test_a_query_that_forgot_the_scope_shows_only_what_the_user_may_see(company: Company) -> None:
    with as_user(company.anna):
        assert set(Customer.objects.all()) == {company.mine}
        assert Customer.objects.count() == 1
        assert not Customer.objects.filter(pk=company.theirs.pk).exists()
        for model in HANGING:
            seen = {one.customer_id for one in model.objects.all()}  # type: ignore[attr-defined]
            assert seen == {company.mine.pk}, model
        with connection.cursor() as cursor:
            cursor.execute("select customer_id from customers_orderline")
            assert {row[0] for row in cursor.fetchall()} == {company.mine.pk}


def test_a_row_out_of_sight_is_neither_changed_nor_deleted_nor_made(company: Company) -> None:
    with as_user(company.anna):
        assert Customer.objects.filter(pk=company.theirs.pk).update(name="mine now") == 0
        assert Note.objects.filter(customer_id=company.theirs.pk).delete()[0] == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            Note.objects.create(
                customer_id=company.theirs.pk, text="x", by=company.anna, at=timezone.now()
            )
    company.theirs.refresh_from_db()
    assert company.theirs.name == "沈言"


def test_nobody_sees_anything_and_the_default_is_nobody(company: Company) -> None:
    with seat.seated(seat.NOBODY):
        assert not Customer.objects.exists()
        assert not Order.objects.exists()
    assert seat.Seat() == seat.NOBODY


def test_who_may_see_all_sees_all_and_their_plans_lose_nothing(company: Company) -> None:
    marketer = factories.user(Role.MARKETER)
    assert row_security.seat_of(marketer) == seat.EVERYTHING
    grams = "select 1 from customers_customersearch where grams @> array[1]"
    paged = "select id from customers_customer where revenue < 5 order by revenue desc, id limit 50"
    for statement in (grams, paged):
        with seat.seated(seat.SYSTEM):
            unbound = plan_of(statement)
        with as_user(marketer):
            assert plan_of(statement) == unbound
    with as_user(marketer):
        assert Customer.objects.count() == 2


def plan_of(statement: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(f"explain (costs off) {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_the_database_agrees_with_the_policy_whatever_opens_the_row(company: Company) -> None:
    admin = factories.user(Role.ADMINISTRATOR)

    def seen() -> set[Customer]:
        me = User.objects.get(pk=company.anna.pk)
        compiled = set(access.scoped(me, Customer.objects.all(), "customer.see"))
        with as_user(me):
            by_database = set(Customer.objects.all())
        assert by_database == compiled
        return by_database

    both = {company.mine, company.theirs}
    assert seen() == {company.mine}
    share = sharing.share("customer", company.theirs, by=company.bo, user=company.anna, reason="x")
    assert seen() == both
    sharing.end_share(share, company.theirs, by=company.bo)
    assert seen() == {company.mine}
    delegation = delegating.delegate(
        giver=company.bo, receiver=company.anna, starts_at=timezone.now() - DAY,
        ends_at=timezone.now() + DAY, reason="x", by=company.bo,
    )  # fmt: skip
    assert seen() == both
    delegating.end_delegation(delegation, by=company.bo)
    for rule, opens in (
        (Rule(city="宁波"), True),
        (Rule(city="宁波", department=company.north), False),
        (Rule(city="宁波", department=company.south), True),
        (Rule(country="中国"), False),
    ):
        kept = territories.keep_territory(
            None, by=admin, name_zh="区", name_en="T", rules=[rule],
            members=[Member(company.anna, False)],
        )  # fmt: skip
        assert (seen() == both) is opens
        territories.remove_territory(kept, by=admin)


def test_what_is_attached_is_seen_with_its_customer_and_elsewhere_as_ever(
    company: Company,
) -> None:
    """Files, comments and notices hang on records of any type; those of a customer are guarded."""
    content = Content.objects.create(sha256="0" * 64, size=1, place="nowhere", kind="text")
    for record_type, on in (
        ("customer", company.mine.pk), ("customer", company.theirs.pk), ("company", uuid7()),
    ):  # fmt: skip
        at = {"record_type": record_type, "record_id": on}
        File.objects.create(content=content, name="a.txt", by=company.bo, **at)
        Comment.objects.create(by=company.bo, text="look", **at)
        Notice.objects.create(user=company.anna, kind="comment.mention", by=company.bo, **at)
    Notice.objects.create(user=company.anna, kind="sign_in.new_device")
    with as_user(company.anna):
        for model in (File, Comment, Notice):
            seen = model.objects.filter(record_type="customer")
            assert {one.record_id for one in seen} == {company.mine.pk}, model
            assert model.objects.filter(record_type="company").count() == 1, model
            assert model.objects.filter(record_id=company.theirs.pk).delete()[0] == 0, model
        assert Notice.objects.filter(record_type="").count() == 1
        with pytest.raises(ProgrammingError), transaction.atomic():
            Comment.objects.create(
                by=company.anna, text="x", record_type="customer", record_id=company.theirs.pk
            )
    with seat.seated(seat.NOBODY):
        assert not File.objects.filter(record_type="customer").exists()


def told_of(person: Customer, hook: Endpoint) -> dict[str, Delivery]:
    """A message of each event that speaks of somebody, found by asking each what it tells."""
    now, owner, found = timezone.now(), User.objects.get(pk=hook.owner_id), {}
    for name in ("webhook.test", *(event.name for event in catalogue.offered(owner))):
        said = Occurrence.objects.create(
            type=name, object_id=str(person.pk), fields=["email:marketing"], at=now
        )
        if name != "webhook.test" and sending.message(said, owner, with_values=True) is None:
            said.delete()
            continue
        sent = Delivery.objects.create(endpoint=hook, occurrence=said, due_at=now, created_at=now)
        Attempt.objects.create(delivery=sent, at=now, status=200)
        found[name] = sent
    return found


def test_what_webhooks_told_of_somebody_is_read_with_the_customer(company: Company) -> None:
    """The log of an endpoint, its figures and what is sent again count nobody out of sight."""
    admin = factories.user(Role.ADMINISTRATOR)
    hook = Endpoint.objects.create(
        url="https://hooks.example.com/", types=["customer.updated"], owner=admin, secret=b"x"
    )
    mine, theirs = told_of(company.mine, hook), told_of(company.theirs, hook)
    spoken = {"customer.created", "customer.updated", "customer.tagged", "consent.changed",
              "customer.erased"}  # fmt: skip
    assert set(mine) == set(theirs) == {*spoken, "webhook.test"}
    for said in ("campaign.launched", "customer.updated"):  # of another object, and of none
        Occurrence.objects.create(type=said, object_id="no id", at=timezone.now())
    manager = factories.user(Role.MANAGER, department=company.north)
    Endpoint.objects.update(owner=manager)
    with as_user(manager):
        told = Occurrence.objects.filter(type__in=spoken)
        assert {one.object_id for one in told} == {str(company.mine.pk)}
        assert Occurrence.objects.exclude(type__in=spoken).count() == 3
        seen = {*(one.pk for one in mine.values()), theirs["webhook.test"].pk}
        assert {one.pk for one in Delivery.objects.all()} == seen
        assert {one.delivery_id for one in Attempt.objects.all()} == seen
        assert told.filter(object_id=str(company.theirs.pk)).delete()[0] == 0
    client = Client()
    client.force_login(manager)
    log = client.get(f"/api/v1/webhooks/{hook.pk}/deliveries").json()["items"]
    assert {one["id"] for one in log} == {str(pk) for pk in seen}
    address = reverse("webhook_delivery", args=[theirs["customer.updated"].pk])
    assert client.get(address).status_code == 404
    with seat.seated(seat.NOBODY):
        assert set(Occurrence.objects.values_list("type", flat=True)) == {
            "webhook.test", "campaign.launched",
        }  # fmt: skip
    assert client.post(reverse("delete_webhook", args=[hook.pk])).status_code == 302
    assert not Delivery.objects.exists()  # with what its owner did not see


def test_what_takes_a_customer_out_of_ones_sight_is_told_to_those_who_listen(
    company: Company,
) -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    Endpoint.objects.create(
        url="https://hooks.example.com/", types=["customer.updated"], owner=admin, secret=b"x"
    )
    with as_user(company.anna):
        outbox.tell("customer.updated", company.theirs.pk, fields=["owner"])
        assert not Occurrence.objects.exists()
    assert Delivery.objects.get().occurrence.object_id == str(company.theirs.pk)


def test_a_task_is_seen_by_its_owner_too(company: Company) -> None:
    Task.objects.create(
        customer=company.theirs, title="x", owner=company.anna, created_by=company.bo
    )
    with as_user(company.anna):
        assert Task.objects.count() == 1


def test_a_rollback_does_not_leave_another_s_eyes(company: Company) -> None:
    def look_about_and_fail() -> None:
        with as_user(company.bo):
            assert set(Customer.objects.all()) == {company.theirs}
        with seat.system("a look at all"):
            assert Customer.objects.count() == 2
        raise RuntimeError

    with as_user(company.anna):
        Customer.objects.count()
        with pytest.raises(RuntimeError), transaction.atomic():
            look_about_and_fail()
        assert set(Customer.objects.all()) == {company.mine}
        with transaction.atomic():
            with seat.system("a look at all"):
                sid = transaction.savepoint()
                assert Customer.objects.count() == 2
            assert Customer.objects.count() == 1
            transaction.savepoint_rollback(sid)
            assert set(Customer.objects.all()) == {company.mine}


def test_a_cursor_that_was_opened_before_takes_the_seat_of_its_statement(company: Company) -> None:
    with seat.system("opened here"):
        cursor = connection.cursor()
    with as_user(company.anna), cursor:
        cursor.execute("select count(*) from customers_customer")
        assert cursor.fetchone() == (1,)
        cursor.executemany("select %s", [(1,)])


@pytest.mark.django_db(transaction=True)
def test_the_pool_hands_no_one_s_eyes_to_the_next() -> None:
    """Two people and nobody, over and over on the same few connections, from many threads."""
    company = Company()
    users = {company.anna.pk: {company.mine.pk}, company.bo.pk: {company.theirs.pk}}
    wrong: list[object] = []

    def ask(number: int) -> None:
        try:
            for turn in range(6):
                user = list(users)[(number + turn) % 2]
                with as_user(User(pk=user)):
                    if (seen := set(Customer.objects.values_list("pk", flat=True))) != users[user]:
                        wrong.append((user, seen))
                    if turn % 3 == 0:
                        transaction.set_autocommit(False)  # left open: the pool rolls it back
                connections["default"].close()
                with seat.seated(seat.NOBODY):
                    if Customer.objects.exists():
                        wrong.append("nobody saw somebody")
                connections["default"].close()
        except Exception as error:
            wrong.append(error)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_gate_seats_who_asks_and_a_stranger_nowhere(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats: list[seat.Seat] = []

    def looked(user: User, customer_id: object, permission: str = "customer.see") -> Customer:
        seats.append(seat.current())
        return Customer.objects.get(pk=company.mine.pk)

    monkeypatch.setattr("zhiyin.customers.queries.record.person", looked)
    client = Client()
    client.force_login(company.anna)
    client.get(f"/customers/{company.mine.pk}/")
    assert seats
    assert seats[0] == row_security.seat_of(User.objects.get(pk=company.anna.pk))
    assert seat.current() == seat.SYSTEM  # of the test's own process, as before


def test_a_stream_is_read_with_the_eyes_of_its_request(company: Company) -> None:
    def pieces() -> Iterator[bytes]:
        for one in Customer.objects.order_by("pk"):
            yield str(one.pk).encode()

    def view(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        seat.sit(row_security.seat_of(User.objects.get(pk=company.anna.pk)))
        return StreamingHttpResponse(pieces())

    answer = GateMiddleware(view)(RequestFactory().get("/"))
    assert isinstance(answer, StreamingHttpResponse)
    assert b"".join(answer) == str(company.mine.pk).encode()  # type: ignore[arg-type]


def test_applying_again_changes_nothing(company: Company) -> None:
    assert not row_security.apply()


def test_without_the_roles_it_is_said_what_the_server_s_administrator_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.core.exceptions import ImproperlyConfigured

    monkeypatch.setattr(row_security, "ROLES", (f"zhiyin_{uuid7().hex}",))
    with pytest.raises(ImproperlyConfigured, match="create role"):
        row_security._make_roles()


def test_every_table_that_hangs_on_a_customer_is_guarded() -> None:
    """A table with a customer in it that nobody guards fails here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct c.relname from pg_constraint k join pg_class c on c.oid = k.conrelid"
            " where k.contype = 'f' and k.confrelid = 'customers_customer'::regclass"
            " and not c.relrowsecurity"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("sort", ["-revenue", "-value_12m", "-orders", "name", "-last_order_at"])
def test_somebody_with_a_narrow_sight_finds_a_far_page_by_the_index(
    company: Company, sort: str
) -> None:
    """Decimals would be compared row by row: PostgreSQL takes only leakproof operators here."""
    order = order_of(CUSTOMER, sort)
    Customer.objects.update(value_12m=7, last_order_at=timezone.now())
    mark = mark_of(Customer.objects.get(pk=company.mine.pk), order)
    with as_user(company.anna), CaptureQueriesContext(connection) as seen:
        read_page(Customer.objects.all(), order, 5, after=mark)
        asked = [one["sql"] for one in seen.captured_queries if "customers_customer" in one["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("set local enable_seqscan = off")
            cursor.execute("set local enable_bitmapscan = off")
            cursor.execute("set local enable_sort = off")
            for sql in asked[:2]:  # the same value and a later id; a later value
                cursor.execute(f"explain {sql.replace('%', '%%')}", [])
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Index Cond" in plan and order.column in plan.split("Index Cond")[1], plan
