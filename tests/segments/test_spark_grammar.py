"""What is written for Spark is Spark's SQL; that it finds the same people, `make cluster` shows."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from tests.engines.people import every_condition
from zhiyin import segments as s

from .world import AS_OF, CATALOGUE, SHANGHAI


def test_every_condition_is_one_statement_in_sparks_grammar() -> None:
    for condition in every_condition():
        rule = s.Rule(root=s.Group(s.Match.ALL, (condition,)))
        asked = s.members(rule, CATALOGUE, s.Relations(), s.SPARK, as_of=AS_OF, zone=SHANGHAI)
        (statement,) = sqlglot.parse(asked.sql, dialect="spark")
        assert isinstance(statement, exp.Query), condition
        named = {found.name for found in statement.find_all(exp.Placeholder, exp.Parameter)}
        assert named <= set(asked.params), condition
