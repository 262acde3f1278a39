"""Both compilers and a plain reading of the rule agree on random rules over random people."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin import embedded
from zhiyin import segments as s

from .databases import InDuckDB, InPostgreSQL
from .naive import belongs
from .world import AS_OF, CATALOGUE, RULES, SHANGHAI, Person, people

ENGINES = {"duckdb": s.DUCKDB, "postgresql": s.POSTGRESQL}
SLOW_START = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=80,
)


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[InDuckDB | InPostgreSQL, s.Dialect]]:
    dialect = ENGINES[request.param]
    if request.param == "duckdb":
        yield InDuckDB(), dialect
        return
    # the server of an own folder: these tests touch no Django and no shared database
    server = embedded.ensure(tmp_path_factory.mktemp("segments"))
    try:
        database = InPostgreSQL(server.dsn())
        yield database, dialect
        database.connection.close()
    finally:
        embedded.stop(server, even_if_used=True)


def ids(found: list[tuple]) -> set[str]:
    return {str(row[0]) for row in found}


@SLOW_START
@given(rule=RULES, crowd=people())
def test_members_are_those_whom_the_rule_means(engine, rule: s.Rule, crowd: list[Person]) -> None:
    database, dialect = engine
    database.fill(crowd)
    found = database.run(
        s.members(rule, CATALOGUE, s.Relations(), dialect, as_of=AS_OF, zone=SHANGHAI)
    )
    assert len(found) == len(ids(found))
    assert ids(found) == {person.id for person in crowd if belongs(rule.root, person)}


@SLOW_START
@given(rule=RULES, crowd=people(), some=st.sets(st.integers(1, 6)))
def test_asked_about_a_few_people_the_answer_is_about_these(engine, rule, crowd, some) -> None:
    database, dialect = engine
    database.fill(crowd)
    only = [person.id for person in crowd if person.number in some]
    found = database.run(
        s.members(rule, CATALOGUE, s.Relations(), dialect, as_of=AS_OF, zone=SHANGHAI, only=only)
    )
    assert ids(found) == {p.id for p in crowd if p.id in only and belongs(rule.root, p)}


@SLOW_START
@given(rule=RULES, crowd=people())
def test_the_waterfall_counts_who_remains_after_each_step(engine, rule, crowd) -> None:
    database, dialect = engine
    database.fill(crowd)
    waterfall = s.waterfall(rule, CATALOGUE, s.Relations(), dialect, as_of=AS_OF, zone=SHANGHAI)
    (row,) = database.run(waterfall.query)
    assert row[0] == len(crowd)
    remaining = waterfall.read(row)
    assert [each.step.path for each in remaining] == sorted(path for path, _ in s.walk(rule.root))
    expected = dict(expected_steps(rule.root, (), crowd))
    assert {each.step.path: (each.count, each.of) for each in remaining} == expected


def expected_steps(group: s.Group, path: s.Path, entering: list[Person]):
    inside = entering
    for index, item in enumerate(group.items):
        here = (*path, index)
        left = [person for person in inside if belongs(item, person)]
        if isinstance(item, s.Group):
            yield from expected_steps(item, here, inside)
        else:
            yield here, (len(left), len(inside))
        if group.match is s.Match.ALL:
            inside = left
    yield path, (sum(belongs(group, person) for person in entering), len(entering))


@given(rule=RULES)
def test_a_rule_survives_its_json(rule: s.Rule) -> None:
    assert s.load(s.dump(rule)) == rule
    assert s.check(rule, CATALOGUE) == []
