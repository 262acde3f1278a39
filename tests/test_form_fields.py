"""Forms take days and money as people write them, and amounts stay exact."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.utils import translation

from zhiyin.form_fields import DayField, MoneyField, SearchSelect, find_keys


class Form(forms.Form):
    due = DayField(required=False)
    budget = MoneyField(currency="CNY", required=False)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", "1234.50"),
        ("¥1234.5", "1234.5"),
        ("１２３４", "1234"),
        ("3.5万", "35000"),
        ("0.1", "0.1"),
        ("-20", "-20"),
    ],
)
def test_an_amount_is_read_exactly(text: str, amount: str) -> None:
    form = Form({"budget": text})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["budget"] == Decimal(amount)
    assert isinstance(form.cleaned_data["budget"], Decimal)


@pytest.mark.parametrize("text", ["$20", "1.234", "a lot", "9" * 30])
def test_an_amount_that_cannot_be_meant_is_refused_in_the_readers_language(text: str) -> None:
    with translation.override("zh-hans"):
        form = Form({"budget": text})
        assert not form.is_valid()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in form.errors["budget"][0])


def test_a_day_is_read_and_nothing_is_nothing() -> None:
    form = Form({"due": "2026年3月5日"})
    assert form.is_valid()
    assert f"{form.cleaned_data['due']}" == "2026-03-05"
    assert Form({}).is_valid()
    assert not Form({"due": "some day"}).is_valid()


def test_a_choice_carries_what_it_is_found_by() -> None:
    assert find_keys("重庆") == "chongqing cq"
    drawn = SearchSelect(choices=[("1", "深圳销售部"), ("2", '"><b>')]).render("x", "1")
    assert 'data-find="shenzhenxiaoshoubu szxsb"' in drawn
    assert "<b>" not in drawn
