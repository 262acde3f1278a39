"""A rule that cannot be meant is told so, at its place, in both languages."""

import json
from datetime import date

import pytest

from zhiyin import segments as s

from .world import AS_OF, CATALOGUE, SEGMENTS


def rule(*items: s.Node, match: s.Match = s.Match.ALL) -> s.Rule:
    return s.Rule(root=s.Group(match, items))


@pytest.mark.parametrize(
    ("condition", "trouble"),
    [
        (s.FieldIs("shoe_size", s.Op.IS, 42), s.Trouble.UNKNOWN),
        (s.FieldIs("city", s.Op.AT_LEAST, 3), s.Trouble.WRONG_OPERATOR),
        (s.FieldIs("last_order", s.Op.ANNIVERSARY_WITHIN, 3), s.Trouble.WRONG_OPERATOR),
        (s.FieldIs("city", s.Op.IS, "a\x00b"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.IS, "a\ud800"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.IS, "  "), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.IS, "x" * 201), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.ONE_OF, ()), s.Trouble.WRONG_VALUE),
        (s.FieldIs("tier", s.Op.IS, "platinum"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("orders", s.Op.AT_LEAST, "3"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("orders", s.Op.AT_LEAST, True), s.Trouble.WRONG_VALUE),
        (s.FieldIs("orders", s.Op.AT_LEAST, float("nan")), s.Trouble.WRONG_VALUE),
        (s.FieldIs("orders", s.Op.BETWEEN, (5, 1)), s.Trouble.WRONG_VALUE),
        (s.FieldIs("revenue", s.Op.AT_LEAST, "1e999"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("revenue", s.Op.AT_LEAST, "0.00001"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("birthday", s.Op.BEFORE, "2026-02-30"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.ONE_OF, tuple(map(str, range(1001)))), s.Trouble.WRONG_VALUE),
        (s.FieldIs("member", s.Op.IS, "yes"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("orders", s.Op.BETWEEN, (5,)), s.Trouble.WRONG_VALUE),
        (s.FieldIs("revenue", s.Op.AT_LEAST, None), s.Trouble.WRONG_VALUE),
        (s.FieldIs("revenue", s.Op.AT_LEAST, "a lot"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("birthday", s.Op.BEFORE, 19900303), s.Trouble.WRONG_VALUE),
        (s.FieldIs("birthday", s.Op.BEFORE, "0990-03-03"), s.Trouble.WRONG_VALUE),
        (s.FieldIs("birthday", s.Op.BETWEEN, ("1991-01-01", "1990-01-01")), s.Trouble.WRONG_VALUE),
        (s.FieldIs("birthday", s.Op.WITHIN_LAST, 0), s.Trouble.WRONG_VALUE),
        (s.FieldIs("city", s.Op.IS_EMPTY, "x"), s.Trouble.WRONG_VALUE),
        (s.Agreed("pigeon"), s.Trouble.UNKNOWN),
        (s.Agreed("sms", purpose="spying"), s.Trouble.UNKNOWN),
        (s.InSegment("nobody"), s.Trouble.UNKNOWN),
        (s.Bought(s.LastDays(0)), s.Trouble.WRONG_VALUE),
        (s.Bought(s.Between(date(2026, 2, 2), date(2026, 2, 1))), s.Trouble.WRONG_VALUE),
        (s.Bought(s.Ever(), did=False, value=3), s.Trouble.WRONG_OPERATOR),
        (s.Bought(s.Ever(), value=-1), s.Trouble.WRONG_VALUE),
        (s.Bought(s.Ever(), products=s.Products()), s.Trouble.WRONG_VALUE),
        (s.Bought(s.Ever(), products=s.Products(("T",) * 1001)), s.Trouble.WRONG_VALUE),
        (s.Did("", s.Ever()), s.Trouble.WRONG_VALUE),
        (s.Did("Paid", s.Ever(), measure=s.Measure.AMOUNT), s.Trouble.WRONG_OPERATOR),
        (s.Group(s.Match.ANY), s.Trouble.EMPTY_GROUP),
    ],
)
def test_each_mistake_is_named_where_it_is(condition: s.Node, trouble: s.Trouble) -> None:
    fine = s.FieldIs("orders", s.Op.AT_LEAST, 1)
    problems = s.check(rule(fine, condition), CATALOGUE)
    assert [(each.path, each.trouble) for each in problems] == [((1,), trouble)]
    assert problems[0].message["zh"]
    assert problems[0].message["en"]
    with pytest.raises(s.InvalidRuleError):
        s.members(rule(fine, condition), CATALOGUE, s.Relations(), s.DUCKDB, as_of=AS_OF)


def test_a_field_one_may_not_use_is_refused_and_can_be_left_out() -> None:
    secret = s.Field(
        "birthday", s.Kind.DATE, {"zh": "生日", "en": "birthday"}, "birth_date", usable=False
    )
    catalogue = s.Catalogue.of(CATALOGUE.fields["city"], secret)
    wanted = rule(
        s.FieldIs("city", s.Op.IS, "Leeds"),
        s.Group(s.Match.ANY, (s.FieldIs("birthday", s.Op.NOT_EMPTY),)),
    )
    (problem,) = s.check(wanted, catalogue)
    assert problem.trouble is s.Trouble.NOT_ALLOWED
    assert "「生日」" in problem.message["zh"]
    assert s.without(wanted, {problem.path}) == rule(s.FieldIs("city", s.Op.IS, "Leeds"))
    lived = s.FieldIs("city", s.Op.IS, "York")
    either = s.Group(s.Match.ANY, (s.FieldIs("birthday", s.Op.NOT_EMPTY), lived))
    assert s.without(rule(either), {(0, 0)}) == rule(s.Group(s.Match.ANY, (lived,)))


def test_too_deep_and_too_many_are_refused() -> None:
    deep: s.Node = s.FieldIs("member", s.Op.IS, True)
    for _ in range(6):
        deep = s.Group(s.Match.ALL, (deep,))
    assert s.Trouble.TOO_LARGE in {each.trouble for each in s.check(rule(deep), CATALOGUE)}
    many = rule(*[s.FieldIs("member", s.Op.IS, True)] * 61)
    assert s.Trouble.TOO_LARGE in {each.trouble for each in s.check(many, CATALOGUE)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"root": {"type": "group", "match": "most", "items": []}}',
        '{"root": {"type": "sql", "text": "1=1"}}',
        '{"version": 2, "root": {"type": "group", "match": "all", "items": []}}',
        '{"root": ' + '{"type": "group", "match": "all", "items": [' * 100_000,
        b"\xff\xfe",
    ],
)
def test_text_that_is_no_rule_is_refused(text: str | bytes) -> None:
    with pytest.raises(s.UnreadableRuleError):
        s.load(text)


def test_stored_rules_keep_their_form() -> None:
    """The JSON is kept in databases: a change of names here needs a new version."""
    stored = {
        "root": {
            "type": "group",
            "match": "all",
            "items": [
                {"type": "field", "field": "tier", "op": "one_of", "value": ["gold"]},
                {
                    "type": "bought",
                    "window": {"kind": "last_days", "days": 365},
                    "did": True,
                    "measure": "amount",
                    "comparison": "at_least",
                    "value": "2000",
                    "products": None,
                },
                {"type": "agreed", "channel": "sms", "purpose": "marketing", "granted": True},
                {"type": "segment", "segment": SEGMENTS[0], "member": True},
            ],
        },
        "version": 1,
    }
    assert json.loads(s.dump(s.load(json.dumps(stored)))) == stored


def test_segments_that_depend_on_each_other_are_found() -> None:
    stored = {"b": rule(s.InSegment("c")), "c": rule(s.InSegment("a")), "d": rule()}
    new = rule(s.InSegment("d"), s.InSegment("b"))
    assert s.find_cycle("a", new, stored) == ["a", "b", "c", "a"]
    assert s.find_cycle("e", new, stored) is None
    assert s.find_cycle("a", rule(s.InSegment("a")), {}) == ["a", "a"]
    assert [each.path for each in s.check_cycle("a", new, stored)] == [(1,)]
