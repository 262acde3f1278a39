"""The other rooms over HTTP: me, models, imports, sources, campaigns."""

from __future__ import annotations

import pytest

from tests.api.desk import API, Desk, ids
from zhiyin.accounts.roles import Role
from zhiyin.collect.models import Import
from zhiyin.engage.models import Campaign

pytestmark = pytest.mark.django_db


def test_everybody_learns_who_they_are_and_what_they_may() -> None:
    desk = Desk()
    for role, user in desk.people.items():
        answer = desk.client(role).get(f"{API}/me").json()
        assert answer["id"] == str(user.pk)
        assert answer["department"]["name"] == "Ours"
        assert ("segment.change" in answer["permissions"]) is (
            role in {Role.ADMINISTRATOR, Role.MANAGER, Role.MARKETER, Role.ANALYST}
        )


def test_imports_of_others_are_not_there() -> None:
    desk = Desk()
    manager = desk.people[Role.MANAGER]
    mine, other = (
        Import.objects.create(file_name="a.csv", file_digest="0" * 64, path="secret", owner=owner)
        for owner in (manager, desk.admin)
    )
    client = desk.client(Role.MANAGER)
    assert ids(client.get(f"{API}/imports")) == {str(mine.pk)}
    assert client.get(f"{API}/imports/{other.pk}").status_code == 404
    answer = client.get(f"{API}/imports/{mine.pk}")
    assert answer.json()["owner"]["id"] == str(manager.pk)
    assert "secret" not in answer.content.decode()


def test_pages_of_imports_hold_each_once() -> None:
    desk = Desk()
    made = {
        str(Import.objects.create(file_digest="0" * 64, path="x", owner=desk.admin).pk)
        for _ in range(5)
    }
    client, found, cursor = desk.client(Role.ADMINISTRATOR), [], ""
    while cursor is not None:
        page = client.get(f"{API}/imports", {"limit": 2, "cursor": cursor}).json()
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert len(found) == 5
    assert set(found) == made


def test_models_and_sources_are_told_without_paths() -> None:
    desk = Desk()
    desk.furnish()
    client = desk.client(Role.READ_ONLY)
    (model,) = client.get(f"{API}/models").json()["items"]
    assert (model["name"], model["state"]) == ("churn", "model")
    assert "path" not in model
    (source,) = client.get(f"{API}/sources").json()["items"]
    assert (source["zh"], source["en"]) == ("商店", "Shop")


def test_a_campaign_tells_what_it_added_once_it_was_launched() -> None:
    desk = Desk()
    desk.furnish()
    client = desk.client(Role.SALES)
    assert len(ids(client.get(f"{API}/campaigns"))) == 2
    draft, launched = Campaign.objects.order_by("created_at")
    assert client.get(f"{API}/campaigns/{draft.pk}/result").status_code == 409
    answer = client.get(f"{API}/campaigns/{launched.pk}/result")
    assert answer.status_code == 200
    assert answer.json()["window"]["day"] == 4
    assert answer.json()["conversion"] is None
