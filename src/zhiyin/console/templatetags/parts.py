"""Tags of the component library: glossary, pickers, assets. Builtin in every template."""

from __future__ import annotations

from datetime import date, timedelta

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from zhiyin import form_fields, glossary
from zhiyin.console import formats
from zhiyin.console.templatetags.console import icon

register = template.Library()
register.filter("find_keys", form_fields.find_keys)


@register.simple_tag
def what_is(term: str, css: str = "") -> SafeString:
    """The small link beside a figure that says what it is.

    An unknown term raises while developing; in service the figure stands without its help.
    """
    try:
        known = glossary.term(term)
    except glossary.UnknownTermError:
        if settings.DEBUG:
            raise
        return SafeString("")
    return format_html(
        '<a class="zy-what {}" href="{}#{}" data-what="{}" aria-label="{}" title="{}">{}</a>',
        css,
        reverse("help"),
        term,
        reverse("help_term", args=[term]),
        gettext("What is this: %(term)s") % {"term": known.name},
        known.name,
        icon("help"),
    )


@register.simple_tag
def day_presets() -> list[tuple[str, date, date]]:
    """Periods that people ask for most, up to today: words, first day, last day."""
    today = timezone.localdate()
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return [
        (gettext("Today"), today, today),
        (gettext("Last 7 days"), today - timedelta(days=6), today),
        (gettext("Last 30 days"), today - timedelta(days=29), today),
        (gettext("Last 90 days"), today - timedelta(days=89), today),
        (gettext("This month"), first, today),
        (gettext("Last month"), before, first - timedelta(days=1)),
        (gettext("This quarter"), quarter, today),
        (gettext("This year"), date(today.year, 1, 1), today),
    ]


@register.filter
def or_store_currency(currency: str) -> str:
    """The currency that is named, else the store's."""
    return currency or str(settings.CURRENCY)


@register.filter
def currency_symbol(currency: str) -> str:
    """¥, £, or the code."""
    return formats.symbol(currency).strip()


@register.simple_tag
def asset(name: str) -> str:
    """The address of a file that the browser loads, for components that cannot load `static`."""
    return static(name)
