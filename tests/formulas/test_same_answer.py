"""The law of formulas: Python and PostgreSQL give the same answer, for any formula and any row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin.formulas import Column, Kind, Value, check, compile_sql, evaluate

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)
ZONE = ZoneInfo("Asia/Shanghai")
FIELDS = {
    "n": Kind.NUMBER, "m": Kind.NUMBER, "t": Kind.TEXT, "u": Kind.TEXT, "d": Kind.DATE,
    "at": Kind.MOMENT, "b": Kind.BOOL,
}  # fmt: skip
TYPES = {
    Kind.NUMBER: "numeric", Kind.TEXT: "text", Kind.DATE: "date", Kind.MOMENT: "timestamptz",
    Kind.BOOL: "boolean",
}  # fmt: skip

money = st.decimals(-(10**15), 10**15, places=4) | st.sampled_from(
    [Decimal(x) for x in ("0", "-0", "0.5", "1.5", "2.5", "-2.5", "0.00000001", "3")]
)
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6
) | st.sampled_from(["", " a ", "Abc", "上海", "É", "%s", "100%", "a'b", 'q"q', "{0}"])
days = st.dates(date(1, 1, 1), date(9999, 12, 31)) | st.dates(date(1990, 1, 1), date(2030, 1, 1))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def formulas(kind: Kind, depth: int) -> st.SearchStrategy[str]:
    """Formulas of a kind, up to a depth."""
    plain: dict[Kind, list[st.SearchStrategy[str]]] = {
        Kind.NUMBER: [
            st.sampled_from(["n", "m", "0", "2", "0.1", "7.25", "-1.5"]),
            st.decimals(0, 10**9, places=3).map(lambda x: f"{x:f}"),
        ],
        Kind.TEXT: [st.sampled_from(["t", "u"]), texts.map(quoted)],
        Kind.DATE: [
            st.sampled_from(["d", "today()", "day_of(at)"]),
            st.dates().map(lambda x: f"date({x.year},{x.month},{x.day})"),
        ],
        Kind.MOMENT: [st.just("at")],
        Kind.BOOL: [st.sampled_from(["b", "true", "false"])],
    }
    if depth == 0:
        return st.one_of(plain[kind])
    number, text, day, truth, moment = (
        formulas(each, depth - 1)
        for each in (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.BOOL, Kind.MOMENT)
    )
    same = {
        Kind.NUMBER: number, Kind.TEXT: text, Kind.DATE: day, Kind.BOOL: truth, Kind.MOMENT: moment,
    }[kind]  # fmt: skip
    signs = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    made = st.builds
    deeper: dict[Kind, list[st.SearchStrategy[str]]] = {
        Kind.NUMBER: [
            made("({} {} {})".format, number, st.sampled_from("+-*/"), number),
            made("{}({})".format, st.sampled_from(["floor", "ceil", "abs", "-"]), number),
            made("round({}, {})".format, number, st.integers(0, 4)),
            made("{}({}, {})".format, st.sampled_from(["min", "max"]), number, number),
            made("length({})".format, text),
            made("{}({})".format, st.sampled_from(["year", "month", "day"]), day),
            made("days_between({}, {})".format, day, day),
        ],
        Kind.TEXT: [
            made("{}({})".format, st.sampled_from(["lower", "trim", "concat"]), text),
            made("concat({}, {})".format, text, text),
            made("left({}, {})".format, text, st.integers(0, 4)),
            made("text({})".format, number),
        ],
        Kind.DATE: [
            made("add_days({}, {})".format, day, number),
            made("{}({}, {})".format, st.sampled_from(["min", "max"]), day, day),
        ],
        Kind.MOMENT: [],
        Kind.BOOL: [
            *(made("({} {} {})".format, x, signs, x) for x in (number, text, day, moment)),
            made("({} {} {})".format, truth, st.sampled_from(["and", "or", "=", "!="]), truth),
            made("(not {})".format, truth),
            made("({} {} {})".format, day, signs, moment),
            made("{}({}, {})".format, st.sampled_from(["contains", "starts_with"]), text, text),
            *(made("is_empty({})".format, x) for x in (number, text, day, truth, moment)),
        ],
    }
    both = [
        made("if({}, {}, {})".format, truth, same, same),
        made("coalesce({}, {})".format, same, same),
    ]
    return st.one_of(*plain[kind], *deeper[kind], *both)


rows = st.fixed_dictionaries(
    {
        "n": st.none() | money, "m": st.none() | money, "t": st.none() | texts,
        "u": st.none() | texts, "d": st.none() | days, "at": st.none() | moments,
        "b": st.none() | st.booleans(),
    }
)  # fmt: skip


def asked(source: str, row: dict[str, Value]) -> tuple[Value, Value]:
    checked = check(source, FIELDS)
    columns = {
        name: Column(
            kind,
            f"nullif(%s::{TYPES[kind]}, '')" if kind is Kind.TEXT else f"%s::{TYPES[kind]}",
            (row[name],),  # type: ignore[arg-type]
        )
        for name, kind in FIELDS.items()
    }
    made = compile_sql(checked.node, columns, today=TODAY, zone=ZONE)
    with connection.cursor() as cursor:
        cursor.execute(f"select {made.sql}", made.params)
        (database,) = cursor.fetchone() or (None,)
    return evaluate(checked.node, row, today=TODAY, zone=ZONE), database


@settings(
    max_examples=250, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.sampled_from([k for k in Kind if k is not Kind.MOMENT]).flatmap(
    lambda kind: formulas(kind, 3)), rows)  # fmt: skip
def test_python_and_postgresql_give_the_same_answer(source: str, row: dict[str, Value]) -> None:
    python, database = asked(source, row)
    assert python == database, source


EMPTY: dict[str, Value] = dict.fromkeys(FIELDS)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("2 / 3", Decimal("0.6666666667")),
        ("-2 / 3", Decimal("-0.6666666667")),
        ("1 / 0", None),
        ("n / 3", None),
        ("round(2.345, 2)", Decimal("2.35")),
        ("round(-2.345, 2)", Decimal("-2.35")),
        ("1 + 2 * 3 - 4", Decimal("3")),
        ("2 - 3 - 4", Decimal("-5")),
        ("0.1 + 0.2 = 0.3", True),
        ("n > 1 or true", True),
        ("n > 1 and false", False),
        ("not (n > 1)", None),
        ('if(n > 1, "big", "small")', "small"),
        ('concat("a", t, "b")', "ab"),
        ("add_days(date(9999, 12, 31), 1)", None),
        ("add_days(date(2024, 2, 28), 1.9)", date(2024, 2, 29)),
        ("days_between(date(2024, 2, 28), today())", Decimal("732")),
        ('"Z" < "a" and "上" > "a"', True),
        ("text(10.500)", "10.5"),
        ("coalesce(n, m, 7)", Decimal("7")),
        ("max(n, 3)", Decimal("3")),
        ('if（is_empty（t），“空”，"有"）', "空"),
    ],
)
def test_what_formulas_answer(source: str, answer: Value) -> None:
    assert asked(source, EMPTY) == (answer, answer)


def test_a_moment_counts_in_the_day_of_the_company() -> None:
    row = EMPTY | {"at": datetime(2026, 2, 28, 17, tzinfo=UTC)}  # 1 March in Shanghai
    assert asked("at = today()", row) == (True, True)
