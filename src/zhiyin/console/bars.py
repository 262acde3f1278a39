"""The links of the side bar and its kin, drawn in Python: forty of them stand on every page.

Texts are escaped by `_text` and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape as _text

from django.utils.safestring import SafeString, mark_safe

from zhiyin.console import formats
from zhiyin.console.navigation import Link, LinkGroup
from zhiyin.console.templatetags import console as write


def side_bar(groups: Iterable[LinkGroup]) -> SafeString:
    """All screens, grouped, each with what waits there."""
    return _groups(groups, _side)


def sheet(groups: Iterable[LinkGroup]) -> SafeString:
    """The same on a phone, where they rise from below."""
    return _groups(groups, _of_sheet)


def tab_bar(links: Iterable[Link]) -> SafeString:
    """The few screens at the foot of a phone."""
    return _safe(
        f"<a {_address(link)}>{write.icon(link.icon)}{_text(link.label)}</a>" for link in links
    )


def keys(groups: Iterable[LinkGroup]) -> SafeString:
    """The letters that lead to screens, for the list of keys."""
    return _safe(
        f'<div><dt><span class="kbd">G</span> <span class="kbd">{_text(link.key.upper())}</span>'
        f"</dt><dd>{_text(link.label)}</dd></div>"
        for group in groups
        for link in group.links
        if link.key
    )


def _groups(groups: Iterable[LinkGroup], drawn: Callable[[Link], str]) -> SafeString:
    return _safe(
        (f"<h2>{_text(group.label)}</h2>" if group.label else "")
        + f"<ul>{''.join(drawn(link) for link in group.links)}</ul>"
        for group in groups
    )


def _side(link: Link) -> str:
    key = f' data-go="{_text(link.key)}"' if link.key else ""
    waits = " todo" if link.todo and link.count else ""
    return (
        f'<li><a {_address(link)}{key} title="{_text(link.label)}">{write.icon(link.icon)}'
        f'<span class="cut">{_text(link.label)}</span>{_count(link, waits)}</a></li>\n'
    )


def _of_sheet(link: Link) -> str:
    return (
        f"<li><a {_address(link)}>{write.icon(link.icon)}"
        f'<span class="grow">{_text(link.label)}</span>{_count(link)}</a></li>'
    )


def _address(link: Link) -> str:
    current = ' aria-current="page"' if link.current else ""
    return f'href="{_text(link.url)}"{current}'


def _count(link: Link, css: str = "") -> str:
    if link.count is None or (link.todo and not link.count):
        return ""  # where nothing waits, nothing is said
    return f'<span class="count{css}">{formats.number(link.count)}</span>'


def _safe(parts: Iterable[str]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308 (our own marks around escaped texts)
