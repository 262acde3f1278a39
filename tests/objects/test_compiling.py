"""What a tree of conditions finds is what reading every row with one's own eyes finds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F, IntegerField, Value
from django.db.models.functions import NullIf
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Company, Customer, Segment, SegmentMember
from zhiyin.customers.objects import COMPANY, CUSTOMER
from zhiyin.objects import compiling, conditions, definitions, values
from zhiyin.objects.conditions import All, BadCondition, Fault, Has, Is, Node, Not
from zhiyin.objects.conditions import Any as AnyOf
from zhiyin.objects.definitions import Asked, Field, Kind, ObjectType, Operator, fields_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
CITIES = ("", "Bath", "York", "bath spa")
TAGS = ("gift", "tea", "new")
NUMBERS = ("0", "1", "2", "2.5", "7")
DAYS = ("0", "1", "3.5", "30")
DATES = ("2026-10-01", "2026-10-30", "2026-11-01")
AT = (
    None,
    NOW,
    NOW - timedelta(days=1),
    NOW - timedelta(days=3, hours=12),
    NOW - timedelta(days=40),
)
VALUES = {
    "city": CITIES[1:], "tags": TAGS, "tier": ("gold", "platinum"), "orders": NUMBERS,
    "value_12m": NUMBERS, "churn_risk": ("10", "35.5"), "last_order_at": DATES,
    "industry": ("retail", "finance"), "headcount": NUMBERS, "revenue": NUMBERS,
}  # fmt: skip
OF_PERSON = ("city", "tags", "tier", "orders", "value_12m", "churn_risk", "last_order_at")
OF_COMPANY = ("city", "tags", "industry", "headcount", "revenue", "last_order_at")


def world() -> None:
    """A few companies and people of all kinds of values and of none."""
    companies = Company.objects.bulk_create(
        Company(
            name=f"Company {n}", city=CITIES[n % 4], tags=TAGS[: n % 3], headcount=n % 3,
            industry=("", "retail", "finance")[n % 3], revenue=Decimal(n % 4),
            last_order_at=AT[n % 5],
        )
        for n in range(6)
    )  # fmt: skip
    Customer.objects.bulk_create(
        Customer(
            name=f"Person {n}", city=CITIES[n % 4], tags=TAGS[n % 2 : n % 4], orders=n % 4,
            tier=("", "gold", "platinum")[n % 3], value_12m=None if n % 3 == 0 else Decimal(n % 8),
            churn_risk=None if n % 4 == 0 else (n % 5) / 10, last_order_at=AT[n % 5],
            company=None if n % 3 == 1 else companies[n % 6],
        )
        for n in range(36)
    )  # fmt: skip


def leaf(fields: tuple[str, ...], of: ObjectType) -> st.SearchStrategy[Node]:
    @st.composite
    def drawn(draw: st.DrawFn) -> Node:
        key = draw(st.sampled_from(fields))
        op = draw(st.sampled_from(fields_of(of)[key].asked_with))
        if op in (Operator.EMPTY, Operator.FILLED):
            return Is(key, op)
        words = DAYS if op in (Operator.OLDER, Operator.WITHIN) else VALUES[key]
        word = st.sampled_from(words)
        if op is Operator.BETWEEN:
            return Is(key, op, (draw(word), draw(word)))
        many = op in (Operator.IS, Operator.IS_NOT) and fields_of(of)[key].kind is not Kind.BOOL
        return Is(key, op, tuple(draw(st.lists(word, min_size=1, max_size=3 if many else 1))))

    return drawn()


def tree(fields: tuple[str, ...], of: ObjectType, related: st.SearchStrategy[Node]) -> Any:
    return st.recursive(
        leaf(fields, of) | related,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda of: All(tuple(of)))
            | st.lists(inner, max_size=3).map(lambda of: AnyOf(tuple(of)))
            | inner.map(Not)
        ),
        max_leaves=6,
    )


COMPANY_TREE = tree(OF_COMPANY, COMPANY, st.nothing())
PERSON_TREE = tree(OF_PERSON, CUSTOMER, COMPANY_TREE.map(lambda t: Has("company", t)))
COMPANY_DEEP = tree(
    OF_COMPANY, COMPANY,
    tree(OF_PERSON, CUSTOMER, st.nothing()).map(lambda t: Has("people", t)),
)  # fmt: skip


def holds(node: Node, row: Any, people: list[Customer]) -> bool:
    """The naive reading: one row, in Python, with no database."""
    if isinstance(node, All):
        return all(holds(one, row, people) for one in node.of)
    if isinstance(node, AnyOf):
        return any(holds(one, row, people) for one in node.of)
    if isinstance(node, Not):
        return not holds(node.of, row, people)
    if isinstance(node, Has):
        if node.relation == "company":
            return row.company is not None and holds(node.where, row.company, people)
        return any(holds(node.where, p, people) for p in people if p.company_id == row.pk)
    return compares(node, getattr(row, node.field))


def compares(one: Is, value: Any) -> bool:
    if one.op is Operator.EMPTY:
        return value in (None, "", [])
    if one.op is Operator.FILLED:
        return value not in (None, "", [])
    if one.op is Operator.IS:
        return is_one_of(one, value)
    if one.op is Operator.IS_NOT:
        return not is_one_of(one, value)
    if value is None:
        return False
    first = one.values[0]
    if one.op is Operator.CONTAINS:
        return bool(first.lower() in value.lower())
    if one.op is Operator.STARTS:
        return bool(value.lower().startswith(first.lower()))
    if one.op is Operator.OLDER:
        return bool(value < NOW - timedelta(days=float(first)))
    if one.op is Operator.WITHIN:
        return bool(value >= NOW - timedelta(days=float(first)))
    low, high = (first, one.values[-1])
    at_least = bool(value >= edge(one, low, end=False))
    at_most = bool(
        value < edge(one, high, end=True)
        if one.field == "last_order_at"
        else value <= edge(one, high, end=True)
    )
    if one.op is Operator.BETWEEN:
        return at_least and at_most
    return at_least if one.op is Operator.AT_LEAST else at_most


def is_one_of(one: Is, value: Any) -> bool:
    if one.field == "tags":
        return bool(set(value) & set(one.values))
    if one.field in ("orders", "headcount", "value_12m", "revenue"):
        return value is not None and value in [Decimal(text) for text in one.values]
    return value in one.values


def edge(one: Is, text: str, *, end: bool) -> Any:
    if one.field == "last_order_at":
        day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
        return timezone.make_aware(datetime.combine(day, time.min))
    return float(text) / 100 if one.field == "churn_risk" else Decimal(text)


@pytest.fixture
def admin() -> User:
    world()
    return factories.user(Role.ADMINISTRATOR)


LAW = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(PERSON_TREE)
def test_people_are_found_as_reading_each_finds_them(admin: User, tree: Node) -> None:
    found = Customer.objects.filter(compiling.compiled(tree, CUSTOMER, Asked(admin, NOW)))
    everybody = list(Customer.objects.select_related("company"))
    assert sorted(one.name for one in found) == sorted(
        one.name for one in everybody if holds(tree, one, everybody)
    )


@LAW
@given(COMPANY_DEEP)
def test_companies_are_found_by_their_people_too(admin: User, tree: Node) -> None:
    found = Company.objects.filter(compiling.compiled(tree, COMPANY, Asked(admin, NOW)))
    everybody = list(Customer.objects.all())
    assert sorted(one.name for one in found) == sorted(
        one.name for one in Company.objects.all() if holds(tree, one, everybody)
    )


@given(PERSON_TREE)
def test_a_tree_reads_back_as_it_was_written(tree: Node) -> None:
    small = conditions.depth(tree) <= conditions.DEEPEST
    if small and len(conditions.write(tree)) <= conditions.LONGEST:
        assert conditions.read(conditions.write(tree)) == tree


def refused(user: User, tree: Node, of: ObjectType = CUSTOMER) -> BadCondition:
    with pytest.raises(BadCondition) as caught:
        compiling.compiled(tree, of, Asked(user, NOW))
    return caught.value


@pytest.mark.parametrize(
    ("tree", "fault"),
    [
        (Is("password", Operator.IS, ("x",)), Fault.UNKNOWN),
        (Is("birth_date", Operator.FILLED), Fault.UNKNOWN),
        (Is("tier", Operator.AT_LEAST, ("x",)), Fault.WRONG_OPERATOR),
        (Is("orders", Operator.AT_LEAST, ("many",)), Fault.WRONG_VALUE),
        (Is("orders", Operator.AT_LEAST, ("NaN",)), Fault.WRONG_VALUE),
        (Is("orders", Operator.BETWEEN, ("1",)), Fault.WRONG_VALUE),
        (Is("city", Operator.IS), Fault.WRONG_VALUE),
        (Is("city", Operator.EMPTY, ("x",)), Fault.WRONG_VALUE),
        (Is("city", Operator.IS, ("a\x00",)), Fault.WRONG_VALUE),
        (Is("last_order_at", Operator.OLDER, ("-1",)), Fault.WRONG_VALUE),
        (Is("last_order_at", Operator.AT_LEAST, ("0001-01-01",)), Fault.WRONG_VALUE),
        (Is("last_order_at", Operator.AT_LEAST, ("soon",)), Fault.WRONG_VALUE),
        (Is("owner", Operator.IS, ("nobody",)), Fault.WRONG_VALUE),
        (Has("pets", All(())), Fault.UNKNOWN),
        (Has("company", Is("secret", Operator.IS, ("x",))), Fault.UNKNOWN),
    ],
)
def test_what_cannot_be_asked_says_why(tree: Node, fault: Fault) -> None:
    assert refused(factories.user(Role.ADMINISTRATOR), tree).fault is fault


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.SALES, Role.READ_ONLY])
def test_a_masked_field_cannot_be_probed_not_even_from_a_company(role: Role) -> None:
    """Sales see their own customers' numbers whole, but those of the team masked: so not asked."""
    user = factories.user(role, department=factories.department())
    probe = Is("phone", Operator.IS, ("+8613800136207",))
    assert refused(user, probe).fault is Fault.NOT_ALLOWED
    assert refused(user, Has("people", probe), COMPANY).fault is Fault.NOT_ALLOWED
    assert refused(user, Has("company", Has("people", probe))).fault is Fault.NOT_ALLOWED


def test_a_relation_whose_other_end_is_out_of_bounds_is_refused() -> None:
    user = factories.user(Role.ADMINISTRATOR)
    user.is_active = False
    assert refused(user, Has("company", All(()))).fault is Fault.NOT_ALLOWED


def test_only_companies_in_sight_count() -> None:
    ours, theirs = factories.department(), factories.department()
    for department in (ours, theirs):
        company = Company.objects.create(name="Acme", industry="retail", department=department)
        Customer.objects.create(name=str(department.pk), company=company, department=ours)
    user = factories.user(Role.MANAGER, department=ours)
    retail = Has("company", Is("industry", Operator.IS, ("retail",)))
    found = Customer.objects.filter(compiling.compiled(retail, CUSTOMER, Asked(user, NOW)))
    assert [one.name for one in found] == [str(ours.pk)]


def test_an_expression_is_asked_like_a_column(monkeypatch: pytest.MonkeyPatch, admin: User) -> None:
    """Custom fields have no column; "not" is true of rows without a value there too."""
    field = Field(
        "bought", "Bought", Kind.NUMBER, level="orders",
        expression=lambda: NullIf(F("orders"), Value(0), output_field=IntegerField()),
    )  # fmt: skip
    known = {**fields_of(CUSTOMER), "bought": field}
    monkeypatch.setattr(compiling, "fields_of", lambda of: known)
    monkeypatch.setattr("zhiyin.objects.levels.fields_of", lambda of: known)

    def count(tree: Node) -> int:
        condition = compiling.compiled(tree, CUSTOMER, Asked(admin, NOW))
        return Customer.objects.filter(condition).count()

    everybody = list(Customer.objects.all())
    one = Is("bought", Operator.IS, ("1",))
    assert count(one) == sum(row.orders == 1 for row in everybody)
    assert count(Not(one)) == sum(row.orders != 1 for row in everybody)
    assert count(Is("bought", Operator.AT_LEAST, ("1.5",))) == sum(r.orders > 1 for r in everybody)
    assert count(Is("bought", Operator.EMPTY)) == sum(r.orders == 0 for r in everybody)


def test_a_day_a_person_and_a_reference_are_asked_too(
    monkeypatch: pytest.MonkeyPatch, admin: User
) -> None:
    dated = Field("birth", "Birth", Kind.DATE, path="birth_date", level="name")
    monkeypatch.setattr(compiling, "fields_of", lambda of: {**fields_of(of), "birth": dated})
    monkeypatch.setattr(
        "zhiyin.objects.levels.fields_of", lambda of: {**definitions.fields_of(of), "birth": dated}
    )
    Customer.objects.filter(name="Person 1").update(birth_date=date(2026, 10, 31), owner=admin)
    for tree in (
        Is("birth", Operator.BETWEEN, ("2026-10-31", "2026-10-31")),
        Is("birth", Operator.WITHIN, ("2",)),
        Is("owner", Operator.IS, ("me",)),
        Is("owner", Operator.IS, (str(admin.pk),)),
    ):
        found = Customer.objects.filter(compiling.compiled(tree, CUSTOMER, Asked(admin, NOW)))
        assert [one.name for one in found] == ["Person 1"]


def test_membership_of_a_segment_is_asked_and_denied(admin: User) -> None:
    segment = Segment.objects.create(name="Some", tree={}, owner=admin)
    member = Customer.objects.get(name="Person 3")
    SegmentMember.objects.create(segment=segment, customer=member, since=NOW)
    inside = Is("segment", Operator.IS, (str(segment.pk),))
    for tree, count in ((inside, 1), (Not(inside), 35)):
        condition = compiling.compiled(tree, CUSTOMER, Asked(admin, NOW))
        assert Customer.objects.filter(condition).count() == count


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("0", False)])
def test_yes_and_no_are_read(text: str, value: bool) -> None:
    asked = Asked(User(), NOW)
    assert values.parse(Kind.BOOL, Operator.IS, text, asked) is value
    with pytest.raises(values.Unreadable):
        values.parse(Kind.BOOL, Operator.IS, "perhaps", asked)


def test_the_parts_of_a_tree_are_its_chips() -> None:
    one, two = Is("city", Operator.EMPTY), Is("tier", Operator.EMPTY)
    assert conditions.parts(None) == ()
    assert conditions.parts(All((one, two))) == (one, two)
    assert conditions.parts(AnyOf((one, two))) == (AnyOf((one, two)),)
    assert conditions.together(()) is None
    assert conditions.together((one,)) == one
    assert conditions.together((one, two)) == All((one, two))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", Fault.UNREADABLE),
        ('{"is":"sql","of":"1=1"}', Fault.UNREADABLE),
        ('{"is":"field","field":"city","op":"is","values":["x"],"raw":"1"}', Fault.UNREADABLE),
        ("[" * 3000, Fault.UNREADABLE),
        (" " * 5000, Fault.TOO_LONG),
        ('{"is":"not","of":' * 8 + '{"is":"all","of":[]}' + "}" * 8, Fault.TOO_DEEP),
        ('{"is":"all","of":[' + ",".join(['{"is":"field","field":"a","op":"empty"}'] * 41) + "]}",
         Fault.TOO_LONG),
        ('{"is":"field","field":"a","op":"is","values":["' + "x" * 121 + '"]}', Fault.TOO_LONG),
    ],
)  # fmt: skip
def test_a_tree_that_somebody_made_up_is_refused(text: str, fault: Fault) -> None:
    with pytest.raises(BadCondition) as caught:
        conditions.read(text)
    assert caught.value.fault is fault
