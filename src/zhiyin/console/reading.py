"""How a form will read what was typed into it: asked by the fields of days and money on the way."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from zhiyin import form_fields
from zhiyin.accounts.gate import gate
from zhiyin.cleaning.errors import BadValue
from zhiyin.cleaning.said import day_said
from zhiyin.console import formats

MOST = 60  # characters; nobody writes a day or an amount with more
WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@gate("console.use")
@require_GET
def read(request: HttpRequest) -> HttpResponse:
    """`?as=day|money&text=…` → value and how it is told, or the problem and how to mend it."""
    text = request.GET.get("text", "")[:MOST]
    try:
        if request.GET.get("as") == "money":
            value, shown = _money(text, request.GET.get("currency", "")[:3])
        else:
            value, shown = _day(text)
    except BadValue as error:
        return JsonResponse({"problem": form_fields.problem(error)})
    return JsonResponse({"value": value, "shown": shown})


def _day(text: str) -> tuple[str, str]:
    found = day_said(text, today=timezone.localdate())
    chinese = formats.is_chinese(get_language())
    names = WEEKDAYS_ZH if chinese else WEEKDAYS_EN
    return f"{found:%Y-%m-%d}", names[found.weekday()]


def _money(text: str, currency: str) -> tuple[str, str]:
    unit = currency if currency.isalpha() and len(currency) == 3 else settings.CURRENCY
    amount = form_fields.amount_said(text, unit)
    whole = amount == amount.to_integral_value()
    value = formats.grouped(amount, 0 if whole else 2).replace(formats.MINUS, "-")
    if abs(amount) < 10_000:
        return value, ""
    return value, formats.money_in_prose(amount, unit, get_language())
