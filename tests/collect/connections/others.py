"""What other systems have, and what people here do with it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import psycopg

from zhiyin.accounts.models import User
from zhiyin.cleaning.fields import Kind
from zhiyin.cleaning.mapping import Mapping
from zhiyin.collect import services as imports
from zhiyin.collect.connections import services
from zhiyin.collect.models import Connection, Import, Run, Source

HEADER = "订单号,下单时间,商品编码,商品名称,数量,单价,客户编号"


def put(folder: Path, name: str, text: str, *, age_s: float = 60) -> Path:
    """A file that was written a while ago."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def place_of(line: psycopg.Connection[tuple[object]], **more: object) -> dict[str, object]:
    """Where that PostgreSQL is, as a connection keeps it."""
    told = line.info
    made = {
        "dialect": "postgresql", "host": told.host, "port": told.port, "database": told.dbname,
        "user": told.user, "table": "orders", "cursor": "changed",
    }  # fmt: skip
    return made | more


def connected(
    source: Source, kind: Connection.Kind, where: dict[str, object], by: User
) -> Connection:
    """A connection as the screen makes it."""
    return services.create(
        source, kind, name="Orders", where=where, secret="", every_minutes=10, by=by
    )


def mapped(run: Run, by: User, **columns: str) -> Import:
    """Somebody maps the columns of a run that waits, and loads what it read."""
    one = run.made
    assert one is not None
    mapping = msgspec.convert(one.mapping, Mapping)
    if columns:
        mapping = msgspec.structs.replace(mapping, kind=Kind.ORDERS, columns=dict(columns))
    mapping = msgspec.structs.replace(mapping, source="erp", timezone="UTC", currency="CNY")
    imports.map_columns(one, mapping, by=by)
    imports.check(one, by=by)
    return imports.load(one, by=by)
