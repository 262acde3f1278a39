"""What somebody types becomes what is kept, and is shown, compared and computed as it was meant."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.accounts.access import Sensitivity
from zhiyin.cleaning.errors import BadValue
from zhiyin.customers.models import Customer
from zhiyin.objects.custom import patterns, reading, values
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.rules import kept_rules, read_rules
from zhiyin.objects.definitions import fields_of
from zhiyin.objects.faults import CannotBe

from .fields import administrator, customers, field

CHOICES = {"choices": [{"key": "a", "zh": "甲", "en": "Ay"}, {"key": "b", "zh": "乙", "en": "Bee"}]}


def unsaved(type: str, **rules: object) -> CustomField:
    return CustomField(key="c_x", type=type, rules=kept_rules(read_rules(rules)))


@pytest.mark.parametrize(
    ("type", "rules", "text", "kept"),
    [
        ("text", {}, "  上海  ", "上海"),
        ("text", {}, " ", None),
        ("long_text", {}, "one\r\n two \n", "one\ntwo"),
        ("number", {}, "1,200.5", "1200.500000"),
        ("number", {"decimals": 0}, "12", "12"),
        ("number", {}, "-0", "0.000000"),
        ("money", {}, "99.9", "99.90"),
        ("date", {}, "2026-05-01", "2026-05-01"),
        ("date", {}, "2026年5月1日", "2026-05-01"),
        ("moment", {}, "2026-05-01T08:30", "2026-05-01T00:30:00Z"),
        ("bool", {}, "是", True),
        ("bool", {}, "no", False),
        ("choice", CHOICES, "乙", "b"),
        ("choice", CHOICES, "bee", "b"),
        ("choices", CHOICES, "b、甲", ["a", "b"]),
        ("choices", CHOICES, "b\x1fa", ["a", "b"]),
        ("url", {}, "example.com/a", "https://example.com/a"),
        ("email", {}, "Ann@Example.com", "ann@example.com"),
        ("phone", {}, "138 0013 8000", "+8613800138000"),
        ("text", {"pattern": r"[A-Z]{2}\d+"}, "AB12", "AB12"),
    ],
)  # fmt: skip
def test_what_is_kept(type: str, rules: dict[str, object], text: str, kept: object) -> None:
    assert reading.read(unsaved(type, **rules), text) == kept


@pytest.mark.parametrize(
    ("type", "rules", "text"),
    [
        ("number", {}, "NaN"),
        ("number", {}, "1e5"),
        ("number", {}, "1" * 19),
        ("number", {"decimals": 0}, "1.5"),
        ("number", {"least": "1"}, "0"),
        ("money", {}, "1.005"),
        ("date", {}, "2026-02-30"),
        ("bool", {}, "maybe"),
        ("choice", CHOICES, "c"),
        ("choices", CHOICES, "a, c"),
        ("url", {}, "javascript:alert(1)"),
        ("url", {}, "https://user:pass@example.com"),
        ("email", {}, "nobody"),
        ("text", {"pattern": r"\d{6}"}, "12345"),
        ("text", {"longest": 3}, "abcd"),
        ("text", {"shortest": 3}, "ab"),
        ("text", {}, "x" * 501),
        ("formula", {}, "1"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_in_both_languages(
    type: str, rules: dict[str, object], text: str
) -> None:
    with pytest.raises(BadValue) as caught:
        reading.read(unsaved(type, **rules), text)
    assert caught.value.reason.zh
    assert caught.value.reason.en


typed = st.one_of(
    st.tuples(st.just("number"), st.decimals(-(10**12), 10**12, places=6)),
    st.tuples(st.just("money"), st.decimals(-(10**12), 10**12, places=2)),
    st.tuples(st.just("date"), st.dates(date(1, 1, 1))),
    st.tuples(
        st.just("moment"),
        st.datetimes(timezones=st.just(UTC)).map(lambda m: m.replace(microsecond=0)),
    ),
    st.tuples(st.just("bool"), st.booleans()),
    st.tuples(st.just("choices"), st.lists(st.sampled_from("ab"), min_size=1, unique=True)),
)


@given(typed)
def test_a_value_comes_back_from_the_column_as_it_was(case: tuple[str, object]) -> None:
    type, value = case
    one = unsaved(type, **(CHOICES if type == "choices" else {}))
    row = Customer()
    values.put(one, row, value)  # type: ignore[arg-type]
    row.custom = json.loads(json.dumps(row.custom))
    assert values.in_row(one, row) == value


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"\d{3,4}-?[A-Z]+", "0123-XY", True),
        (r"\d{3,4}-?[A-Z]+", "012XY", True),
        (r"\d{3,4}", "01", False),
        (r"[^,]*", "a b", True),
        (r"[^,]*", "a,b", False),
        (r"a?b*c+", "cc", True),
        (r"\w+@\w+\.\w+", "李@店.中", True),
        ("", "", True),
        ("(a)", None, None),
        ("a|b", None, None),
        ("a{9999}", None, None),
        ("[z-a]", None, None),
        ("a**", None, None),
        (r"\1", None, None),
    ],
)
def test_patterns(pattern: str, text: str | None, fits: bool | None) -> None:
    if text is None:
        with pytest.raises(patterns.PatternError):
            patterns.parse(pattern)
    else:
        assert patterns.fits(patterns.parse(pattern), text) is fits


def test_no_pattern_takes_long() -> None:
    assert not patterns.fits(patterns.parse("a*" * 50 + "b"), "a" * 500)


@pytest.mark.django_db
def test_a_formula_is_computed_and_is_as_close_to_a_person_as_what_it_reads() -> None:
    field("c_points", "number")
    field("c_score", "formula", formula="round(c_points * 2 + orders, 1)")
    field("c_age", "formula", formula="2026 - year(birth_date)")
    known = fields_of(customers())
    row = Customer(orders=3, custom={"c_points": "1.25"}, birth_date=date(1990, 1, 1))
    assert [known[key].value(row) for key in ("c_score", "c_age")] == [  # type: ignore[misc]
        Decimal("5.5"), 36,
    ]  # fmt: skip
    assert known["c_score"].sensitivity is Sensitivity.PLAIN
    assert known["c_age"].sensitivity is Sensitivity.SENSITIVE
    assert known["c_score"].editor is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type", "rules", "custom", "wanted"),
    [
        ("text", {}, "上海", "上海"),
        ("number", {}, "12.500000", Decimal("12.5")),
        ("date", {}, "0999-12-31", date(999, 12, 31)),
        ("moment", {}, "2026-05-01T00:30:59Z", datetime(2026, 5, 1, 0, 30, 59, tzinfo=UTC)),
        ("bool", {}, False, False),
    ],
)
def test_postgresql_reads_the_column_as_python_does(
    type: str, rules: dict[str, object], custom: object, wanted: object
) -> None:
    one = field("c_x", type, rules=rules)
    row = Customer.objects.create(custom={"c_x": custom})
    Customer.objects.create()
    known = fields_of(customers())["c_x"]
    assert known.expression is not None
    asked = Customer.objects.annotate(x=known.expression()).order_by("pk")
    assert [each.x for each in asked] == [wanted, None]
    assert values.in_row(one, row) == wanted


@pytest.mark.django_db
def test_postgresql_computes_a_formula_as_python_does() -> None:
    field("c_points", "number")
    field("c_f", "formula", formula='if(city = "%s" or churn_risk > 0.3, revenue / c_points, 0)')
    known = fields_of(customers())["c_f"]
    assert known.expression is not None
    assert known.value is not None
    rows = [
        Customer.objects.create(city="%s", revenue=10, custom={"c_points": "3"}),
        Customer.objects.create(
            churn_risk=0.30000000000000004, revenue=1, custom={"c_points": "7"}
        ),
        Customer.objects.create(churn_risk=0.3, revenue=1, custom={"c_points": "7"}),
    ]
    asked = list(Customer.objects.annotate(f=known.expression()).order_by("pk"))
    fresh = [Customer.objects.get(pk=row.pk) for row in rows]
    assert [each.f for each in asked] == [known.value(row) for row in fresh]
    assert [each.f for each in asked] == [Decimal("3.3333333333"), Decimal("0.1428571429"), 0]


@pytest.mark.django_db
def test_a_required_field_is_required_in_its_state_and_a_unique_value_is_unique() -> None:
    by = administrator()
    field("c_card", rules={"unique": True,
                           "required_when": [{"field": "tier", "values": ["gold"]}]})  # fmt: skip
    editor = fields_of(customers())["c_card"].editor
    assert editor is not None
    assert editor.put is not None
    Customer.objects.create(custom={"c_card": "X1"})
    gold, plain = Customer(tier="gold"), Customer(tier="regular")
    with pytest.raises(CannotBe, match="has to be filled"):
        editor.put(gold, editor.read("", by), by)
    assert editor.put(plain, editor.read("", by), by) == ["custom"]
    with pytest.raises(CannotBe, match="already"):
        editor.put(plain, editor.read("X1", by), by)
    editor.put(plain, editor.read("X2", by), by)
    assert plain.custom == {"c_card": "X2"}
