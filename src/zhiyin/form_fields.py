"""Form fields that take days and money the way people write them, for the forms of every room.

The text is read here, on the server; the console's scripts only show early how it will be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language

from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.money import parse_money
from zhiyin.cleaning.pinyin import search_keys
from zhiyin.cleaning.said import day_said


def problem(error: BadValue) -> str:
    """Why a text was not understood, in the reader's language."""
    return error.reason.zh if (get_language() or "zh").startswith("zh") else error.reason.en


def find_keys(words: object) -> str:
    """What a choice is found by when typed: its pinyin, and the initials after it."""
    keys = search_keys(str(words))
    return " ".join(part for part in (keys.full.replace(" ", ""), keys.initials) if part)


class DayField(forms.DateField):
    """A day: 2026-3-5, 3月5日, 昨天, 5 Mar, in 3 days."""

    widget = forms.DateInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("data-day", True)
        self.widget.attrs.setdefault("autocomplete", "off")

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return day_said(str(value), today=timezone.localdate())
        except BadValue as error:
            raise ValidationError(problem(error), code="invalid") from error


class MoneyField(forms.CharField):
    """An amount, exact: 1,234.50, ¥1234.5, １２３４, 3.5 万. Gives a Decimal or None."""

    def __init__(self, *, currency: str, most_places: int = 2, **kwargs: Any) -> None:
        self.currency, self.most_places = currency, most_places
        super().__init__(max_length=40, **kwargs)
        self.widget.attrs.setdefault("data-money", currency)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return None if text == "" else self._amount(text)

    def _amount(self, text: str) -> Decimal:
        try:
            return amount_said(text, self.currency, self.most_places)
        except BadValue as error:
            raise ValidationError(problem(error), code="invalid") from error


def amount_said(text: str, currency: str, most_places: int = 2) -> Decimal:
    """The amount in `text`, which may name no other currency than the one that is asked for."""
    read = parse_money(text)
    # ¥ is the sign of two currencies; what it stands for is what is asked for.
    yen = currency == "JPY" and read.currency == "CNY"
    if read.currency not in (None, currency) and not yen:
        raise BadValue(
            "currency_other",
            f"这里的金额是 {currency}，不是 {read.currency}",
            f"This amount is in {currency}, not {read.currency}",
        )
    exponent = read.amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most_places:
        raise BadValue(
            "too_many_places",
            f"最多写 {most_places} 位小数",
            f"No more than {most_places} decimal places",
        )
    return read.amount


class SearchSelect(forms.Select):
    """A select whose choices are also found by pinyin and initials, where scripts run."""

    def __init__(self, attrs: Mapping[str, Any] | None = None, choices: Any = ()) -> None:
        super().__init__({"data-search-select": True, **(attrs or {})}, choices)

    def create_option(self, name: str, value: Any, label: Any, *rest: Any, **named: Any) -> Any:
        option = super().create_option(name, value, label, *rest, **named)
        keys = find_keys(label)
        if keys:
            option["attrs"]["data-find"] = keys
        return option
