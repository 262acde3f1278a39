"""Tables of another system's database (an ERP, a till): PostgreSQL, MySQL, MariaDB and SQLite.

Only hosts that the operator opened (`ZHIYIN_SOURCE_HOSTS`) are called, and everything is read in
transactions that cannot write. A cursor column (a number or moment that only grows) says what is
new; rows that lie exactly on the last value are remembered, because more may come with it. Without
one the whole table is read each time. Nobody types SQL: names are looked up in the database's own
catalogue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from zhiyin.collect.connections import folders, hosts
from zhiyin.collect.connections.forms import ConnectionForm, password, port
from zhiyin.collect.connections.pieces import Asked, Cursor, Look, Piece, Where, as_table
from zhiyin.collect.connections.problems import Trouble

PIECE_ROWS = 200_000
MOST_AT_EDGE = 50_000  # beyond it rows of the last value are read again, and count once
MOST_WHOLE = 2_000_000
LOOKED_AT = 5
READ_S = 600
DIALECTS = {
    "postgresql": ("postgresql+psycopg", 5432), "mysql": ("mysql+pymysql", 3306),
    "sqlite": ("sqlite", 0),
}  # fmt: skip
LABELS = (("postgresql", "PostgreSQL"), ("mysql", "MySQL / MariaDB"), ("sqlite", "SQLite"))
Value = str | int | Decimal | date | datetime


class DatabaseForm(ConnectionForm):
    """Which table of which database, and the account."""

    secrets = ("secret",)
    goes_to = ("dialect", "host", "port")
    layout = (
        ("dialect", "database"), ("host", "port"), ("user", "secret"), ("table", "schema"),
        ("cursor",),
    )  # fmt: skip

    dialect = forms.ChoiceField(label=_("Database system"), choices=LABELS)
    database = forms.CharField(
        label=_("Database"), max_length=500, help_text=_("For SQLite, the path of the file.")
    )
    host = forms.CharField(label=_("Host"), max_length=200, required=False)
    port = port()
    user = forms.CharField(
        label=_("Account"), max_length=120, required=False,
        help_text=_("One that may only read is enough."),
    )  # fmt: skip
    secret = password()
    table = forms.CharField(
        label=_("Table or view"), max_length=120, required=False,
        help_text=_("Leave it empty and test: the tables are listed."),
    )  # fmt: skip
    schema = forms.CharField(label=_("Schema"), max_length=120, required=False)
    cursor = forms.CharField(
        label=_("Column that tells what is new"), max_length=120, required=False,
        help_text=_("One that only grows, such as updated_at or id. Without it, the whole table is "
                    "read each time."),
    )  # fmt: skip

    def where(self) -> Where:
        """Where to read; port 0 is the usual one."""
        return {**super().where(), "port": self.cleaned_data["port"] or 0}

    def undecided(self, look: Look) -> tuple[str, str] | None:
        """A table is chosen once one sees which there are."""
        if self.cleaned_data["table"]:
            return None
        return "table", gettext("Choose one of the tables below.")


@dataclass(frozen=True)
class Place:
    """Which table where. `cursor` is the column that only grows, or empty."""

    dialect: str
    host: str = ""
    port: int = 0
    database: str = ""
    user: str = ""
    schema: str = ""
    table: str = ""
    cursor: str = ""


@dataclass(frozen=True)
class Rows:
    """Some rows, all as texts, and how far they reach."""

    rows: pa.Table
    cursor: Cursor


def look(where: Where, secret: str) -> Look:
    """Tables to choose from, or the first rows of the one that was chosen; raises `Trouble`."""
    place = msgspec.convert(where, Place)
    with _opened(place, secret) as line:
        tables = _tables(line, place)
        if not place.table:
            said = gettext("Choose one of the tables below.")
            return Look(said, heading=gettext("Tables and views"), names=tables)
        table = _table(line, place)
        found = line.execute(sa.select(table).limit(LOOKED_AT)).all()
        lost = 0
        if place.cursor:
            column = _cursor_column(table, place)
            counted = sa.select(sa.func.count()).select_from(table).where(column.is_(None))
            lost = line.execute(counted).scalar_one()
        shown = [[_text(cell) or "" for cell in row] for row in found]
        names = list(table.columns.keys())
        return Look(_said(len(names), lost), columns=names, rows=shown)


def _said(columns: int, lost: int) -> str:
    """How much there is; `lost` are rows that a cursor would never find."""
    if lost:
        said = gettext("%(n)s rows have nothing in the column that tells what is new; they would "
                       "never be read.")  # fmt: skip
        return said % {"n": f"{lost:,}"}
    return ngettext("%(n)s column.", "%(n)s columns.", columns) % {"n": columns}


def pieces(asked: Asked) -> Iterator[Piece]:
    """What is new in the table, as files."""
    place = msgspec.convert(asked.where, Place)
    for number, found in enumerate(new_rows(place, asked.secret, asked.cursor)):
        path = asked.folder / f"{number}.parquet"
        pq.write_table(found.rows, path, compression="zstd")
        yield Piece(path, f"{place.table}.parquet", found.cursor)
        path.unlink()


def new_rows(place: Place, password: str, cursor: Cursor) -> Iterator[Rows]:
    """Rows beyond the cursor in pieces, each of which can be kept before the next is asked for."""
    if not place.cursor:
        yield from _whole(place, password, cursor)
        return
    while (piece := _beyond(place, password, cursor)) is not None:
        yield piece
        cursor = piece.cursor


def _beyond(place: Place, password: str, cursor: Cursor) -> Rows | None:
    """The next piece. Rows with the same value are never torn apart."""
    last, edge = _value(cursor), set(_edge(cursor))
    with _opened(place, password) as line:
        table = _table(line, place)
        column = _cursor_column(table, place)
        query = sa.select(table).order_by(column)
        query = query.where(column.is_not(None) if last is None else column >= last)
        place_of = list(table.columns.keys()).index(column.key)
        rows: list[list[str | None]] = []
        marks: list[str] = []
        for row in line.execution_options(yield_per=5_000).execute(query):
            value = row[place_of]
            if value != last:
                if len(rows) >= PIECE_ROWS:
                    break
                last, edge, marks = value, set(), []
            texts = [_text(cell) for cell in row]
            mark = _mark(texts)
            marks.append(mark)
            if mark not in edge:
                rows.append(texts)
    if not rows:
        return None
    at_edge = sorted({*edge, *marks})
    reached: dict[str, object] = {
        "type": _type_of(last), "value": _text(last),
        "edge": at_edge if len(at_edge) <= MOST_AT_EDGE else [],
    }  # fmt: skip
    return Rows(as_table(list(table.columns.keys()), rows), reached)


def _whole(place: Place, password: str, cursor: Cursor) -> Iterator[Rows]:
    with _opened(place, password) as line:
        table = _table(line, place)
        names = list(table.columns.keys())
        query = sa.select(table).limit(MOST_WHOLE + 1)
        found = line.execution_options(yield_per=5_000).execute(query)
        rows = [[_text(cell) for cell in row] for row in found]
    if len(rows) > MOST_WHOLE:
        raise Trouble(
            f"表超过 {MOST_WHOLE:,} 行，请选择一列来判断新旧。",
            f"The table has over {MOST_WHOLE:,} rows; choose a column that tells what is new.",
        )
    seen = hashlib.sha256()
    for mark in sorted(_mark(texts) for texts in rows):
        seen.update(mark.encode())
    if rows and seen.hexdigest() != cursor.get("digest"):
        yield Rows(as_table(names, rows), {"digest": seen.hexdigest()})


def since(cursor: Cursor, day: date) -> Cursor:
    """The cursor of a column that holds moments, set back to the beginning of a day."""
    last = _value(cursor)
    if isinstance(last, datetime):
        back: Value = datetime(day.year, day.month, day.day, tzinfo=last.tzinfo)
    elif isinstance(last, date):
        back = day
    else:
        raise Trouble(
            "这个连接不是按时间读取的，只能从头同步。",
            "This connection does not read by time; it can only be synced from the beginning.",
        )
    return {"type": _type_of(back), "value": _text(back)}


def _opened(place: Place, password: str) -> sa.Connection:
    """A line that cannot write; use it as a context."""
    try:
        engine = sa.create_engine(
            _address(place, password), poolclass=NullPool, connect_args=_arguments(place)
        )
        line = engine.connect()
        if place.dialect == "mysql":
            line.exec_driver_sql("set session transaction read only")
            line.rollback()
    except (SQLAlchemyError, OSError) as error:
        raise Trouble(
            f"连不上数据库（{_kind(error)}）。请检查地址、账号、密码和网络。",
            f"The database cannot be reached ({_kind(error)}). "
            "Check its address, account, password and network.",
        ) from error
    return line


def _address(place: Place, password: str) -> sa.URL:
    driver, usual = DIALECTS[place.dialect]
    if place.dialect == "sqlite":
        path = Path(place.database).resolve()
        folders.folder_of(str(path.parent))
        if not path.is_file():
            raise Trouble("数据库文件不存在。", "There is no such database file.")
        return sa.URL.create(driver, database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    port = place.port or usual
    hosts.require_open(place.host, port)
    return sa.URL.create(driver, place.user, password, place.host, port, place.database)


def _arguments(place: Place) -> dict[str, object]:
    if place.dialect == "postgresql":
        limits = f"-c default_transaction_read_only=on -c statement_timeout={READ_S * 1000}"
        return {"connect_timeout": hosts.CONNECT_S, "options": limits}
    if place.dialect == "mysql":
        return {"connect_timeout": hosts.CONNECT_S, "read_timeout": READ_S, "charset": "utf8mb4"}
    return {"timeout": hosts.CONNECT_S}


def _tables(line: sa.Connection, place: Place) -> list[str]:
    known = sa.inspect(line)
    schema = place.schema or None
    return sorted({*known.get_table_names(schema), *known.get_view_names(schema)})


def _table(line: sa.Connection, place: Place) -> sa.Table:
    try:
        return sa.Table(
            place.table, sa.MetaData(), schema=place.schema or None, autoload_with=line,
            resolve_fks=False,
        )  # fmt: skip
    except (NoSuchTableError, SQLAlchemyError) as error:
        raise Trouble(
            "数据库里没有这张表，或账号无权读取。",
            "There is no such table in the database, or the account may not read it.",
        ) from error


def _cursor_column(table: sa.Table, place: Place) -> sa.Column[object]:
    column = table.columns.get(place.cursor)
    if column is None:
        raise Trouble(
            "表里没有用来判断新旧的列，请重新选择。",
            "The table lacks the column that tells what is new; choose another.",
        )
    return column


def _value(cursor: Cursor) -> Value | None:
    kind, text = cursor.get("type"), str(cursor.get("value", ""))
    try:
        match kind:
            case "datetime":
                return datetime.fromisoformat(text)
            case "date":
                return date.fromisoformat(text)
            case "int":
                return int(text)
            case "Decimal":
                return Decimal(text)
            case "str":
                return text
    except (ValueError, InvalidOperation) as error:
        raise Trouble(
            "读取位置已损坏，请重新同步。", "The cursor is damaged; sync anew."
        ) from error
    return None


def _edge(cursor: Cursor) -> list[str]:
    edge = cursor.get("edge", [])
    return [str(one) for one in edge] if isinstance(edge, list) else []


def _type_of(value: object) -> str:
    kind = type(value).__name__
    if kind == "float":
        return "Decimal"
    if kind not in ("datetime", "date", "int", "Decimal", "str"):
        raise Trouble(
            "用来判断新旧的列必须是数字、日期或文本。",
            "The column that tells what is new must hold numbers, dates or texts.",
        )
    return kind


def _text(value: object) -> str | None:
    if value is None or isinstance(value, bytes | memoryview):
        return None  # pictures and such are no cells of a table
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")
    return str(value)


def _mark(texts: list[str | None]) -> str:
    joined = "\x1f".join("\x00" if text is None else text for text in texts)
    return hashlib.blake2b(joined.encode(), digest_size=12).hexdigest()


def _kind(error: Exception) -> str:
    """What kind of failure it is; never its text, which may hold a password."""
    original = getattr(error, "orig", None) or error
    return type(original).__name__
