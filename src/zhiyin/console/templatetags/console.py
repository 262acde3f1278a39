"""Tags and filters of every template: icons, the string, and how numbers and dates are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BoundField, Select
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from zhiyin import toasts
from zhiyin.console import formats, icons, strings
from zhiyin.console.formats import Numeric
from zhiyin.form_fields import SearchSelect

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """An icon beside a word; hidden from assistive technology, which reads the word.

    While developing (DEBUG) an unknown name raises; in service the word stands alone.
    """
    try:
        return _icon(name, css)
    except icons.UnknownIconError:
        if settings.DEBUG:
            raise
        return _framed(name, css, "")


@lru_cache(maxsize=1000)
def _icon(name: str, css: str) -> SafeString:
    return _framed(name, css, icons.drawing(name))


def _framed(name: str, css: str, drawing: str) -> SafeString:
    return mark_safe(  # noqa: S308 (the drawing is a file of ours; the rest is escaped)
        f'<svg class="ti ti-{escape(name)} {escape(css)}" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" '
        f'aria-hidden="true">{drawing}</svg>'
    )


@register.simple_tag
def xian(
    at: Numeric = None,
    lo: Numeric = None,
    hi: Numeric = None,
    base: Numeric = None,
    zero: Numeric = None,
    min: Numeric = 0,
    max: Numeric = 100,
    tone: str = "",
    width: str | int = 120,
    label: str = "",
) -> SafeString:
    """An estimate with its interval. `width` is pixels or "wide"; `label` is read aloud."""
    marks = strings.place(low=lo, high=hi, at=at, base=base, zero=zero, minimum=min, maximum=max)
    return drawn_string(marks, tone=tone, width=width, label=label)


def drawn_string(
    marks: strings.Marks, *, tone: str = "", width: str | int = 120, label: str = ""
) -> SafeString:
    """The string itself, for whoever has placed its marks."""
    parts = ['<line class="range" x1="0" x2="100%" y1="8" y2="8"/>']
    if marks.zero is not None:
        parts.append(f'<line class="zero" x1="{marks.zero}%" x2="{marks.zero}%" y1="0" y2="16"/>')
    if marks.low is not None and marks.high is not None:
        parts.append(
            f'<rect class="band" x="{marks.low}%" width="{marks.band:.2f}%" '
            'y="5" height="6" rx="3"/>'
        )
    if marks.base is not None:
        parts.append(f'<line class="base" x1="{marks.base}%" x2="{marks.base}%" y1="1" y2="15"/>')
    if marks.at is not None:
        parts.append(f'<circle class="dot" cx="{marks.at}%" cy="8" r="4.75"/>')
    spoken = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    size = "100%" if width == "wide" else int(width)
    return mark_safe(  # noqa: S308 (numbers and escaped words)
        f'<svg class="xian {escape(tone)}" width="{size}" height="16" {spoken}>'
        f"{''.join(parts)}</svg>"
    )


@register.simple_tag
def spark(values: Iterable[float]) -> SafeString:
    """The last periods as a thin line, the newest as a point; the numbers stand beside it."""
    known = [float(value) for value in values]
    if len(known) < 2:
        return mark_safe("")
    path, x, y = strings.spark(known)
    return format_html(
        '<svg class="spark" width="44" height="20" viewBox="0 0 44 20" aria-hidden="true">'
        '<path d="{}"/><circle cx="{}" cy="{}" r="2"/></svg>',
        path,
        x,
        y,
    )


@register.simple_tag
def bar(value: Numeric, max: Numeric = 1, tone: str = "", width: str | int = "wide") -> SafeString:
    """A share as a flat bar on its track; the number stands beside it."""
    at = strings.place(at=value, maximum=max).at or 0
    size = "100%" if width == "wide" else int(width)
    return format_html(
        '<svg class="zy-share {}" width="{}" height="6" aria-hidden="true">'
        '<rect class="track" width="100%" height="6" rx="1"/>'
        '<rect class="fill" width="{}%" height="6" rx="1"/></svg>',
        tone,
        size,
        at,
    )


@register.filter
def number(value: Numeric, places: int = 0) -> str:
    """48,216."""
    return formats.number(value, places)


@register.filter
def money(value: Numeric, currency: str = "") -> str:
    """¥6,842,310, in the store's currency unless another is named."""
    return formats.money(value, currency or settings.CURRENCY)


@register.filter
def money_exact(value: Numeric, currency: str = "") -> str:
    """¥1,164.00."""
    return formats.money(value, currency or settings.CURRENCY, 2)


@register.filter
def money_prose(value: Numeric, currency: str = "") -> str:
    """48.6 万元 in a Chinese sentence, £486k in an English one."""
    return formats.money_in_prose(value, currency or settings.CURRENCY, get_language())


@register.filter
def compact(value: Numeric) -> str:
    """48.6 万; 486k."""
    return formats.compact(value, get_language())


@register.filter
def percent(value: Numeric, places: int = 1) -> str:
    """A share from 0 to 1 as 44.6%."""
    return formats.percent(value, places)


@register.filter
def points(value: Numeric, places: int = 1) -> str:
    """A difference of two shares as +1.8 点."""
    return formats.points(value, get_language(), places)


@register.filter
def signed(value: Numeric, places: int = 2) -> str:
    """A difference with its sign."""
    return formats.signed(value, places)


def _moment(value: datetime | date | None) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.get_current_timezone())
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def day_time(value: datetime | None) -> str:
    """11-21 06:00, for tables."""
    return formats.table_time(_moment(value))


@register.filter
def day(value: datetime | date | None) -> str:
    """2026-08-14."""
    moment = _moment(value)
    return formats.NOTHING if moment is None else f"{moment:%Y-%m-%d}"


@register.filter
def day_prose(value: datetime | date | None) -> str:
    """11 月 21 日; 21 Nov."""
    return formats.prose_day(_moment(value), get_language())


@register.filter
def ago(value: datetime | None) -> str:
    """3 分钟前 under an hour, then the date."""
    return formats.ago(_moment(value), timezone.localtime(), get_language())


@register.filter
def initial(name: str) -> str:
    """The letter or character that stands for a person where there is no picture."""
    return (name or "?").strip()[:1].upper() or "?"


@register.filter
def undo_url(message: Message) -> str:
    """Where a toast's undo goes; empty when there is nothing to take back."""
    tags = message.extra_tags or ""
    return tags.removeprefix(toasts.UNDO) if tags.startswith(toasts.UNDO) else ""


@register.filter
def times(count: int | str) -> range:
    """Loop this often."""
    return range(int(count or 0))


@register.filter
def share_number(value: Numeric) -> str:
    """A share as 22.4, where the table says that it holds percentages."""
    known = formats.decimal(value)
    return formats.NOTHING if known is None else formats.grouped(known * 100, 1)


@register.filter
def masked(value: str) -> SafeString:
    """138****6207 with its stars set apart."""
    kept = re.split(r"(\*+)", str(value or ""))
    parts = ((f"<i>{part}</i>" if part.startswith("*") else escape(part)) for part in kept)
    return mark_safe("".join(parts))  # noqa: S308 (stars or escaped text)


@register.simple_tag
def share(value: Numeric, max: Numeric = 100) -> str:
    """A value as a percentage of `max`, for an SVG attribute."""
    return f"{strings.place(at=value, maximum=max).at or 0}"


@register.simple_tag
def effect_bar(effect: Numeric, reasons: Iterable[tuple[str, Numeric]]) -> SafeString:
    """How much one reason moves a score, beside the strongest one."""
    sizes = [abs(known) for _, size in reasons if (known := formats.decimal(size)) is not None]
    own = formats.decimal(effect) or Decimal(0)
    tone = "bad" if own > 0 else ""
    return bar(abs(own), max(sizes, default=Decimal(1)), tone)


SEARCHED = 8  # choices; a shorter list is read faster than it is typed


@register.filter
def control(field: BoundField) -> SafeString:
    """A form field's input with our classes and its error or help tied to it.

    A long list of choices becomes one that can be searched by words, pinyin and initials.
    """
    widget = field.field.widget
    kind = getattr(widget, "input_type", "textarea")
    css = {"select": "form-select", "checkbox": "form-check-input", "radio": ""}
    attributes: dict[str, str | bool] = {"class": css.get(kind, "form-control")}
    if field.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{field.auto_id}-error"}
    elif field.help_text:
        attributes["aria-describedby"] = f"{field.auto_id}-help"
    if type(widget) is Select:
        return _select(field, widget, attributes)
    return field.as_widget(attrs=attributes)


def _select(field: BoundField, widget: Select, attributes: dict[str, str | bool]) -> SafeString:
    choices = list(widget.choices)  # looked up once, for the length and for the drawing
    if len(choices) < SEARCHED:
        return field.as_widget(widget=Select(widget.attrs, choices), attrs=attributes)
    words = {"data-none": gettext("Nothing found"), "data-remove": gettext("Remove")}
    return field.as_widget(
        widget=SearchSelect(widget.attrs, choices), attrs={**attributes, **words}
    )
