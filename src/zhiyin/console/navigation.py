"""The screens of the product, in the order of the side bar.

An item whose address does not exist (its room is not installed) or whose gate the person may not
pass is left out, so the bar never shows a door that does not open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.access import Person
from zhiyin.console.gates import may_open
from zhiyin.palette import Entry, fits

COUNT_SECONDS = 30  # a count in the bar may be this old


@dataclass(frozen=True)
class Item:
    """One screen: its name, icon, address and the letter that follows G."""

    label: Promise
    icon: str
    url_name: str
    key: str = ""
    tab: bool = False  # among the four of the phone's tab bar


@dataclass(frozen=True)
class Section:
    """Items under one heading; the first section has none."""

    label: Promise | str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Link:
    """An item as one person sees it on one page."""

    label: str
    icon: str
    url: str
    key: str
    tab: bool
    current: bool
    count: int | None
    todo: bool


@dataclass(frozen=True)
class LinkGroup:
    """Links under one heading."""

    label: str
    links: list[Link]


SECTIONS = (
    Section(
        "",
        (
            Item(_("Today"), "sun", "today", "t", tab=True),
            Item(_("Dashboard"), "layout-dashboard", "dashboard", "d", tab=True),
        ),
    ),
    Section(
        _("Customers"),
        (
            Item(_("Customers"), "users", "customers", "c", tab=True),
            Item(_("Companies"), "building", "companies", "f"),
            Item(_("Segments"), "filter", "segments", "s", tab=True),
            Item(_("Quick entry"), "pencil-plus", "entry", ""),
            Item(_("Identity review"), "git-merge", "identity_review", "r"),
        ),
    ),
    Section(
        _("Marketing"),
        (
            Item(_("Campaigns"), "speakerphone", "campaigns", "a"),
            Item(_("Outbox"), "send", "outbox", "o"),
        ),
    ),
    Section(
        _("Insight"),
        (
            Item(_("Customer value"), "diamond", "worth", ""),
            Item(_("Churn"), "trending-down", "churn", ""),
            Item(_("Recommendations"), "gift", "offers", ""),
            Item(_("Leads"), "target-arrow", "leads", ""),
            Item(_("Demand"), "chart-line", "demand", ""),
            Item(_("Paths"), "route", "paths", ""),
            Item(_("Baskets"), "basket", "baskets", ""),
            Item(_("Anomalies"), "activity-heartbeat", "anomalies", ""),
            Item(_("Models"), "brain", "models", "m"),
            Item(_("Experiments"), "flask", "experiments", "e"),
        ),
    ),
    Section(
        _("Data and governance"),
        (
            Item(_("Sources"), "database", "sources", "q"),
            Item(_("Live events"), "activity", "live", "v"),
            Item(_("Set aside"), "inbox-off", "set_aside", "x"),
            Item(_("Imports"), "upload", "imports", "i"),
            Item(_("Data quality"), "checkup-list", "quality", "k"),
            Item(_("Consent and requests"), "shield-check", "privacy_requests", "p"),
            Item(_("Audit"), "history", "audit", "l"),
            Item(_("Users"), "user-cog", "users", "u"),
            Item(pgettext_lazy("policy", "Permissions"), "lock", "permissions", ""),
            Item(_("First steps"), "checks", "setup", ""),
            Item(_("Fields and layouts"), "forms", "fields_and_layouts", ""),
            Item(_("Webhooks"), "webhook", "webhooks", "w"),
            Item(_("Glossary"), "help", "help", "h"),
            Item(_("Components"), "components", "components", ""),
        ),
    ),
)

Count = Callable[[Person], int | None]
_counts: dict[str, tuple[Count, bool]] = {}


def register_count(url_name: str, count: Count, *, todo: bool = False) -> None:
    """Show a number beside an item; `todo` marks work that waits for this person."""
    _counts[url_name] = (count, todo)


def _count(user: Person, url_name: str) -> tuple[int | None, bool]:
    if url_name not in _counts:
        return None, False
    count, todo = _counts[url_name]
    key = f"nav:{url_name}:{user.pk}"
    return cache.get_or_set(key, lambda: count(user), COUNT_SECONDS), todo


def _open_items(user: Person, section: Section) -> Iterator[tuple[Item, str]]:
    for item in section.items:
        url = _address(item.url_name, settings.ROOT_URLCONF)
        if url and may_open(user, url):
            yield item, url


@lru_cache(maxsize=200)
def _address(url_name: str, urlconf: str) -> str:
    """Where a screen is; empty where its room is not installed."""
    try:
        return reverse(url_name, urlconf)
    except NoReverseMatch:
        return ""


def for_person(user: Person, path: str) -> list[LinkGroup]:
    """The side bar of one person; the longest address that begins `path` is current."""
    found = [(section, list(_open_items(user, section))) for section in SECTIONS]
    here = max(
        (url for _section, items in found for _item, url in items if path.startswith(url)),
        key=len,
        default="",
    )
    groups = []
    for section, items in found:
        links = []
        for item, url in items:
            count, todo = _count(user, item.url_name)
            links.append(
                Link(str(item.label), item.icon, url, item.key, item.tab, url == here, count, todo)
            )
        if links:
            groups.append(LinkGroup(str(section.label), links))
    return groups


def palette_entries(user: Person, query: str) -> Iterator[Entry]:
    """Screens by name: what the palette shows before anything is typed."""
    wanted = query.casefold()
    for group in for_person(user, ""):
        for link in group.links:
            if not wanted or fits(wanted, link.label):
                yield Entry(link.label, group.label, link.url, link.icon, gettext("Go to"))
