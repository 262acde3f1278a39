"""A connection on its screens: tried, made, read, paused, synced anew, removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from tests import factories
from tests.collect.connections.others import HEADER, mapped, place_of, put
from tests.collect.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.collect import tasks
from zhiyin.collect.connections.kinds import KINDS
from zhiyin.collect.models import Connection, Run, Source
from zhiyin.talk.models import Notice

ORDERS = HEADER + "\n1001,2026-03-01 10:00,TEA-1,正山小种,2,88.00,C1\n"


@pytest.fixture
def at(keeper: User) -> Client:
    return Desk(keeper).client


def read(one: Connection) -> Run | None:
    """What the worker does with what is queued."""
    tasks.read_connection(str(one.pk))
    return one.runs.order_by("-started_at").first()


def make(at: Client, source: Source, kind: str, **fields: Any) -> Any:
    where = reverse("new_connection", args=[source.pk, kind])
    return at.post(where, {"name": "Orders", "every_minutes": 10, **fields})


def test_a_folder_is_tried_before_it_is_kept(at: Client, source: Source, drop: Path) -> None:
    put(drop, "orders.csv", ORDERS)
    where = {"folder": str(drop), "pattern": "*.csv"}
    tried = make(at, source, "folder", **where, test="1")
    assert tried.status_code == 200
    assert "1 file would be taken in." in tried.text
    assert "orders.csv" in tried.text
    assert not Connection.objects.exists()
    closed = make(at, source, "folder", folder="/etc", pattern="*")
    assert closed.status_code == 422
    assert "ZHIYIN_SOURCE_FOLDERS" in closed.text
    assert make(at, source, "folder", **where).status_code == 302
    queued = ProcrastinateJob.objects.filter(task_name=tasks.read_connection.name)
    assert queued.count() == 1


def test_from_a_folder_to_its_runs(at: Client, source: Source, drop: Path, keeper: User) -> None:
    put(drop, "orders.csv", ORDERS)
    make(at, source, "folder", folder=str(drop), pattern="*.csv")
    one = Connection.objects.get()
    first = read(one)
    page = at.get(reverse("connection", args=[one.pk])).text
    assert "Columns to be mapped" in page
    assert "Map its columns" in page
    told = Notice.objects.filter(kind="connection.trouble", user=keeper)
    assert told.count() == 1
    mapped(first, keeper)  # type: ignore[arg-type]
    put(drop, "more.csv", ORDERS.replace("1001", "1002"))
    read(one)
    page = at.get(reverse("connection", args=[one.pk])).text
    assert page.count("Loaded") >= 2
    assert "Orders" in at.get(reverse("source", args=[source.pk])).text


def test_a_database_is_asked_for_its_tables_first(
    at: Client, source: Source, erp: psycopg.Connection[tuple[object]]
) -> None:
    where = place_of(erp, table="", cursor="")
    asked = make(at, source, "database", **where, secret="p4ss")
    assert asked.status_code == 422
    assert "Choose one of the tables below." in asked.text
    assert "<code>orders</code>" in asked.text
    assert "p4ss" not in asked.text
    made = make(at, source, "database", **(where | {"table": "orders", "cursor": "changed"}))
    assert made.status_code == 302


def test_it_is_paused_goes_on_and_is_removed(
    at: Client, source: Source, drop: Path, keeper: User
) -> None:
    make(at, source, "folder", folder=str(drop), pattern="*.csv")
    one = Connection.objects.get()
    at.post(reverse("pause_connection", args=[one.pk]), {"paused": "1"})
    put(drop, "orders.csv", ORDERS)
    assert read(one) is None
    at.post(reverse("pause_connection", args=[one.pk]), {"paused": "0"})
    assert read(one) is not None
    at.post(reverse("sync_connection", args=[one.pk]), {"since": ""})
    changed = at.post(
        reverse("change_connection", args=[one.pk]),
        {"name": "Renamed", "every_minutes": 30, "folder": str(drop), "pattern": "*.csv"},
    )
    assert changed.status_code == 302
    one.refresh_from_db()
    assert (one.name, one.every_minutes) == ("Renamed", 30)
    too_rare = at.post(
        reverse("change_connection", args=[one.pk]),
        {"name": "Renamed", "every_minutes": 31, "folder": str(drop), "pattern": "*.csv"},
    )
    assert too_rare.status_code == 422
    at.post(reverse("remove_connection", args=[one.pk]))
    assert not Connection.objects.exists()


def test_its_turn_comes_every_ten_minutes(source: Source, drop: Path, keeper: User) -> None:
    from datetime import timedelta

    from tests.collect.connections.others import connected
    from zhiyin.collect.connections import services

    one = connected(source, Connection.Kind.FOLDER, {"folder": str(drop), "pattern": "*"}, keeper)
    start = one.next_at
    assert services.due(start) == [one]
    assert services.due(start + timedelta(minutes=9, seconds=59)) == []
    assert services.due(start + timedelta(minutes=10)) == [one]
    Source.objects.update(enabled=False)
    assert services.due(start + timedelta(hours=1)) == []


def test_who_may_not_manage_sources_sees_runs_and_changes_nothing(
    source: Source, drop: Path, keeper: User
) -> None:
    from tests.collect.connections.others import connected

    one = connected(source, Connection.Kind.FOLDER, {"folder": str(drop), "pattern": "*"}, keeper)
    other = Desk(factories.user(Role.ANALYST)).client
    assert other.get(reverse("connection", args=[one.pk])).status_code == 200
    for name in ("change_connection", "read_connection", "pause_connection", "sync_connection",
                 "remove_connection"):  # fmt: skip
        assert other.post(reverse(name, args=[one.pk])).status_code in (403, 404)
    assert Connection.objects.filter(paused=False).exists()


@pytest.mark.parametrize("locale", ["en", "zh-hans"])
def test_its_pages_open_in_both_languages(
    locale: str, source: Source, drop: Path, erp: object, db: None
) -> None:
    from tests.collect.connections.others import connected

    keeper = factories.user(Role.ADMINISTRATOR, locale=locale)
    one = connected(source, Connection.Kind.FOLDER, {"folder": str(drop), "pattern": "*"}, keeper)
    client = Desk(keeper).client
    for state in Run.State.values:
        Run.objects.create(connection=one, state=state, started_at=one.next_at)
    for address in (
        reverse("connection", args=[one.pk]), reverse("change_connection", args=[one.pk]),
        reverse("source", args=[source.pk]), reverse("choose_connection", args=[source.pk]),
        *(reverse("new_connection", args=[source.pk, kind]) for kind in KINDS),
    ):  # fmt: skip
        assert client.get(address).status_code == 200
