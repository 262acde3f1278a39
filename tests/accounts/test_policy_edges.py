"""The branches of the policy that no use case passes: explanations word by word, and edges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ProgrammingError
from django.utils import timezone, translation

from tests import factories
from tests.customers import people
from zhiyin.accounts import (
    access,
    delegating,
    policy,
    policy_changes,
    policy_document,
    policy_words,
    row_security,
    seat,
    sharing,
    territories,
)
from zhiyin.accounts.access import Denied, Grant, Level, PolicyError, Resource, Scope, Sensitivity
from zhiyin.accounts.explaining import explain, who_can_see
from zhiyin.accounts.models import PolicyVersion, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role
from zhiyin.accounts.territories import Member, Rule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield
    policy_changes.forget()


def told(user: User, row: Any) -> tuple[list[str], list[str]]:
    found = explain(User.objects.get(pk=user.pk), "customer.see", row)
    assert found.allowed is bool(found.open)
    return [one.text for one in found.open], [one.text for one in found.near]


def test_each_way_by_a_role_is_told_where_it_opens_and_where_it_does_not() -> None:
    north, south = factories.department(), factories.department()
    sales = factories.user(Role.SALES, department=north)
    service = factories.user(Role.SERVICE, department=north)
    mine = people.customer(owner=sales, department=north)
    team = people.customer(department=north)
    other = people.customer(department=south)
    own = "It belongs to them, and their role opens what is their own."
    assert told(sales, mine)[0] == [own, own]
    assert told(sales, team) == (
        ["It belongs to their department, and their role opens that."],
        ["Their role opens what is their own; this belongs to somebody else."],
    )
    assert told(sales, other)[1] == [
        "Their role opens their department; this belongs to another one.",
        "Their role opens what is their own; this belongs to somebody else.",
    ]
    assert told(service, team)[0] == [
        "It belongs to their department or one below, and their role opens those."
    ]
    assert told(service, other)[1] == [
        "Their role opens their department and those below; this belongs to another one."
    ]
    assert told(factories.user(Role.ANALYST), other)[0] == [
        "Their role opens every record of this kind."
    ]
    first = explain(service, "customer.see", team).open[0]
    assert (len(first.actions), first.hidden) == (4, 1)
    assert told(factories.user(Role.SALES, closed=True), mine) == ([], [])


def test_each_way_besides_the_role_is_told_by_name() -> None:
    north, south = factories.department(), factories.department("South")
    admin = factories.user(Role.ADMINISTRATOR)
    anna = factories.user(Role.SALES, department=north, name="Anna")
    bo = factories.user(Role.SALES, department=south, name="Bo")
    hers = people.customer(owner=anna, department=north, city="杭州")
    other = people.customer(department=north, city="北京")
    sharing.share("customer", hers, by=anna, user=bo, reason="x")
    sharing.share("customer", hers, by=anna, department=south, reason="x")
    territories.keep_territory(
        None, by=admin, name_zh="东", name_en="East", rules=[Rule(city="杭州")],
        members=[Member(bo, False)],
    )  # fmt: skip
    delegating.delegate(
        giver=anna, receiver=bo, starts_at=timezone.now() - DAY, ends_at=timezone.now() + DAY,
        reason="x", by=anna,
    )  # fmt: skip
    assert set(told(bo, hers)[0]) == {
        "It lies in the territory East, where they work.", "Anna shared it with them.",
        "Anna shared it with the department South.", "They stand in for Anna, to whom it belongs.",
    }  # fmt: skip
    near = told(bo, other)[1]
    assert "They work in the territory East, but it lies outside." in near
    assert "They stand in for Anna, but it belongs to somebody else." in near
    assert near.count("Another record was shared with them, not this one.") == 2


def test_who_can_see_a_row_is_grouped_by_the_first_reason() -> None:
    top = factories.department()
    shop = factories.department(parent=top)
    owner = factories.user(Role.SALES, department=shop, name="Owner")
    row = people.customer(owner=owner, department=shop)
    near = [
        owner,
        factories.user(Role.ANALYST, name="All"),
        factories.user(Role.SALES, department=shop, name="Team"),
        factories.user(Role.SERVICE, department=top, name="Above"),
        factories.user(Role.SALES, department=top, name="Not"),
    ]
    groups = {one.why: one.names for one in who_can_see(access.resources()["customer"], row, near)}
    assert groups == {
        "Owner": ["Owner"], "Role: Analyst": ["All"], "Same department": ["Team"],
        "Department above": ["Above"],
    }  # fmt: skip
    lonely = people.customer()
    found = who_can_see(access.resources()["customer"], lonely, near)
    assert [one.names for one in found] == [["All"]]


def test_a_share_is_refused_where_it_would_open_more_than_the_giver_may(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north = factories.department()
    anna, bo = (factories.user(Role.SALES, department=north) for _ in range(2))
    row = people.customer(owner=anna, department=north)
    sharer = Grant(Scope.OWN, {"see", "share"})
    built_in = policy.resource_named("customer").grants
    seller = policy.supposing({"customer": {**built_in, Role.SALES: sharer}})
    with seller, pytest.raises(NotAllowed, match="may not change"):
        sharing.share("customer", row, by=anna, user=bo, reason="x", may_change=True)
    blind = policy.supposing({"customer": {**built_in, Role.DPO: ()}})
    with blind, pytest.raises(NotAllowed, match="role opens no records"):
        sharing.share("customer", row, by=anna, user=factories.user(Role.DPO), reason="x")


def test_a_territory_is_drawn_only_by_who_sees_all_that_it_can_hold() -> None:
    north = factories.department()
    leader = factories.user(Role.MANAGER, department=north)
    rules = {"territory": {Role.MANAGER: Grant(Scope.ALL, {"see", "change"})}}
    with policy.supposing(rules), pytest.raises(Denied):
        territories.keep_territory(
            None, by=leader, name_zh="东", name_en="East", rules=[Rule(city="杭州")], members=[]
        )
    assert territories.members_of([leader], [leader.pk]) == [Member(leader, True)]


def test_a_resource_may_follow_places_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_resources", dict(policy._resources))
    placed = access.register(
        Resource(
            name="letter", actions=frozenset({"see"}), owner=None, department=None,
            fields={"phone": Sensitivity.PERSONAL}, places=("country", "province", "city"),
            grants={Role.SALES: Grant(Scope.ALL, {"see"}), Role.DPO: Grant(Scope.NONE, {"see"})},
        )
    )  # fmt: skip
    assert [way.scope for way in access.ways(factories.user(Role.SALES), placed)] == [Scope.ALL]
    assert access.ways(factories.user(Role.DPO), placed) == []
    with pytest.raises(PolicyError, match="twice"):
        access.register(Resource(name="letter", actions=frozenset(), grants={}))
    way = access.ways(factories.user(Role.SALES), placed)[0]
    assert way.level_of("phone", None) is Level.MASKED
    assert way.level_of("own field", None) is Level.HIDDEN
    assert way.level_of("own field", Sensitivity.PLAIN) is Level.READ


def test_a_token_takes_away_what_it_does_not_name() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    user.token = SimpleNamespace(scopes=["read"])  # type: ignore[assignment]
    assert access.scope_of(user, "customer.change") is Scope.NONE
    assert access.scope_of(user, "customer.see") is Scope.ALL


def test_before_the_first_migration_the_policy_is_built_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_table(*_: object) -> object:
        raise ProgrammingError

    with monkeypatch.context() as patched:
        patched.setattr(PolicyVersion.objects, "order_by", no_table)
        policy_changes.refresh()
    assert policy_changes.grants_of("customer") is None
    PolicyVersion.objects.create(number=1, grants={}, by=factories.user(Role.ADMINISTRATOR))
    policy_changes.refresh()
    policy_changes.refresh()  # the same version is not read twice
    assert policy_document.differing({"dragon": {"sales": []}}, {}) == {}


def test_the_same_rights_written_otherwise_are_told_as_such() -> None:
    admin = factories.user(Role.ADMINISTRATOR)
    twice = [Grant(scope, {"see"}) for scope in (Scope.TEAM, Scope.ALL)]
    policy_changes.draft("customer", Role.ANALYST, twice, by=admin)
    shown = policy_changes.proposal()
    assert shown is not None
    (change,) = policy_words.in_words(shown)
    assert [one.text for one in change.lines] == ["Written otherwise, to the same effect."]


@pytest.mark.parametrize(
    ("role", "error"), [("pg_monitor", ImproperlyConfigured), ("", ProgrammingError)]
)
def test_a_role_that_may_not_be_had_is_told_and_another_fault_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, role: str, error: type[Exception]
) -> None:
    monkeypatch.setattr(row_security, "ROLES", (role,))
    with pytest.raises(error):
        row_security._make_roles()


def test_a_seat_that_could_not_be_found_is_looked_for_again() -> None:
    def fails() -> seat.Seat:
        raise RuntimeError

    with seat.seated(seat.NOBODY):
        seat.sit(fails)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                seat.current()
        seat.sit(lambda: seat.EVERYTHING)
        assert seat.current() == seat.EVERYTHING == seat.current()


def test_what_may_be_asked_about_is_what_the_rows_open_least_let_read() -> None:
    """The team's rows and each shared one count by themselves, however open one's own are."""
    north = factories.department()
    anna, bo = (factories.user(Role.SALES, department=north) for _ in range(2))
    row = people.customer(owner=anna)
    sharing.share("customer", row, by=anna, user=bo, reason="x")
    team, shared = access.outermost_ways(User.objects.get(pk=bo.pk), "customer")
    assert [way.levels["phone"] for way in team] == [Level.MASKED]
    assert [way.source for way in shared] != [None]
    assert access.outermost_ways(factories.user(closed=True), "customer") == [[]]
