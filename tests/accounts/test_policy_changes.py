"""Another policy: drafted, simulated on real people and rows, applied everywhere, taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import factories
from tests.customers import people
from zhiyin.accounts import (
    access,
    delegating,
    matrix,
    policy,
    policy_changes,
    policy_comparing,
    policy_document,
    policy_forms,
    policy_simulation,
    policy_words,
    row_security,
    seat,
    services,
)
from zhiyin.accounts.access import Denied, Grant, Level, OutOfSight, PolicyError, Scope
from zhiyin.accounts.models import AuditPending, PolicyDraft, PolicyVersion, User
from zhiyin.accounts.refusals import NotAllowed
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.objects import configuration
from zhiyin.objects.configuration import Refused

pytestmark = pytest.mark.django_db
SEE_OWN = Grant(Scope.OWN, {"see", "change"}, plain=Level.WRITE, personal=Level.READ)


@pytest.fixture(autouse=True)
def built_in() -> Iterator[None]:
    with translation.override("en"):
        yield
    policy_changes.forget()


@dataclass
class Company:
    def __post_init__(self) -> None:
        self.north, self.south = factories.department("North"), factories.department("South")
        self.admin = factories.user(Role.ADMINISTRATOR, name="Chief")
        self.analyst = factories.user(Role.ANALYST, department=self.north, name="Ann")
        self.seller = factories.user(Role.SALES, department=self.north, name="Sel")
        self.mine = people.customer("林静姝", owner=self.seller, department=self.north)
        self.team = people.customer("沈言", department=self.north)
        self.other = people.customer("刘备", department=self.south)


@pytest.fixture
def company() -> Company:
    return Company()


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def seen(user: User) -> set[str]:
    rows = access.scoped(fresh(user), Customer.objects.all(), "customer.see")
    return set(rows.values_list("name", flat=True))


def apply_draft(by: User, note: str = "") -> PolicyVersion:
    shown = policy_changes.proposal()
    assert shown is not None
    made = policy_changes.apply(by=by, number=shown.number, edit=shown.edit, note=note)
    policy_changes.refresh()  # what the commit does
    return made


def narrow(company: Company, role: Role = Role.ANALYST, *grants: Grant) -> None:
    policy_changes.draft("customer", role, grants, by=company.admin)


# ----- a draft holds nothing; what is applied holds for filters, rows in hand and the database


def test_a_draft_changes_nothing_until_it_is_applied(company: Company) -> None:
    narrow(company)
    assert seen(company.analyst) == {"林静姝", "沈言", "刘备"}
    apply_draft(company.admin)
    assert seen(company.analyst) == set()
    assert policy_changes.proposal() is None


def test_an_applied_policy_reaches_every_form_of_the_row_condition(company: Company) -> None:
    held = fresh(company.analyst)  # a user object that lives on
    assert access.can_see_row(held, "customer", company.other)
    narrow(company, Role.ANALYST, Grant(Scope.TEAM, {"see"}))
    apply_draft(company.admin)
    assert not access.can_see_row(held, "customer", company.other)
    assert access.can_see_row(held, "customer", company.team)
    assert seen(company.analyst) == {"林静姝", "沈言"}
    with seat.seated(row_security.seat_of(held)):  # what PostgreSQL itself lets through
        assert set(Customer.objects.values_list("name", flat=True)) == {"林静姝", "沈言"}


def test_a_single_field_can_be_set_apart_and_a_role_can_gain(company: Company) -> None:
    everything = Grant(Scope.ALL, {"see"}, personal=Level.READ, fields={"phone": Level.HIDDEN})
    narrow(company, Role.ANALYST, everything)
    apply_draft(company.admin)
    levels = access.levels_at(fresh(company.analyst), "customer", company.other)
    assert (levels["email"], levels["phone"]) == (Level.READ, Level.HIDDEN)


def test_another_process_takes_up_what_was_applied_here(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a second process: this one did not apply, it only serves the next request."""
    client = Client()
    client.force_login(company.analyst)
    address = reverse("customer", args=[company.other.pk])
    assert client.get(address).status_code == 200
    grants = {"customer": {"analyst": policy_document.write([Grant(Scope.TEAM, {"see"})])}}
    PolicyVersion.objects.create(number=1, grants=grants, by=company.admin)
    assert client.get(address).status_code == 200  # not looked yet
    monkeypatch.setattr(settings, "POLICY_SECONDS", 0.0)
    assert client.get(address).status_code == 404
    PolicyVersion.objects.all().delete()
    assert client.get(address).status_code == 200


def test_a_role_that_nobody_changed_keeps_following_the_release(company: Company) -> None:
    narrow(company)
    apply_draft(company.admin)
    sales = policy.resource_named("customer").grants_of([Role.SALES])
    assert sales == list(policy.resource_named("customer").grants[Role.SALES])  # type: ignore[arg-type]
    assert list(PolicyVersion.objects.get().grants) == ["customer"]
    assert list(PolicyVersion.objects.get().grants["customer"]) == ["analyst"]


def test_the_example_in_the_documentation_can_be_applied_as_it_stands() -> None:
    page = (matrix.PAGE.parent / "configuration.md").read_text(encoding="utf-8")
    example = json.loads("{" + page.split("```json\n")[1].split("```")[0] + "}")
    for key, said in example["policy"].items():
        name, _, role = key.partition(".")
        read = policy_document.read(policy.resource_named(name), Role(role), said)
        assert policy_document.write(read) == said


def test_an_old_version_gives_nothing_that_is_no_more() -> None:
    said = [
        {"scope": "all", "actions": ["see", "fly"], "fields": {"wings": "write", "city": "hidden"}},
        {"scope": "own", "actions": ["fly"]},
    ]
    held = policy_document.in_place({"customer": {"analyst": said}, "dragon": {"sales": said}})
    assert list(held) == ["customer"]
    grants = policy_document.granted(
        policy.resource_named("customer"), held["customer"], Role.ANALYST
    )
    assert [(one.actions, one.fields) for one in grants] == [
        (frozenset({"see"}), {"city": Level.HIDDEN})
    ]
    assert (
        policy_document.in_place({"department": {"sales": [{"scope": "own", "actions": ["see"]}]}})[
            "department"
        ][Role.SALES]
        == ()
    )


# ----- who gains, who loses


def effects(company: Company) -> dict[tuple[str, str], policy_simulation.Effect]:
    shown = policy_changes.proposal()
    assert shown is not None
    found = policy_simulation.simulate(shown)
    return {(one.user.name, one.resource.name): one for one in found.effects}


def test_the_simulation_counts_real_rows_for_each_named_user(company: Company) -> None:
    narrow(company, Role.ANALYST, Grant(Scope.TEAM, {"see"}))
    narrow(company, Role.SALES, Grant(Scope.DEPARTMENT, {"see"}, personal=Level.READ))
    found = effects(company)
    assert set(found) == {("Ann", "customer"), ("Sel", "customer")}
    ann, sel = found["Ann", "customer"], found["Sel", "customer"]
    assert ann.rows == (policy_simulation.RowCount("see", 0, 1),)
    assert (ann.gains, ann.loses) == (False, True)
    lost = {one.action for one in sel.what.actions if not one.gains}
    assert lost == {"add", "change", "reveal", "share", "tag"}
    assert {(one.action, one.gained, one.lost) for one in sel.rows} == {
        (action, 0, 1) for action in lost
    }
    assert sel.gains  # the team's numbers whole
    assert ann.through == ("analyst",)
    assert seen(company.analyst) == {"林静姝", "沈言", "刘备"}  # supposing left nothing behind


def test_the_simulation_says_what_then_happens(company: Company) -> None:
    """For every role and some drafts: what was foretold is what applying does."""
    users = [factories.user(role, department=company.north, name=role.value) for role in Role]
    for role, grants in (
        (Role.READ_ONLY, [Grant(Scope.ALL, {"see", "tag"})]),
        (Role.MANAGER, [SEE_OWN, Grant(Scope.TEAM, {"see"})]),
        (Role.SERVICE, []),
    ):
        narrow(company, role, *grants)
    before = {one.pk: seen(one) for one in users}
    found = effects(company)
    apply_draft(company.admin)
    for one in users:
        after = seen(one)
        foretold = found.get((one.name, "customer"))
        counts = {c.action: (c.gained, c.lost) for c in foretold.rows} if foretold else {}
        actual = (len(after - before[one.pk]), len(before[one.pk] - after))
        assert counts.get("see", (0, 0)) == actual, one.name


def test_who_acts_for_a_colleague_is_affected_by_the_colleagues_role(company: Company) -> None:
    helper = factories.user(Role.MANAGER, department=company.south, name="Hel")
    now = company.mine.created_at
    delegating.delegate(
        giver=company.seller, receiver=helper, starts_at=now,
        ends_at=now.replace(year=now.year + 1), reason="ill", by=company.admin,
    )  # fmt: skip
    assert seen(helper) == {"林静姝", "刘备"}
    narrow(company, Role.SALES)
    assert effects(company)["Hel", "customer"].rows[0] == policy_simulation.RowCount("see", 0, 1)


def test_the_diff_is_told_in_words_of_both_languages(company: Company) -> None:
    narrow(company, Role.ANALYST, Grant(Scope.TEAM, {"see", "tag"}, personal=Level.READ))
    shown = policy_changes.proposal()
    assert shown is not None
    told = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            (change,) = policy_words.in_words(shown)
            told[language] = [change.name, *(one.text for one in change.lines)]
    assert told["en"][:3] == ["Customers", "May see: all → team", "May tag: team"]
    assert told["zh-hans"][:3] == ["客户", "「查看」范围：全部 → 本部门", "新增「打标签」：本部门"]
    assert any("masked → read" in one for one in told["en"])
    narrow(company)
    shown = policy_changes.proposal()
    assert shown is not None
    with translation.override("en"):
        lines = policy_words.in_words(shown)[0].lines
    assert lines[0].text == "May no longer see (was: all)"


def test_every_resource_action_and_field_has_a_name_in_chinese() -> None:
    with translation.override("zh-hans"):
        for resource in policy.resources().values():
            if resource.fixed:
                continue
            names = [policy_words.name_of(resource), *policy_words.field_names(resource).values()]
            names += [str(policy_words.ACTIONS[action]) for action in resource.actions]
            bare = [one for one in names if one.isascii() and one.lower() == one]
            assert bare == [], resource.name


# ----- what may not be


def test_nobody_saws_off_the_branch_they_sit_on(company: Company) -> None:
    policy_changes.draft("policy", Role.ADMINISTRATOR, [], by=company.admin)
    with pytest.raises(NotAllowed, match="yourself"):
        apply_draft(company.admin)
    assert not PolicyVersion.objects.exists()


def test_a_person_and_not_only_a_program_keeps_the_right(company: Company) -> None:
    robot = factories.user(Role.ANALYST, name="Robot")
    User.objects.filter(pk=robot.pk).update(kind=User.Kind.SERVICE)
    User.objects.exclude(pk__in=[robot.pk, company.admin.pk]).update(is_active=False)
    change = Grant(Scope.ALL, {"see", "change"})
    policy_changes.draft("policy", Role.ANALYST, [change], by=company.admin)
    apply_draft(company.admin)
    policy_changes.draft("policy", Role.ADMINISTRATOR, [], by=company.admin)
    with pytest.raises(NotAllowed, match="Nobody"):
        apply_draft(fresh(robot))


def test_the_last_who_may_change_the_policy_stays(company: Company) -> None:
    second = factories.user(Role.ADMINISTRATOR)
    change = Grant(Scope.ALL, {"see", "change"})
    policy_changes.draft("policy", Role.ANALYST, [change], by=company.admin)
    policy_changes.draft("policy", Role.ADMINISTRATOR, [], by=company.admin)
    both = factories.user(Role.ADMINISTRATOR, Role.ANALYST)
    company.analyst.is_active = False
    company.analyst.save()
    apply_draft(both)
    with pytest.raises(NotAllowed, match="Nobody"):
        services.deactivate_user(both, by=second)
    with pytest.raises(NotAllowed, match="Nobody"):
        services.change_user(
            both, by=second, name=both.name, roles=[Role.ADMINISTRATOR], department=None
        )


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_who_may_not_change_the_policy_can_do_none_of_it(company: Company, role: Role) -> None:
    user = factories.user(role)
    for deed in (
        lambda: policy_changes.draft("customer", Role.SALES, [], by=user),
        lambda: policy_changes.discard(by=user),
        lambda: policy_changes.apply(by=user, number=0, edit=1),
        lambda: policy_changes.go_back(0, by=user),
        lambda: policy_changes.draft_going_back(0, by=user),
        lambda: policy_changes.put({}, by=user),
    ):
        with pytest.raises(Denied):
            deed()
    assert not PolicyDraft.objects.exists()


@pytest.mark.parametrize(
    ("resource", "role", "said"),
    [
        ("customer", "sales", [{"scope": "all", "actions": ["fly"]}]),
        ("customer", "sales", [{"scope": "all", "actions": ["see"], "fields": {"x": "read"}}]),
        ("customer", "sales", [{"scope": "moon", "actions": ["see"]}]),
        ("customer", "sales", [{"scope": "own", "actions": ["see"]}] * 2),
        ("customer", "king", []),
        ("department", "sales", [{"scope": "own", "actions": ["see"]}]),
        ("account", "sales", []),
        ("dragon", "sales", []),
        ("customer", "sales", "everything"),
    ],
)
def test_a_policy_that_says_what_cannot_be_is_refused(
    company: Company, resource: str, role: str, said: Any
) -> None:
    with pytest.raises(PolicyError):
        policy_changes.put({resource: {role: said}}, by=company.admin)
    assert not PolicyVersion.objects.exists()


def test_a_draft_that_changed_since_it_was_looked_at_is_not_applied(company: Company) -> None:
    narrow(company)
    shown = policy_changes.proposal()
    assert shown is not None
    narrow(company, Role.ANALYST, Grant(Scope.ALL, {"see", "export"}))
    with pytest.raises(NotAllowed, match="Look again"):
        policy_changes.apply(by=company.admin, number=shown.number, edit=shown.edit)
    with pytest.raises(NotAllowed, match="Look again"):
        policy_changes.apply(by=company.admin, number=7, edit=shown.edit + 1)
    policy_changes.discard(by=company.admin)
    policy_changes.discard(by=company.admin)  # once more is no error
    with pytest.raises(NotAllowed, match="no draft"):
        policy_changes.apply(by=company.admin, number=0, edit=1)


def test_two_who_apply_at_once_make_one_version_and_the_other_is_told(company: Company) -> None:
    narrow(company)
    shown = policy_changes.proposal()
    assert shown is not None
    policy_changes.apply(by=company.admin, number=0, edit=shown.edit)
    with pytest.raises(NotAllowed):
        policy_changes.apply(by=company.admin, number=0, edit=shown.edit)
    assert PolicyVersion.objects.count() == 1


# ----- back


def test_any_earlier_version_holds_again_and_the_audit_says_so(company: Company) -> None:
    narrow(company, Role.ANALYST, Grant(Scope.TEAM, {"see"}))
    apply_draft(company.admin, note=" first   try ")
    narrow(company)
    apply_draft(company.admin)
    assert seen(company.analyst) == set()
    policy_changes.go_back(1, by=company.admin)
    policy_changes.refresh()
    assert seen(company.analyst) == {"林静姝", "沈言"}
    policy_changes.go_back(0, by=company.admin)
    policy_changes.refresh()
    assert seen(company.analyst) == {"林静姝", "沈言", "刘备"}
    assert [(v.number, v.went_back_to, v.note) for v in policy_changes.versions()] == [
        (4, 0, ""), (3, 1, ""), (2, None, ""), (1, None, "first try"),
    ]  # fmt: skip
    entries = AuditPending.objects.filter(verb="policy.applied").order_by("id")
    assert [one.detail["changed"] for one in entries] == [["customer.analyst"]] * 4
    assert [one.detail["went_back_to"] for one in entries] == [None, None, 1, 0]
    for number in (4, 9):
        with pytest.raises(OutOfSight):
            policy_changes.go_back(number, by=company.admin)


def test_going_back_can_be_looked_at_first(company: Company) -> None:
    narrow(company)
    apply_draft(company.admin)
    policy_changes.draft_going_back(0, by=company.admin)
    assert effects(company)["Ann", "customer"].rows == (policy_simulation.RowCount("see", 3, 0),)
    apply_draft(company.admin)
    assert PolicyVersion.objects.get(pk=2).grants == {}
    with pytest.raises(OutOfSight):
        policy_changes.draft_going_back(9, by=company.admin)
    policy_changes.draft_going_back(2, by=company.admin)
    assert policy_changes.proposal() is None  # nothing differs


# ----- the configuration file


def test_the_configuration_file_carries_the_policy_and_brings_it_back(company: Company) -> None:
    before = configuration.export()
    held = json.loads(before)["policy"]
    assert held["customer.marketer"][0]["actions"] == ["export", "see", "tag"]
    assert not any(key.startswith(("account.", "console.")) for key in held)
    narrow(company, Role.ANALYST, Grant(Scope.TEAM, {"see"}, fields={"city": Level.HIDDEN}))
    apply_draft(company.admin)
    after = configuration.export()
    (step,) = configuration.plan(configuration.read(before))
    assert (step.section, step.key) == ("policy", "customer.analyst")
    configuration.apply(configuration.read(before), by=company.admin)
    policy_changes.refresh()
    assert configuration.export() == before
    configuration.apply(configuration.read(after), by=company.admin)
    policy_changes.refresh()
    assert seen(company.analyst) == {"林静姝", "沈言"}
    assert PolicyVersion.objects.count() == 3


def test_a_file_that_would_lock_everybody_out_is_refused(company: Company) -> None:
    wanted = json.loads(configuration.export())["policy"]
    del wanted["policy.administrator"]
    with pytest.raises(Refused, match="yourself"):
        configuration.apply({"policy": wanted}, by=company.admin, allow_destructive=True)
    assert not PolicyVersion.objects.exists()


def test_a_file_may_move_the_right_to_another_role_in_one_go(company: Company) -> None:
    wanted = json.loads(configuration.export())["policy"]
    both = factories.user(Role.ADMINISTRATOR, Role.DPO)
    wanted["policy.dpo"] = wanted.pop("policy.administrator")
    configuration.apply({"policy": wanted}, by=both, allow_destructive=True)
    policy_changes.refresh()
    assert not access.allowed(fresh(company.admin), "policy.change")
    assert PolicyVersion.objects.count() == 1


# ----- the parts


def test_every_built_in_grant_survives_being_written_down() -> None:
    for resource in policy.resources().values():
        if resource.fixed:
            continue
        for role in Role:
            grants = policy_document.granted(resource, resource.grants, role)
            back = policy_document.read(
                resource, role, json.loads(json.dumps(policy_document.write(grants)))
            )
            assert not policy_comparing.compare(resource, grants, back)
            assert back == grants


def test_how_grants_are_cut_is_no_difference() -> None:
    customer = policy.resource_named("customer")
    one = [Grant(Scope.ALL, {"see", "tag"})]
    two = [Grant(Scope.TEAM, {"see", "tag"}), Grant(Scope.ALL, {"see", "tag"})]
    assert not policy_comparing.compare(customer, one, two)
    wider = policy_comparing.compare(customer, [SEE_OWN], [*one, SEE_OWN])
    assert (wider.gains, wider.loses) == (True, False)


def test_the_form_of_a_role_reads_back_as_it_was_shown() -> None:
    for resource in policy.resources().values():
        for role in Role:
            grants = policy_document.granted(resource, resource.grants, role)
            sent = QueryDict(mutable=True)
            for card in policy_forms.cards(resource, grants):
                sent.setlist(f"{card.scope}.action", [b.value for b in card.boxes if b.on])
                for choice in (*card.kinds, *card.fields):
                    assert choice.value in [value for value, _ in choice.options]
                    sent[choice.name] = choice.value
            back = policy_forms.read(resource, sent)
            assert not policy_comparing.compare(resource, grants, back)
    with pytest.raises(PolicyError):
        policy_forms.read(
            policy.resource_named("customer"), QueryDict("own.action=see&own.plain=gold")
        )


def test_versions_are_numbered_by_the_database(company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint where conrelid = 'accounts_policyversion'::regclass"
        )
        assert {"policy_version_from_one", "policy_goes_back_to_an_earlier_one"} <= {
            name for (name,) in cursor.fetchall()
        }
