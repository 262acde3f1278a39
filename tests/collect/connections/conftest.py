"""Another system's folder and databases, real ones."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.db import connection as ours

if TYPE_CHECKING:
    from zhiyin.accounts.models import User
    from zhiyin.collect.models import Source


@pytest.fixture
def keeper(db: None) -> User:
    from tests import factories
    from zhiyin.accounts.roles import Role

    return factories.user(Role.ADMINISTRATOR)


@pytest.fixture
def source(db: None) -> Source:
    from zhiyin.collect.models import Source

    return Source.objects.create(key="erp", name_zh="ERP", name_en="ERP", kind=Source.Kind.SHOP)


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the operator opened."""
    folder = tmp_path / "drop"
    folder.mkdir()
    monkeypatch.setattr(settings, "SOURCE_FOLDERS", [str(folder)])
    return folder


@pytest.fixture
def erp(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[psycopg.Connection[tuple[object]]]:
    """A PostgreSQL of somebody else: a database of its own on the tests' server."""
    told = ours.settings_dict
    server = {"host": told["HOST"], "port": told["PORT"] or None, "user": told["USER"],
              "password": told["PASSWORD"] or None}  # fmt: skip
    name = f"erp_{os.getpid()}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as line:
        line.execute(f"drop database if exists {name}")
        line.execute(f"create database {name}")
    monkeypatch.setattr(settings, "SOURCE_HOSTS", [str(told["HOST"])])
    with psycopg.connect(**server, dbname=name, autocommit=True) as line:
        line.execute(
            "create table orders (no text, at timestamp, sku text, name text, pieces int,"
            " price numeric(12, 2), customer text, changed timestamptz)"
        )
        yield line
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as line:
        line.execute(f"drop database {name} with (force)")


@pytest.fixture
def till(drop: Path) -> Iterator[tuple[sqlite3.Connection, dict[str, object]]]:
    """A till's SQLite file, and where it is."""
    path = drop / "till.db"
    with sqlite3.connect(path) as line:
        line.execute("create table sales (id integer primary key, no text, at text, sku text,"
                     " pieces int, price real, customer text)")  # fmt: skip
        line.commit()
        yield line, {
            "dialect": "sqlite", "database": str(path), "table": "sales", "cursor": "id",
        }  # fmt: skip
