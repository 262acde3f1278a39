"""What is wrong with a formula, told in both languages with its place; and nothing gets through."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.formulas import Column, FormulaError, Kind, check, compile_sql, fields_of, uses_today

FIELDS = {"revenue": Kind.NUMBER, "city": Kind.TEXT, "born": Kind.DATE, "vip": Kind.BOOL}


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("", (0, 0), "ends too early"),
        ("revenue +", (9, 9), "ends too early"),
        ("(revenue", (0, 1), "never closed"),
        ("revenue)", (7, 8), "does not belong here"),
        ("revenue ; 1", (8, 9), "cannot be read"),
        ("income", (0, 6), "no field “income”"),
        ("eval(1)", (0, 7), "no function “eval”"),
        ("revenue + city", (10, 14), "a number is needed here, not a text"),
        ("revenue = city", (0, 14), "do not go together"),
        ("born + 1", (0, 8), "add_days"),
        ("vip < vip", (0, 9), "no order"),
        ("1 < 2 < 3", (6, 7), "do not chain"),
        ("round(revenue)", (0, 14), "takes 2 arguments, not 1"),
        ("round(revenue, revenue)", (15, 22), "whole number from 0 to 10"),
        ("date(2026, 2, 30)", (0, 17), "date(2026, 5, 1)"),
        ('"abc', (0, 4), "no closing"),
        ("if(revenue, 1, 2)", (3, 10), "true or false is needed"),
        ("coalesce()", (0, 10), "at least one"),
        ("1e5", (0, 3), "cannot be read"),
        ("+".join(["1"] * 40), (61, 62), "too large"),
        ("(" * 40 + "1" + ")" * 40, (31, 32), "too large"),
        ("1" * 2000, (1000, 2000), "at most 1000"),
    ],
)
def test_each_mistake_is_told_with_its_place(
    source: str, place: tuple[int, int], words: str
) -> None:
    with pytest.raises(FormulaError) as caught:
        check(source, FIELDS)
    problem = caught.value.problem
    assert (problem.start, problem.end) == place
    assert words in problem.en
    assert any("\u4e00" <= char <= "\u9fff" for char in problem.zh)


@given(st.text(max_size=60) | st.text("revnuecity()+-*/<>=,.'\" 019%;{}", max_size=60))
def test_any_text_is_a_formula_or_a_mistake_with_a_place(source: str) -> None:
    problem = None
    try:
        assert fields_of(check(source, FIELDS).node) <= set(FIELDS)
    except FormulaError as error:
        problem = error.problem
    assert problem is None or 0 <= problem.start <= problem.end <= max(len(source), 1)


@given(st.text(st.characters(exclude_characters='\x00"', exclude_categories=["Cs"]), max_size=30))
def test_a_text_never_becomes_part_of_the_statement(hostile: str) -> None:
    node = check(f'concat(city, "{hostile}")', FIELDS).node
    columns = {"city": Column(Kind.TEXT, "c.city")}
    made = compile_sql(node, columns, today=date(2026, 1, 1), zone=ZoneInfo("UTC"))
    assert made.sql == "(concat(c.city, %s::text))"
    assert made.params == (hostile,)
    assert made.named("f") == ("(concat(c.city, %(f0)s::text))", {"f0": hostile})


def test_a_small_formula_that_repeats_itself_into_a_large_statement_is_refused() -> None:
    source = "born"
    for _ in range(8):
        source = f"add_days({source}, 1)"
    node = check(source, FIELDS).node
    with pytest.raises(FormulaError, match="too large"):
        compile_sql(
            node, {"born": Column(Kind.DATE, "born")}, today=date(2026, 1, 1), zone=ZoneInfo("UTC")
        )


def test_today_is_known_as_something_that_changes() -> None:
    assert uses_today(check("days_between(born, today())", FIELDS).node)
    assert not uses_today(check("year(born)", FIELDS).node)
