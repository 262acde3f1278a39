"""Opens pages of the live server in Chromium as somebody signed in, and listens for complaints."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from tests import factories
from zhiyin import frontend
from zhiyin.accounts.models import User
from zhiyin.accounts.roles import Role

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
AXE = frontend.CHECKOUT / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
BACKEND = "zhiyin.accounts.backend.PeopleBackend"

needs_browser = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium"),
    pytest.mark.skipif(not frontend.VENDOR.exists(), reason="run `python -m zhiyin.frontend`"),
]

CUT_OFF = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")


@dataclass
class Visit:
    """A browser of one person, and everything it complained about."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Keep an error. Leaving a page cuts off what htmx asked last, and it says so; a server
        that cannot be reached is Chromium's own complaint."""
        if message.type == "error" and not message.text.startswith(CUT_OFF):
            self.complaints.append(message.text)

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def axe(self) -> list[tuple[str, list[str]]]:
        """What axe-core finds on the page as it stands."""
        self.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        found = self.page.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found]


def enter(
    browser: Browser,
    server: LiveServer,
    *,
    width: int = 1440,
    theme: str = "light",
    language: str = "zh-hans",
    user: User | None = None,
) -> Visit:
    """A signed-in browser; an administrator where nobody else is named."""
    user = user or factories.user(Role.ADMINISTRATOR, locale=language)
    user.theme, user.locale = theme, language
    user.save()
    client = Client()
    client.force_login(user, backend=BACKEND)
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=False)
    context.add_cookies(
        [
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": server.url},
        ]
    )
    page = context.new_page()
    page.set_default_timeout(30_000)  # a busy machine is no failure
    visit = Visit(context, page, server.url)
    page.on("console", visit.hear)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    return visit
