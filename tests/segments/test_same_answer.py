"""Both compilers and a plain reading of the rule agree on random rules over random people."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiyin import embedded
from zhiyin import segments as s

from .databases import InDuckDB, InPostgreSQL
from .naive import belongs
from .world import (
    AS_OF,
    CATALOGUE,
    EVENTS,
    RULES,
    SHANGHAI,
    SOME_DAYS,
    SUMS,
    TAGS,
    TEXTS,
    TIERS,
    Person,
    crowd,
    people,
)

ENGINES = {"duckdb": s.DUCKDB, "postgresql": s.POSTGRESQL}
SLOW_START = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,  # of how conditions hang together; each by itself is asked below
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


ONE_OF_EACH = {
    s.Kind.TEXT: (*TEXTS[:4], "LEE", "海"),
    s.Kind.CHOICE: TIERS,
    s.Kind.NUMBER: (0, 0.35, 1),
    s.Kind.MONEY: tuple(str(each) for each in SUMS),
    s.Kind.DATE: tuple(each.isoformat() for each in sorted(SOME_DAYS)),
    s.Kind.BOOL: (True, False),
    s.Kind.TAGS: TAGS,
}


def values_of(field: s.Field, op: s.Op) -> list[object]:
    """What people may fill in, each edge once."""
    some = ONE_OF_EACH[field.kind]
    if op in (s.Op.IS_EMPTY, s.Op.NOT_EMPTY):
        return [None]
    if op in (s.Op.WITHIN_LAST, s.Op.OLDER_THAN, s.Op.WITHIN_NEXT):
        return [1, 2, 30, 45, 400]
    if op is s.Op.ANNIVERSARY_WITHIN:
        return [1, 2, 300, 362, 365]  # 362: to the end of February; the next ones pass new year
    if op in (s.Op.ONE_OF, s.Op.NONE_OF, s.Op.HAS_ANY, s.Op.HAS_ALL):
        return [some[:1], some[:2], some[1:]]
    if op is s.Op.BETWEEN:
        return [(some[0], some[0]), *pairwise(some)]
    return list(some)


def test_every_operator_of_every_field_finds_whom_it_means(engine) -> None:
    database, dialect = engine
    everybody = crowd()
    database.fill(everybody)
    when = {"as_of": AS_OF, "zone": SHANGHAI}
    found_some, asked = set(), 0
    for field in CATALOGUE.fields.values():
        for op in field.operators:
            for value in values_of(field, op):
                rule = s.Rule(root=s.Group(s.Match.ALL, (s.FieldIs(field.name, op, value),)))
                meant = {person.id for person in everybody if belongs(rule.root, person)}
                question = s.members(rule, CATALOGUE, s.Relations(), dialect, **when)
                assert ids(database.run(question)) == meant, (field.name, op, value)
                asked += 1
                if meant and len(meant) < len(everybody):
                    found_some.add((field.name, op))
        ((number,),) = database.run(s.count(rule, CATALOGUE, s.Relations(), dialect, **when))
        assert number == len(meant)
    assert asked > 250
    assert len(found_some) == sum(len(field.operators) for field in CATALOGUE.fields.values())


def behaviours() -> Iterator[s.Bought | s.Did]:
    """What people did and did not: each measure of it, of each choice of products."""
    windows = (s.Ever(), s.LastDays(30), s.Between(date(2025, 1, 1), date(2026, 2, 28)))
    chosen = (
        None, s.Products(skus=("T-1", "壶-3")), s.Products(name_contains="ROCK"),
        s.Products(skus=("T-2",), name_contains="tea"),
    )  # fmt: skip
    for window, products in product(windows, chosen):
        for measure, comparison, limit in product(s.Measure, s.Comparison, (0, 1, 2)):
            value = str(limit * 10) if measure is s.Measure.AMOUNT else limit
            yield s.Bought(window, True, measure, comparison, value, products)
            if measure is not s.Measure.AMOUNT and (products is None or not products.name_contains):
                yield s.Did(EVENTS[1], window, True, measure, comparison, value, products)
        yield s.Bought(window, did=False, products=products)
    yield from (s.Did(name, window, did=False) for name, window in product(EVENTS, windows))


def test_every_measure_of_what_people_did_finds_whom_it_means(engine) -> None:
    database, dialect = engine
    everybody = crowd()
    database.fill(everybody)
    sizes = set()
    for condition in behaviours():
        rule = s.Rule(root=s.Group(s.Match.ALL, (condition,)))
        meant = {person.id for person in everybody if belongs(rule.root, person)}
        question = s.members(rule, CATALOGUE, s.Relations(), dialect, as_of=AS_OF, zone=SHANGHAI)
        assert ids(database.run(question)) == meant, condition
        sizes.add(len(meant))
    assert len(sizes) > 20


@given(rule=RULES)
def test_a_rule_survives_its_json(rule: s.Rule) -> None:
    assert s.load(s.dump(rule)) == rule
    assert s.check(rule, CATALOGUE) == []


@pytest.mark.parametrize(
    ("day", "days", "found"),
    [((2027, 2, 27), 1, False), ((2027, 2, 27), 2, True), ((2027, 2, 28), 1, True),
     ((2028, 2, 28), 1, False), ((2028, 2, 28), 2, True), ((2028, 2, 29), 1, True),
     ((2027, 3, 1), 300, False), ((2027, 12, 1), 100, True)],
)  # fmt: skip
def test_who_was_born_on_a_leap_day_has_a_birthday_every_year(day, days, found) -> None:
    database = InDuckDB()
    database.fill([Person(1, *[None] * 5, date(1988, 2, 29), None, None, None)])
    rule = s.Rule(
        root=s.Group(s.Match.ALL, (s.FieldIs("birthday", s.Op.ANNIVERSARY_WITHIN, days),))
    )
    now = datetime(*day, 9, tzinfo=UTC)
    question = s.members(rule, CATALOGUE, s.Relations(), s.DUCKDB, as_of=now)
    assert bool(database.run(question)) is found
