"""Whose a customer or a company is, the API writes for those alone whom the policy lets assign."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.accounts.test_tokens import bearer, token_for
from tests.api.desk import API, Desk
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, ProfileChange

pytestmark = pytest.mark.django_db
JSON = "application/json"
KINDS = ("customers", "companies")


def row_of(desk: Desk, kind: str) -> Customer | Company:
    if kind == "customers":
        return desk.customer()
    return Company.objects.create(name="远帆", owner=desk.sales, department=desk.ours)


@pytest.mark.parametrize("kind", KINDS)
class TestWhose:
    def test_a_manager_gives_a_record_to_a_colleague(self, kind: str) -> None:
        desk = Desk()
        row = row_of(desk, kind)
        given = {"version": 1, "city": "上海", "owner": str(desk.colleague.pk)}
        answer = desk.client(Role.MANAGER).patch(f"{API}/{kind}/{row.pk}", given, JSON)
        assert answer.status_code == 200, answer.json()
        assert answer.json()["owner"]["id"] == str(desk.colleague.pk)
        row.refresh_from_db()
        assert (row.owner, row.city, row.version) == (desk.colleague, "上海", 3)
        resource = "customer" if kind == "customers" else "company"
        assert AuditPending.objects.filter(verb=f"{resource}.changed").count() == 2
        if kind == "customers":
            assert ProfileChange.objects.filter(field="owner_id").exists()

    def test_null_leaves_it_to_nobody_and_me_takes_it(self, kind: str) -> None:
        desk = Desk()
        client, place = desk.client(Role.MANAGER), f"{API}/{kind}/{row_of(desk, kind).pk}"
        freed = client.patch(place, {"version": 1, "owner": None}, JSON)
        assert freed.json()["owner"] is None
        taken = client.patch(place, {"version": 2, "owner": "me"}, JSON)
        assert taken.json()["owner"]["id"] == str(desk.people[Role.MANAGER].pk)

    @pytest.mark.parametrize("role", [Role.SALES, Role.SERVICE])
    @pytest.mark.parametrize("field", ["owner", "department"])
    def test_who_may_change_but_not_assign_is_refused_by_name(
        self, kind: str, role: Role, field: str
    ) -> None:
        desk = Desk()
        row = row_of(desk, kind)
        claim = desk.people[role].pk if field == "owner" else desk.theirs.pk
        answer = desk.client(role).patch(
            f"{API}/{kind}/{row.pk}", {"version": 1, "city": "上海", field: str(claim)}, JSON
        )
        assert answer.status_code == 403
        assert [one["field"] for one in answer.json()["errors"]] == [field]
        before = row.city
        row.refresh_from_db()
        assert (row.owner, row.department, row.city) == (desk.sales, desk.ours, before)

    def test_a_token_without_the_permission_assigns_nothing(self, kind: str) -> None:
        desk = Desk()
        row = row_of(desk, kind)
        resource = "customer" if kind == "customers" else "company"
        scopes = [f"{resource}.{action}" for action in ("see", "change", "assign")]
        given = {"version": 1, "owner": "me"}
        narrow = bearer(token_for(desk.admin, *scopes[:2]))
        assert narrow.patch(f"{API}/{kind}/{row.pk}", given, JSON).status_code == 403
        wide = bearer(token_for(desk.admin, *scopes))
        assert wide.patch(f"{API}/{kind}/{row.pk}", given, JSON).status_code == 200

    @pytest.mark.parametrize("whom", ["stranger", "nobody", "words"])
    def test_whom_the_writer_may_not_name_is_a_wrong_value(self, kind: str, whom: str) -> None:
        desk = Desk()
        row = row_of(desk, kind)
        value = {"stranger": str(desk.stranger.pk), "nobody": str(row.pk), "words": "x"}[whom]
        answer = desk.client(Role.MANAGER).patch(
            f"{API}/{kind}/{row.pk}", {"version": 1, "city": "上海", "owner": value}, JSON
        )
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == ["owner"]
        row.refresh_from_db()
        assert row.version == 1

    def test_what_is_given_out_of_ones_own_sight_is_done_and_no_field_is_told(
        self, kind: str
    ) -> None:
        desk = Desk()
        row = row_of(desk, kind)
        client, place = desk.client(Role.MANAGER), f"{API}/{kind}/{row.pk}"
        given = {"version": 1, "owner": None, "department": str(desk.theirs.pk)}
        answer = client.patch(place, given, JSON)
        assert answer.status_code == 200, answer.content
        assert answer.json()["id"] == str(row.pk)
        assert not {"name", "phone", "city", "department", "owner"} & answer.json().keys()
        row.refresh_from_db()
        assert (row.owner, row.department) == (None, desk.theirs)
        assert client.get(place).status_code == 404

    def test_a_new_record_is_somebody_elses_from_the_start(self, kind: str) -> None:
        desk = Desk()
        given = {"name": "A", "owner": str(desk.colleague.pk)}
        made = desk.client(Role.MANAGER).post(f"{API}/{kind}", given, JSON)
        assert made.status_code == 201
        assert made.json()["owner"]["id"] == str(desk.colleague.pk)
        refused = desk.client(Role.SALES).post(f"{API}/{kind}", given, JSON)
        assert refused.status_code == 403
        assert [one["field"] for one in refused.json()["errors"]] == ["owner"]
        wrong = desk.client(Role.MANAGER).post(f"{API}/{kind}", {**given, "owner": "x"}, JSON)
        assert wrong.status_code == 422
        model = Customer if kind == "customers" else Company
        assert model.objects.count() == 1

    def test_rows_of_many_are_assigned_each_by_the_same_rules(self, kind: str) -> None:
        desk = Desk()
        mine, theirs = row_of(desk, kind), desk.customer(desk.stranger)
        rows: list[Any] = [
            {"id": str(mine.pk), "version": 1, "owner": str(desk.colleague.pk)},
            {"id": str(theirs.pk), "version": 1, "owner": str(desk.colleague.pk)},
            {"name": "N", "owner": str(factories.user(Role.SALES, department=desk.ours).pk)},
        ]
        for role, statuses in ((Role.SALES, [403, 404, 403]), (Role.MANAGER, [200, 404, 201])):
            answer = desk.client(role).post(f"{API}/{kind}/bulk", {"rows": rows}, JSON)
            assert [one["status"] for one in answer.json()["results"]] == statuses
        mine.refresh_from_db()
        assert mine.owner == desk.colleague
