"""Whatever people type, the SQL text stays the same and the tables stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin import segments as s

from .databases import InDuckDB
from .world import AS_OF, CATALOGUE

NASTY = st.sampled_from(
    ["'", '"', "';--", "%", "%s", "%(p1)s", "$p1", "{}", "\\", "海😀", "a'/*", "$$", ":x", "?"]
) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60
)
NASTY = NASTY.filter(str.strip)


def rule_with(value: str) -> s.Rule:
    return s.Rule(
        root=s.Group(
            s.Match.ALL,
            (
                s.FieldIs("city", s.Op.IS, value),
                s.FieldIs("city", s.Op.CONTAINS, value),
                s.FieldIs("city", s.Op.NONE_OF, (value,)),
                s.FieldIs("tags", s.Op.HAS, value),
                s.Did(value, s.Ever()),
                s.Bought(s.Ever(), products=s.Products(skus=(value,), name_contains=value)),
            ),
        )
    )


@pytest.mark.parametrize("dialect", [s.POSTGRESQL, s.DUCKDB, s.SPARK])
@given(value=NASTY)
def test_values_never_change_the_statement(dialect: s.Dialect, value: str) -> None:
    plain = s.members(rule_with("plain"), CATALOGUE, s.Relations(), dialect, as_of=AS_OF)
    nasty = s.members(rule_with(value), CATALOGUE, s.Relations(), dialect, as_of=AS_OF)
    assert nasty.sql == plain.sql


@pytest.mark.parametrize(
    "name", ["city; drop table x", 'ci"ty', "", "1st", "城市", "a b", "x" * 64]
)
def test_only_plain_names_become_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="plain"):
        s.Field("city", s.Kind.TEXT, {"zh": "城市", "en": "city"}, name)
    with pytest.raises(ValueError, match="plain"):
        s.Relations(orders=name)


def test_an_expression_with_other_values_than_it_needs_is_refused() -> None:
    """One value too many would slide into the next condition."""
    for params in ((), (1, 2)):
        with pytest.raises(ValueError, match="other values"):
            s.Field("x", s.Kind.NUMBER, {"zh": "数", "en": "x"}, "x",
                    expression="c.x * %s", params=params)  # fmt: skip


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        s.members(
            rule_with("x"), CATALOGUE, s.Relations(), s.DUCKDB, as_of=AS_OF.replace(tzinfo=None)
        )


def test_the_mock_screen_reads_each_relation_once() -> None:
    bought = [s.Bought(s.LastDays(days)) for days in (7, 30, 365)]
    rule = s.Rule(root=s.Group(s.Match.ALL, tuple(bought)))
    waterfall = s.waterfall(rule, CATALOGUE, s.Relations(), s.DUCKDB, as_of=AS_OF)
    assert waterfall.query.sql.count("customers_order") == 1
    assert InDuckDB().run(waterfall.query) == [(0, 0, 0, 0, 0)]
    assert [each.share for each in waterfall.read((0, 0, 0, 0, 0))] == [None] * 4
