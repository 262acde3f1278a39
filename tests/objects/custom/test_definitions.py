"""Definitions: what may be written down, what happens to values, and who may do it."""

from __future__ import annotations

import pytest

from zhiyin.accounts.access import Denied
from zhiyin.accounts.models import AuditPending
from zhiyin.accounts.roles import Role
from zhiyin.customers.models import Customer
from zhiyin.objects.custom import conversion, services
from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.services import Faulty
from zhiyin.objects.definitions import fields_of

from ... import factories
from .fields import administrator, customers, draft, field

pytestmark = pytest.mark.django_db
CHOICES = {"choices": [{"key": "a", "zh": "甲", "en": "A", "colour": "teal"},
                       {"key": "b", "zh": "乙", "en": "B"}]}  # fmt: skip


def test_a_field_is_added_and_belongs_to_the_object_at_once() -> None:
    by = administrator()
    added = field("c_points", "number", by=by)
    known = fields_of(customers())["c_points"]
    assert (known.custom, str(known.label)) == (True, added.label)
    (entry,) = AuditPending.objects.filter(verb="custom_field.added")
    assert entry.detail == {"object": "customer", "key": "c_points", "type": "number"}


@pytest.mark.parametrize(
    ("written", "where"),
    [
        ({"key": "points"}, "key"),
        ({"key": "c_"}, "key"),
        ({"key": "c_Points"}, "key"),
        ({"key": "c_x'); drop table customers_customer; --"}, "key"),
        ({"key": "c_積分"}, "key"),
        ({"key": "c_" + "x" * 39}, "key"),
        ({"type": "blob"}, "type"),
        ({"label_zh": " "}, "label_zh"),
        ({"type": "email"}, "sensitivity"),
        ({"sensitivity": "secret"}, "sensitivity"),
        ({"rules": {"least": "1"}}, "least"),
        ({"type": "number", "rules": {"least": "2", "most": "1"}}, "most"),
        ({"rules": {"pattern": "(a+)+"}}, "pattern"),
        ({"type": "choice"}, "choices"),
        ({"type": "choice", "rules": {"choices": [{"key": "a'b", "zh": "甲", "en": "A"}]}},
         "choices"),
        ({"type": "choice", "rules": {"choices": CHOICES["choices"] * 2}}, "choices"),
        ({"type": "formula"}, "formula"),
        ({"type": "formula", "formula": "c_none + 1"}, "formula"),
        ({"formula": "1"}, "formula"),
        ({"type": "number", "default": "many"}, "default"),
        ({"rules": {"required_when": [{"field": "nothing", "values": ["x"]}]}}, "required_when"),
        ({"type": "bool", "rules": {"unique": True}}, "unique"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_told_at_its_place(written: dict[str, object], where: str) -> None:
    given = {"key": "c_points", "type": "text"} | written
    with pytest.raises(Faulty) as caught:
        services.add_field(customers(), draft(**given), by=administrator())  # type: ignore[arg-type]
    assert set(caught.value.problems) == {where}
    assert not CustomField.objects.exists()


def test_a_key_is_never_given_twice_not_even_after_retiring() -> None:
    services.retire(field("c_points"), by=administrator())
    with pytest.raises(Faulty, match="taken"):
        field("c_points", "number")


def test_key_and_type_do_not_change_with_the_definition() -> None:
    one = field("c_points", "number")
    changed = services.change_definition(
        one, draft("c_other", "text", label_en="Score"), customers(), by=administrator()
    )
    assert (changed.key, changed.type, changed.label_en) == ("c_points", "number", "Score")


def test_a_retired_field_is_gone_from_the_object_and_keeps_its_values() -> None:
    one, by = field("c_points", "number"), administrator()
    row = Customer.objects.create(name="Ann", custom={"c_points": "7.000000"})
    services.retire(one, by=by)
    assert "c_points" not in fields_of(customers())
    row.refresh_from_db()
    assert row.custom == {"c_points": "7.000000"}
    services.bring_back(one, by=by)
    known = fields_of(customers())["c_points"]
    assert known.value is not None
    assert known.value(row) == 7


def test_a_value_that_rows_hold_is_closed_and_not_removed() -> None:
    one = field("c_level", "choice", rules=CHOICES)
    Customer.objects.create(name="Ann", custom={"c_level": "a"})
    only_b = {"choices": CHOICES["choices"][1:]}
    with pytest.raises(Faulty, match="close the value"):
        services.change_definition(
            one, draft("c_level", "choice", rules=only_b), customers(), by=administrator()
        )
    closed = {"choices": [CHOICES["choices"][0] | {"closed": True}, CHOICES["choices"][1]]}  # type: ignore[operator]
    services.change_definition(
        one, draft("c_level", "choice", rules=closed), customers(), by=administrator()
    )
    known = fields_of(customers())["c_level"]
    assert known.options is not None
    assert [key for key, _ in known.options(administrator())] == ["b"]


def test_unique_is_refused_where_values_repeat_already() -> None:
    one = field("c_card")
    for _ in range(2):
        Customer.objects.create(custom={"c_card": "X1"})
    with pytest.raises(Faulty, match="1 values stand"):
        services.change_definition(
            one, draft("c_card", rules={"unique": True}), customers(), by=administrator()
        )


def test_the_order_is_kept() -> None:
    for key in ("c_one", "c_two", "c_three"):
        field(key)
    services.put_in_order(customers(), ["c_three", "c_nothing", "c_one"], by=administrator())
    assert [one.key for one in CustomField.objects.all()] == ["c_three", "c_one", "c_two"]


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_only_administrators_change_definitions(role: Role) -> None:
    one, user = field("c_points"), factories.user(role)
    for attempt in (
        lambda: services.add_field(customers(), draft("c_more"), by=user),
        lambda: services.change_definition(one, draft("c_points"), customers(), by=user),
        lambda: services.retire(one, by=user),
        lambda: services.put_in_order(customers(), ["c_points"], by=user),
        lambda: conversion.convert(one, "number", customers(), by=user),
    ):
        with pytest.raises(Denied):
            attempt()


def test_a_conversion_is_counted_first_and_loses_nothing() -> None:
    one, by = field("c_points"), administrator()
    for text in ("7", "7", "1,200.5", "many"):
        Customer.objects.create(custom={"c_points": text})
    found = conversion.preview(one, "number", customers())
    assert (found.rows, found.lost, found.examples) == (4, 1, ("many",))
    assert not conversion.convert(one, "number", customers(), by=by).is_safe
    assert CustomField.objects.get().type == "text"
    Customer.objects.filter(custom__c_points="many").delete()
    assert conversion.convert(one, "number", customers(), by=by).is_safe
    kept = Customer.objects.order_by("pk").values_list("custom__c_points", flat=True)
    assert sorted(kept) == ["1200.500000", "7.000000", "7.000000"]
    one.refresh_from_db()
    conversion.convert(one, "text", customers(), by=by)
    assert set(Customer.objects.values_list("custom__c_points", flat=True)) == {
        "1200.500000", "7.000000",
    }  # fmt: skip


def test_texts_become_choices_and_one_choice_becomes_several() -> None:
    one, by = field("c_shop"), administrator()
    for text in ("外滩店", "外滩店", "徐汇店"):
        Customer.objects.create(custom={"c_shop": text})
    conversion.convert(one, "choice", customers(), by=by)
    one = CustomField.objects.get()
    assert [(c.key, c.zh) for c in one.checks.choices] == [("v1", "外滩店"), ("v2", "徐汇店")]
    conversion.convert(one, "choices", customers(), by=by)
    assert sorted(Customer.objects.values_list("custom__c_shop", flat=True)) == [
        ["v1"], ["v1"], ["v2"],
    ]  # fmt: skip
