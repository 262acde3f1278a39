"""What opens rows besides the role: territories, shares, delegations; and what they never open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.customers import people
from zhiyin.accounts import access, delegating, sharing, territories
from zhiyin.accounts.access import Denied, Level, OutOfSight
from zhiyin.accounts.models import AuditPending, Department, Share, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.services import NotAllowed
from zhiyin.accounts.territories import Member, Rule
from zhiyin.customers import undoing
from zhiyin.customers.models import Customer
from zhiyin.ids import uuid7

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@dataclass
class Company:
    """Two departments, of which one has a shop below; a seller in each."""

    def __post_init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.shop = factories.department("Shop", parent=self.north)
        self.admin = factories.user(Role.ADMINISTRATOR)
        self.anna = factories.user(Role.SALES, department=self.north, name="Anna")
        self.bo = factories.user(Role.SALES, department=self.south, name="Bo")
        self.customer = people.customer(
            "林静姝", owner=self.anna, department=self.north, phone="+8613800136207",
            country="中国", province="浙江", city="杭州",
        )  # fmt: skip


@pytest.fixture
def company() -> Company:
    return Company()


def fresh(user: User) -> User:
    """The user as the next request reads them."""
    return User.objects.get(pk=user.pk)


def sees(user: User, row: Customer, permission: str = "customer.see") -> bool:
    """Whether the row is open; the same answer from all three forms of the condition."""
    user = fresh(user)
    answers = {
        access.can_reach(user, permission, row),
        access.scoped(user, Customer.objects.all(), permission).filter(pk=row.pk).exists(),
    }
    where = access.scope_rows(user, permission)
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*) from customers_customer where id = %s and {where.sql}",
            [row.pk, *where.params],
        )
        found = cursor.fetchone()
    assert found is not None
    assert answers == {bool(found[0])}
    return answers.pop()


def test_a_shared_row_is_open_to_the_colleague_and_nobody_else(company: Company) -> None:
    assert not sees(company.bo, company.customer)
    sharing.share("customer", company.customer, by=company.anna, user=company.bo, reason="fair")
    assert sees(company.bo, company.customer)
    assert not sees(company.bo, company.customer, "customer.change")
    assert not sees(factories.user(Role.SALES, department=company.south), company.customer)
    assert AuditPending.objects.filter(verb="customer.shared").count() == 1


def test_a_customer_who_is_no_more_leaves_no_share_behind(company: Company) -> None:
    batch = uuid7()
    Customer.objects.filter(pk=company.customer.pk).update(created_by_batch=batch)
    sharing.share("customer", company.customer, by=company.anna, user=company.bo, reason="fair")
    kept = sharing.share(
        "customer", people.customer(owner=company.anna), by=company.anna, user=company.bo,
        reason="fair",
    )  # fmt: skip
    undoing.undo(batch)
    assert not Customer.objects.filter(pk=company.customer.pk).exists()
    assert list(Share.objects.all()) == [kept]


def test_a_share_to_change_lets_change_but_neither_share_on_nor_reveal(company: Company) -> None:
    sharing.share(
        "customer", company.customer, by=company.anna, user=company.bo, may_change=True, reason="x"
    )
    may = {
        action: sees(company.bo, company.customer, f"customer.{action}")
        for action in ("see", "change", "tag", "share", "reveal")
    }
    assert may == {"see": True, "change": True, "tag": True, "share": False, "reveal": False}


def test_a_share_with_a_department_holds_for_those_below_it_and_not_above(company: Company) -> None:
    row = people.customer("沈言", owner=company.bo, department=company.south)
    sharing.share("customer", row, by=company.bo, department=company.shop, reason="x")
    assert sees(factories.user(Role.SALES, department=company.shop), row)
    assert not sees(company.anna, row)
    sharing.share("customer", row, by=company.bo, department=company.north, reason="x")
    assert sees(company.anna, row)


def test_a_share_ends_at_its_date_and_when_it_is_ended(company: Company) -> None:
    made = sharing.share(
        "customer", company.customer, by=company.anna, user=company.bo, reason="x",
        until=timezone.now() + DAY,
    )  # fmt: skip
    Share.objects.filter(pk=made.pk).update(until=timezone.now() - DAY)
    assert not sees(company.bo, company.customer)
    again = sharing.share(
        "customer", company.customer, by=company.anna, user=company.bo, reason="x"
    )
    assert sees(company.bo, company.customer)
    sharing.end_share(again, company.customer, by=company.anna)
    assert not sees(company.bo, company.customer)
    assert not sharing.live_shares("customer", company.customer).exists()


def test_a_share_never_shows_a_field_more_openly_than_its_giver_saw_it(company: Company) -> None:
    manager = factories.user(Role.MANAGER, department=company.north)  # sees phones masked
    sharing.share(
        "customer", company.customer, by=manager, user=company.bo, may_change=True, reason="x"
    )
    levels = access.levels_at(fresh(company.bo), "customer", company.customer)
    assert levels["phone"] is Level.MASKED
    assert levels["birth_date"] is Level.HIDDEN  # the seller's own role hides it
    assert levels["city"] is Level.WRITE


def test_a_share_gives_no_role_what_it_does_not_have(company: Company) -> None:
    reader = factories.user(Role.READ_ONLY, department=company.south)
    sharing.share(
        "customer", company.customer, by=company.anna, user=reader, may_change=True, reason="x"
    )
    assert sees(reader, company.customer)
    assert not sees(reader, company.customer, "customer.change")
    assert Level.WRITE not in access.levels_at(fresh(reader), "customer", company.customer).values()


@pytest.mark.parametrize("wrong", ["nobody", "both", "self", "closed", "past", "no reason"])
def test_a_share_that_makes_no_sense_is_refused(company: Company, wrong: str) -> None:
    closed = factories.user(Role.SALES)
    closed.is_active = False
    given: dict[str, dict[str, object]] = {
        "nobody": {},
        "both": {"user": company.bo, "department": company.south},
        "self": {"user": company.anna},
        "closed": {"user": closed},
        "past": {"user": company.bo, "until": timezone.now() - DAY},
        "no reason": {"user": company.bo, "reason": "  "},
    }
    with pytest.raises(NotAllowed):
        sharing.share(
            "customer", company.customer, by=company.anna, **({"reason": "x"} | given[wrong])
        )  # type: ignore[arg-type]
    assert not Share.objects.exists()


def test_sharing_needs_its_own_permission_and_what_is_shared(company: Company) -> None:
    colleague = factories.user(Role.SALES, department=company.north)  # sees, is not the owner
    service = factories.user(Role.SERVICE, department=company.north)
    for by in (colleague, service):
        with pytest.raises(Denied):
            sharing.share("customer", company.customer, by=by, user=company.bo, reason="x")
    with pytest.raises(OutOfSight):
        sharing.share("customer", company.customer, by=company.bo, user=colleague, reason="x")


def test_a_share_is_ended_by_its_giver_or_whoever_may_share_the_row(company: Company) -> None:
    made = sharing.share("customer", company.customer, by=company.anna, user=company.bo, reason="x")
    with pytest.raises(Denied):
        sharing.end_share(made, company.customer, by=fresh(company.bo))
    with pytest.raises(OutOfSight):
        sharing.end_share(made, people.customer("other"), by=company.anna)
    sharing.end_share(made, company.customer, by=company.admin)
    sharing.end_share(made, company.customer, by=company.admin)  # twice is no harm
    assert AuditPending.objects.filter(verb="customer.unshared").count() == 1


def delegate(company: Company, **changed: object):  # type: ignore[no-untyped-def]
    now = timezone.now()
    given: dict[str, object] = {
        "giver": company.anna, "receiver": company.bo, "starts_at": now - DAY,
        "ends_at": now + DAY, "reason": "holidays", "by": company.anna,
    }  # fmt: skip
    return delegating.delegate(**(given | changed))  # type: ignore[arg-type]


def test_a_delegation_opens_the_giver_s_own_rows_for_its_time(company: Company) -> None:
    team_row = people.customer("沈言", owner=company.admin, department=company.north)
    made = delegate(company)
    assert sees(company.bo, company.customer, "customer.change")
    assert not sees(company.bo, team_row)
    assert not sees(company.bo, company.customer, "customer.share")  # it would outlive the time
    delegating.end_delegation(made, by=fresh(company.bo))
    assert not sees(company.bo, company.customer)
    delegate(company, starts_at=timezone.now() + DAY, ends_at=timezone.now() + 2 * DAY)
    assert not sees(company.bo, company.customer)


def test_whoever_may_see_delegations_sees_those_of_others_too(company: Company) -> None:
    delegating.delegate(
        giver=company.anna, receiver=company.bo, by=company.anna, reason="on leave",
        starts_at=timezone.now(), ends_at=timezone.now() + DAY,
    )  # fmt: skip
    seen = {one.name: delegating.delegations_for(one).count()
            for one in (company.admin, company.anna, company.bo)}  # fmt: skip
    assert seen == {company.admin.name: 1, "Anna": 1, "Bo": 1}
    stranger = factories.user(Role.SALES, department=company.south)
    assert not delegating.delegations_for(stranger).exists()


def test_a_delegation_gives_the_less_of_both_roles(company: Company) -> None:
    service = factories.user(Role.SERVICE, department=company.south)
    delegate(company, receiver=service)
    levels = access.levels_at(fresh(service), "customer", company.customer)
    assert levels["phone"] is Level.MASKED  # the seller writes it; service sees it masked
    reader = factories.user(Role.READ_ONLY)
    delegate(company, receiver=reader)
    assert sees(reader, company.customer)
    assert not sees(reader, company.customer, "customer.change")


def test_a_delegation_cannot_be_handed_on_nor_outlive_its_giver(company: Company) -> None:
    third = factories.user(Role.SALES, department=factories.department("West"))
    delegate(company)
    delegate(company, giver=company.bo, receiver=third, by=company.bo)
    assert not sees(third, company.customer)
    User.objects.filter(pk=company.anna.pk).update(is_active=False)
    assert not sees(company.bo, company.customer)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: {"receiver": c.anna},
        lambda c: {"ends_at": timezone.now() - DAY / 2},
        lambda c: {"ends_at": timezone.now() + 400 * DAY},
        lambda c: {"reason": ""},
        lambda c: {"receiver": factories.user(Role.SALES, closed=True)},
    ],
)
def test_a_delegation_that_makes_no_sense_is_refused(
    company: Company, wrong: Callable[[Company], dict[str, object]]
) -> None:
    with pytest.raises(NotAllowed):
        delegate(company, **wrong(company))


def test_nobody_delegates_or_ends_what_belongs_to_others(company: Company) -> None:
    with pytest.raises((Denied, OutOfSight)):
        delegate(company, by=company.bo)
    made = delegate(company, by=company.admin)  # somebody who fell ill
    stranger = factories.user(Role.SALES)
    with pytest.raises((Denied, OutOfSight)):
        delegating.end_delegation(made, by=stranger)
    assert set(delegating.delegations_for(company.bo)) == {made}
    assert not delegating.delegations_for(stranger)
    assert set(delegating.delegations_for(company.admin)) == {made}
    delegating.end_delegation(made, by=company.anna)
    delegating.end_delegation(made, by=company.anna)
    assert AuditPending.objects.filter(verb="delegation.ended").count() == 1


def territory(company: Company, *rules: Rule, may_change: bool = False) -> None:
    territories.keep_territory(
        None, by=company.admin, name_zh="华东", name_en="East", rules=rules,
        members=[Member(company.bo, may_change)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "inside"),
    [
        (Rule(country="中国"), True),
        (Rule(country="中国", province="浙江"), True),
        (Rule(province="浙江", city="杭州"), True),
        (Rule(country="中国", province="江苏"), False),
        (Rule(city="宁波"), False),
    ],
)
def test_a_territory_opens_the_rows_that_lie_in_it(
    company: Company, rule: Rule, inside: bool
) -> None:
    territory(company, rule)
    assert sees(company.bo, company.customer) is inside
    assert not sees(company.bo, company.customer, "customer.change")


def test_a_territory_by_department_counts_those_below(company: Company) -> None:
    row = people.customer("沈言", department=company.shop, city="杭州")
    territory(company, Rule(department=company.north, city="杭州"), Rule(city="温州"))
    assert sees(company.bo, row)
    Customer.objects.filter(pk=row.pk).update(department=company.south, owner=company.admin)
    row.refresh_from_db()
    assert sees(company.bo, row)  # their own department
    Customer.objects.filter(pk=row.pk).update(department=None)
    row.refresh_from_db()
    assert not sees(company.bo, row)


def test_who_only_looks_at_a_territory_sees_addresses_masked(company: Company) -> None:
    territory(company, Rule(city="杭州"))
    assert access.levels_at(fresh(company.bo), "customer", company.customer)["phone"] is (
        Level.MASKED
    )


def test_who_works_in_a_territory_treats_its_rows_as_their_own(company: Company) -> None:
    territory(company, Rule(city="杭州"), may_change=True)
    assert sees(company.bo, company.customer, "customer.change")
    assert access.levels_at(fresh(company.bo), "customer", company.customer)["phone"] is (
        Level.WRITE
    )


def test_a_territory_changes_as_a_whole_and_goes_at_once(company: Company) -> None:
    territory(company, Rule(city="杭州"))
    kept = territories.territory_list().get()
    changed = territories.keep_territory(
        kept, by=company.admin, name_zh="华东", name_en="East", rules=[Rule(city=" 宁波 ")],
        members=[Member(company.bo, False)],
    )  # fmt: skip
    assert not sees(company.bo, company.customer)
    assert changed.rules.get().city == "宁波"
    territories.remove_territory(changed, by=company.admin)
    assert not territories.territory_list()


def test_a_territory_says_where_it_lies_and_is_drawn_by_who_sees_all(company: Company) -> None:
    with pytest.raises(NotAllowed):
        territory(company, Rule())
    with pytest.raises(NotAllowed):
        territory(company, *(Rule(city=str(n)) for n in range(201)))
    with pytest.raises(Denied):
        territories.keep_territory(
            None, by=factories.user(Role.MANAGER), name_zh="x", name_en="x",
            rules=[Rule(city="x")], members=[],
        )  # fmt: skip


def test_a_stranger_has_no_way_to_any_row(company: Company) -> None:
    territory(company, Rule(city="杭州"))
    assert access.ways(AnonymousUser(), access.resources()["customer"]) == []
    assert not access.seen_rows(AnonymousUser(), "customer").everything


def test_all_forms_cost_one_query_together(
    company: Company, django_assert_num_queries: Callable[[int], object]
) -> None:
    me = fresh(company.bo)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        for action in ("see", "change", "tag"):
            access.scope_rows(me, f"customer.{action}")
            access.can_reach(me, f"customer.{action}", company.customer)
        access.levels_at(me, "customer", company.customer)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_condition_says_of_each_row_what_is_said_of_the_row_in_hand(
    company: Company, data: st.DataObject
) -> None:
    """However the ways add up: the queryset, the SQL and the single row agree."""
    departments: list[Department | None] = [None, company.north, company.shop, company.south]
    owners: list[User | None] = [None, company.anna, company.bo]
    role = data.draw(st.sampled_from(list(Role)))
    me = factories.user(role, department=data.draw(st.sampled_from(departments)))
    if data.draw(st.booleans()):
        rules = data.draw(
            st.lists(st.builds(Rule, city=st.sampled_from(["", "杭州", "宁波"]),
                               province=st.sampled_from(["", "浙江"]),
                               department=st.sampled_from(departments)), min_size=1, max_size=3)
        )  # fmt: skip
        if any(rule.says_something for rule in rules):
            number = User.objects.count()
            territories.keep_territory(
                None, by=company.admin, name_zh=f"t{number}", name_en=f"t{number}", rules=rules,
                members=[Member(me, data.draw(st.booleans()))],
            )  # fmt: skip
    if data.draw(st.booleans()):
        delegate(company, receiver=me)
    row = people.customer(
        "x", owner=data.draw(st.sampled_from(owners)),
        department=data.draw(st.sampled_from(departments)),
        city=data.draw(st.sampled_from(["", "杭州", "宁波"])), province="浙江",
    )  # fmt: skip
    for action in ("see", "change", "reveal"):
        sees(me, row, f"customer.{action}")
