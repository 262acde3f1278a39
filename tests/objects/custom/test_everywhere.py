"""A custom field is a field like any other: list, record, form, history, rights, segments."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role
from zhiyin.customers import segmentation
from zhiyin.customers.models import Company, Customer, ProfileChange
from zhiyin.objects.custom import indexes, layouts
from zhiyin.objects.custom.layouts import Placed, Section
from zhiyin.objects.faults import CannotBe
from zhiyin.objects.services.changing import change_field
from zhiyin.segments import FieldIs, Group, Match, Op, Rule

from ... import factories
from .fields import administrator, customers, field

pytestmark = pytest.mark.django_db
LEVELS = {"choices": [{"key": "a", "zh": "甲", "en": "Ay"}, {"key": "b", "zh": "乙", "en": "Bee"}]}


def desk(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_value_is_written_kept_in_history_and_shown() -> None:
    by = administrator()
    field("c_points", "number", by=by, rules={"decimals": 0})
    row = Customer.objects.create(name="Ann")
    saved = change_field(customers(), row, "c_points", "1,250", by=by, version=1)
    assert (saved.custom, saved.version) == ({"c_points": "1250"}, 2)  # type: ignore[attr-defined]
    change = ProfileChange.objects.get()
    assert (change.field, change.before, change.after) == ("c_points", "", "1250")
    client = desk(by)
    assert "1,250" in text(client, reverse("customer", args=[row.pk]))
    assert "1,250" in text(client, f"{reverse('customers')}?set=1&col=name&col=c_points")
    form = text(client, reverse("edit_customer", args=[row.pk]))
    assert 'name="c_points"' in form


def test_the_history_of_a_close_field_tells_no_value_and_hides_with_it() -> None:
    by, row = administrator(), Customer.objects.create(name="Ann")
    field("c_diet", by=by, sensitivity="sensitive", label_en="Diet")
    field("c_shoe", by=by, label_en="Shoe")
    for version, key in enumerate(("c_diet", "c_shoe"), start=1):
        change_field(customers(), row, key, f"said {key}", by=by, version=version)
    for role, told in ((Role.ADMINISTRATOR, True), (Role.ANALYST, False)):
        client = desk(factories.user(role))
        answer = client.get(f"/api/v1/customers/{row.pk}/timeline")
        lines = " ".join(str(line) for line in answer.json()["items"])
        assert "said c_shoe" in lines
        assert "said c_diet" not in lines
        assert ("Diet" in lines) is told


def test_a_list_is_narrowed_by_a_field_and_by_a_formula() -> None:
    by = administrator()
    field("c_level", "choice", by=by, rules=LEVELS)
    field("c_ratio", "formula", by=by, formula="revenue / orders")
    Customer.objects.create(name="Ann", custom={"c_level": "a"}, revenue=100, orders=2)
    Customer.objects.create(name="Bob", custom={"c_level": "b"}, revenue=10, orders=2)
    Customer.objects.create(name="Cid")
    from zhiyin.objects.conditions import Is, write
    from zhiyin.objects.definitions import Operator

    client, base = desk(by), f"{reverse('customers')}?set=1&where="
    for condition, found in (
        (Is("c_level", Operator.IS, ("a",)), {"Ann"}),
        (Is("c_level", Operator.IS_NOT, ("a",)), {"Bob", "Cid"}),
        (Is("c_ratio", Operator.AT_LEAST, ("50",)), {"Ann"}),
        (Is("c_ratio", Operator.EMPTY, ()), {"Cid"}),
    ):
        page = text(client, base + write(condition))
        assert {name for name in ("Ann", "Bob", "Cid") if name in page} == found, condition


def test_a_company_has_fields_of_its_own_too() -> None:
    from zhiyin.objects.custom import services
    from zhiyin.objects.definitions import object_type

    from .fields import draft

    by, of = administrator(), object_type("company")
    services.add_field(of, draft("c_size", "number", rules={"decimals": 0}), by=by)
    row = Company.objects.create(name="Acme")
    change_field(of, row, "c_size", "42", by=by, version=1)
    assert "42" in text(desk(by), reverse("company", args=[row.pk]))


def test_who_may_not_see_a_field_meets_it_nowhere() -> None:
    field("c_illness", sensitivity="sensitive", label_en="Illness")
    field("c_card", sensitivity="personal", label_en="Card")
    field("c_len", "formula", formula="length(c_illness)", label_en="Length of it")
    row = Customer.objects.create(name="Ann", custom={"c_illness": "asthma", "c_card": "Z998877"})
    marketer = factories.user(Role.MARKETER)
    client = desk(marketer)
    columns = "&".join(f"col={key}" for key in ("name", "c_illness", "c_card", "c_len"))
    for address in (
        reverse("customer", args=[row.pk]),
        f"{reverse('customers')}?set=1&{columns}",
    ):
        page = text(client, address)
        assert "asthma" not in page
        assert "Z998877" not in page
        assert "Length of it" not in page
    sales = factories.user(Role.SALES)
    mine = Customer.objects.create(name="Bob", owner=sales)
    with pytest.raises(Denied):
        change_field(customers(), mine, "c_illness", "x", by=sales, version=1)
    rule = Rule(root=Group(Match.ALL, (FieldIs("c_illness", Op.IS, "asthma"),)))
    assert segmentation.problems(rule, user=marketer)


def test_a_layout_orders_the_page_and_what_it_only_shows_is_not_in_the_form() -> None:
    by = administrator()
    for key in ("c_one", "c_two", "c_three"):
        field(key, by=by)
    part = Section("甲", "My part", (Placed("c_two"), Placed("c_one", read_only=True)))
    layouts.keep(customers(), "", (part,), by=by)
    row = Customer.objects.create(name="Ann", custom={"c_three": "unseen"})
    client = desk(by)
    page = text(client, reverse("customer", args=[row.pk]))
    assert "My part" in page
    assert page.index("Field c_two") < page.index("Field c_one")
    assert "unseen" not in page
    form = text(client, reverse("edit_customer", args=[row.pk]))
    assert 'name="c_two"' in form
    assert 'name="c_one"' not in form


def test_a_state_is_not_entered_before_what_it_demands_is_filled() -> None:
    by = administrator()
    field("c_level", "choice", by=by, rules=LEVELS)
    field("c_reason", by=by, label_en="Reason",
          rules={"required_when": [{"field": "c_level", "values": ["b"]}]})  # fmt: skip
    row = Customer.objects.create(name="Ann")
    change_field(customers(), row, "c_level", "a", by=by, version=1)
    with pytest.raises(CannotBe, match="First fill: Reason"):
        change_field(customers(), row, "c_level", "b", by=by, version=2)
    change_field(customers(), row, "c_reason", "asked", by=by, version=2)
    change_field(customers(), row, "c_level", "b", by=by, version=3)
    with pytest.raises(CannotBe, match="has to be filled"):
        change_field(customers(), row, "c_reason", "", by=by, version=4)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (FieldIs("c_level", Op.IS, "a"), {"Ann"}),
        (FieldIs("c_points", Op.AT_LEAST, 5), {"Ann"}),
        (FieldIs("c_points", Op.IS_EMPTY), {"Cid"}),
        (FieldIs("c_since", Op.BETWEEN, ("2026-01-01", "2026-12-31")), {"Bob"}),
        (FieldIs("c_likes", Op.HAS_ALL, ("a", "b")), {"Bob"}),
        (FieldIs("c_likes", Op.IS_EMPTY), {"Cid"}),
        (FieldIs("c_vip", Op.IS, True), {"Ann"}),
        (FieldIs("c_note", Op.CONTAINS, "100%s"), {"Ann"}),
        (FieldIs("c_sum", Op.MORE_THAN, 9), {"Ann"}),
    ],
)
def test_segments_ask_about_every_kind(condition: FieldIs, found: set[str]) -> None:
    by = administrator()
    for key, kind in (("c_level", "choice"), ("c_likes", "choices")):
        field(key, kind, by=by, rules=LEVELS)
    for key, kind in (("c_points", "number"), ("c_since", "date"), ("c_vip", "bool")):
        field(key, kind, by=by)
    field("c_note", by=by)
    field("c_sum", "formula", by=by, formula='if(c_note = "no", 0, c_points) * 2 + orders')
    Customer.objects.create(name="Ann", custom={
        "c_level": "a", "c_points": "5.000000", "c_since": "2025-06-01", "c_likes": ["a"],
        "c_vip": True, "c_note": "'; -- 100%s"})  # fmt: skip
    Customer.objects.create(name="Bob", custom={
        "c_level": "b", "c_points": "4.000000", "c_since": "2026-06-01", "c_likes": ["a", "b"],
        "c_vip": False, "c_note": "no"})  # fmt: skip
    Customer.objects.create(name="Cid")
    rule = Rule(root=Group(Match.ALL, (condition,)))
    assert segmentation.problems(rule, user=by) == []
    ids = segmentation.member_ids(rule, user=by)
    assert set(Customer.objects.filter(pk__in=ids).values_list("name", flat=True)) == found
    assert segmentation.count(rule).count == len(found)


def test_what_segments_and_views_ask_about_is_known_to_the_indexes() -> None:
    from zhiyin.customers.models import Segment
    from zhiyin.objects.models import SavedView

    by = administrator()
    for key in ("c_points", "c_other", "c_sorted"):
        field(key, "number", by=by)
    rule = Rule(root=Group(Match.ALL, (FieldIs("c_points", Op.AT_LEAST, 5),)))
    segmentation.save(Segment(owner=by, name="x"), rule, by=by)
    SavedView.objects.create(object_type="customer", name="v", owner=by, sort="-c_sorted")
    assert {one.key for one in indexes.wanted(customers()).values()} == {"c_points", "c_sorted"}
