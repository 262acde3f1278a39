"""A table of another system is read on and on: each row once, none lost, nothing written."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest
from django.conf import settings

from tests.collect.connections.others import connected, mapped, place_of
from zhiyin.accounts.models import User
from zhiyin.collect.connections import databases, running, services
from zhiyin.collect.connections.databases import Place
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Import, Run, Source
from zhiyin.customers.models import Order

Line = psycopg.Connection[tuple[object]]
COLUMNS = {
    "no": "order_number", "at": "ordered_at", "sku": "sku", "name": "product_name",
    "pieces": "quantity", "price": "unit_price", "customer": "customer_ref",
}  # fmt: skip
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def sell(erp: Line, number: str, minute: int, pieces: int = 1) -> None:
    erp.execute(
        "insert into orders values (%s, %s, 'TEA-1', '正山小种', %s, 88.00, 'C1', %s)",
        [number, START.replace(tzinfo=None), pieces, START + timedelta(minutes=minute)],
    )


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None, "it waits"
    return done


def opened(source: Source, erp: Line, keeper: User, **more: object) -> Connection:
    """A connection whose columns are mapped already, with one order in."""
    sell(erp, "1", 0)
    one = connected(source, Connection.Kind.DATABASE, place_of(erp, **more), keeper)
    mapped(run(one), keeper, **COLUMNS)
    return one


def test_new_orders_of_an_erp_come_in_and_old_ones_are_not_asked_for_again(
    source: Source, erp: Line, keeper: User
) -> None:
    one = opened(source, erp, keeper)
    assert run(one).state == Run.State.NOTHING
    sell(erp, "2", 5)
    sell(erp, "3", 6)
    done = run(one)
    assert (done.state, done.rows, done.loaded) == ("loaded", 2, 2)
    assert set(Order.objects.values_list("number", flat=True)) == {"1", "2", "3"}
    assert Import.objects.count() == 2  # the empty run made none


def test_a_row_that_came_later_with_the_same_time_is_not_lost(
    source: Source, erp: Line, keeper: User
) -> None:
    one = opened(source, erp, keeper)
    sell(erp, "2", 0)  # the very moment up to which was read
    done = run(one)
    assert (done.rows, done.loaded, done.known) == (1, 1, 0)
    assert run(one).state == Run.State.NOTHING


def test_pieces_end_where_a_value_ends(erp: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "PIECE_ROWS", 3)
    for number in range(10):
        sell(erp, str(number), number // 4)
    place = msgspec.convert(place_of(erp), Place)
    sizes = [piece.rows.num_rows for piece in databases.new_rows(place, "", {})]
    assert sizes == [4, 4, 2]


def test_a_database_that_dies_in_the_middle_loses_nothing(
    source: Source, erp: Line, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "PIECE_ROWS", 1)
    one = opened(source, erp, keeper)
    for number in range(2, 5):
        sell(erp, str(number), number)
    asked = databases._beyond

    def dying(place: Place, password: str, cursor: dict[str, object]) -> object:
        if str(cursor.get("value", "")).startswith("2026-03-01 10:03"):
            raise Trouble("断了", "gone")
        return asked(place, password, cursor)

    with monkeypatch.context() as broken:
        broken.setattr(databases, "_beyond", dying)
        done = run(one)
    assert (done.state, done.loaded, done.problem["en"]) == ("failed", 2, "gone")
    assert run(one).loaded == 1
    assert Order.objects.count() == 4


def test_without_such_a_column_the_whole_table_is_compared(
    source: Source, erp: Line, keeper: User
) -> None:
    one = opened(source, erp, keeper, cursor="")
    assert run(one).state == Run.State.NOTHING
    sell(erp, "2", 1)
    done = run(one)
    assert (done.rows, done.loaded, done.known) == (2, 1, 1)


def test_it_is_read_again_from_a_day_on(source: Source, erp: Line, keeper: User) -> None:
    one = opened(source, erp, keeper)
    sell(erp, "2", 60 * 24)
    run(one)
    services.anew(one, since=(START + timedelta(days=1)).date(), by=keeper)
    done = run(one)
    assert (done.rows, done.known) == (1, 1)
    services.anew(one, since=None, by=keeper)
    assert run(one).known == 2


def test_a_test_shows_tables_and_the_first_rows(erp: Line) -> None:
    sell(erp, "1", 0)
    erp.execute("insert into orders (no) values ('never')")
    assert databases.look(place_of(erp, table=""), "").names == ["orders"]
    found = databases.look(place_of(erp), "")
    assert found.columns[:2] == ["no", "at"]
    assert found.rows[0][0] == "1"
    assert "1" in found.note  # row that a cursor would never find


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": "nothing"}, "no such table"),
        ({"table": "orders; drop table orders"}, "no such table"),
        ({"cursor": "nothing"}, "lacks the column"),
        ({"database": "nothing"}, "cannot be reached"),
    ],
)
def test_what_is_wrong_is_said(erp: Line, change: dict[str, object], said: str) -> None:
    with pytest.raises(Trouble, match=said):
        databases.look(place_of(erp, **change), "")


def test_the_other_system_cannot_be_written(erp: Line) -> None:
    sell(erp, "1", 0)
    with (
        databases._opened(msgspec.convert(place_of(erp), Place), "") as line,
        pytest.raises(Exception, match="read-only"),
    ):
        line.exec_driver_sql("delete from orders")


def test_no_host_is_called_that_the_operator_did_not_open(
    erp: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOURCE_HOSTS", ["erp.example:5432"])
    for host in ("127.0.0.1", "localhost", "169.254.169.254", "erp.example.evil"):
        with pytest.raises(NotAllowed):
            databases.look(place_of(erp, host=host), "")


def test_a_tills_sqlite_file_is_read_by_its_numbers(
    source: Source, till: tuple[sqlite3.Connection, dict[str, object]], keeper: User
) -> None:
    line, where = till
    sale = "insert into sales values (?, ?, '2026-03-01 10:00:00', 'TEA-1', 1, 88.5, 'C1')"
    line.execute(sale, [1, "A1"])
    line.commit()
    one = connected(source, Connection.Kind.DATABASE, where, keeper)
    columns = {name: field for name, field in COLUMNS.items() if name != "name"}
    mapped(run(one), keeper, **columns)
    line.execute(sale, [2, "A2"])
    line.commit()
    assert run(one).loaded == 1
    assert set(Order.objects.values_list("number", flat=True)) == {"A1", "A2"}


def test_no_sqlite_file_is_read_outside_of_the_folders(
    till: tuple[sqlite3.Connection, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, where = till
    monkeypatch.setattr(settings, "SOURCE_FOLDERS", [])
    with pytest.raises(NotAllowed):
        databases.look(where, "")


def test_a_password_is_kept_sealed_and_shown_nowhere(
    source: Source, erp: Line, keeper: User
) -> None:
    one = services.create(
        source, Connection.Kind.DATABASE, name="ERP", where=place_of(erp), secret="p4ss-w0rd",
        every_minutes=10, by=keeper,
    )  # fmt: skip
    one.refresh_from_db()
    assert b"p4ss" not in bytes(one.secret or b"")
    assert "p4ss" not in str(one.where)
    assert running.password(one) == "p4ss-w0rd"
