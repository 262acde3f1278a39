"""What every page of the shell needs to know: who, where, in which language and theme."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from zhiyin.accounts import workspace
from zhiyin.console import first_steps, navigation, reality

THEME_COOKIE = "zhiyin_theme"
FOLD_COOKIE = "zhiyin_nav"
THEMES = ("system", "light", "dark")
LANGUAGE_TAGS = {"zh-hans": "zh-Hans", "en": "en"}


def theme_of(request: HttpRequest) -> str:
    """The person's choice, else this browser's, else what the system prefers."""
    chosen = getattr(request, "user", None)
    if chosen is not None and chosen.is_authenticated:
        theme = str(getattr(chosen, "theme", ""))
    else:
        theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else "system"


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor. The side bar is lazy: a fragment answered to htmx does not pay for it."""
    user = getattr(request, "user", None)
    signed_in = bool(user is not None and user.is_authenticated)
    language = get_language() or settings.LANGUAGE_CODE

    def links() -> list[navigation.LinkGroup]:
        return navigation.for_person(request.user, request.path) if signed_in else []

    nav = SimpleLazyObject(links)
    return {
        "nav": nav,
        "nav_tabs": SimpleLazyObject(
            lambda: [link for group in nav for link in group.links if link.tab]
        ),
        "nav_folded": request.COOKIES.get(FOLD_COOKIE) == "folded",
        "language_tag": LANGUAGE_TAGS.get(language, "zh-Hans"),
        "other_language": "en" if language.startswith("zh") else "zh-hans",
        "theme": theme_of(request),
        "signed_in": signed_in,
        "account_url": _address("account"),
        "sign_out_url": _address("account_logout"),
        "demo_note": reality.note(),
        "workspace_name": workspace.known().company,
        "first_steps": SimpleLazyObject(lambda: first_steps.card(request.user)),
    }
