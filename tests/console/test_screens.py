"""The component page and the main screens as people see them: both languages, themes and widths.

Nothing is compared by pixels, which differ from one machine's fonts to the next; looked for is what
a person would stumble over. `python -m tests.browser.pictures` writes the pictures to look at.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.console import looking
from tests.console.browsing import Visit, enter, needs_browser
from tests.console.test_catalogues import chinese
from tests.console.world import Shop, shop

pytestmark = needs_browser
PICTURES = Path(__file__).parents[2] / "docs" / "screens"
SIZES = ((1440, "light"), (390, "dark"), (390, "light"), (1440, "dark"))
MOST_SHIFT = 0.05
HANZI = "[\\u4e00-\\u9fff]"
# What is the same in every language, or shown as the language it is.
NOT_FOREIGN = {"SMS", "ID", "SQL", "API", "RFM", "AUC", "Esc", "English", "CSV", "PNG",
               "import", "never"}  # fmt: skip


def english_words() -> str:
    """A pattern of every whole English text that has its Chinese."""
    texts = [
        text
        for text, said in chinese().items()
        if said and said != text and "%" not in text and len(text) > 2 and text not in NOT_FOREIGN
    ]
    return f"^(?:{'|'.join(re.escape(text) for text in texts)})$"


def turn(page: Page, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("t => { document.documentElement.dataset.bsTheme = t; }", theme)
    page.evaluate(looking.DRAWN)


def opened(browser: Browser, server: LiveServer, language: str) -> tuple[Visit, Shop]:
    made = shop(language)
    visit = enter(browser, server, language=language, user=made.boss)
    visit.context.add_init_script(looking.LISTEN)
    return visit, made


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nobody_stumbles_on_any_main_screen(
    browser: Browser, live_server: LiveServer, language: str
) -> None:
    visit, made = opened(browser, live_server, language)
    foreign = HANZI if language == "en" else english_words()
    wrong: list[str] = []
    for place, (name, path) in enumerate(made.screens.items()):
        page = visit.go(path)
        page.evaluate(looking.SETTLED)
        page.evaluate(looking.DRAWN)
        if looking.shifted(page) >= MOST_SHIFT:
            wrong.append(f"{name}: moved by {looking.shifted(page):.3f} while it was drawn")
        samples = name == "components"  # its sample values are Chinese in either language
        for width, theme in SIZES:
            turn(page, width, theme)
            seen = looking.problems(page, "" if samples and language == "en" else foreign)
            wrong += [f"{name} {width} {theme}: {one}" for one in seen]
        # axe takes longest, so each screen is asked once: another theme and width each time.
        turn(page, *SIZES[(place + len(language)) % 4])
        wrong += [f"{name} axe: {one}" for one in visit.axe()]
        wrong += [f"{name} policy: {one}" for one in looking.blocked(page)]
    visit.context.close()
    assert not (wrong + visit.complaints), "\n".join(wrong + visit.complaints)


def test_every_control_is_reached_by_tab_in_reading_order_and_shows_it(
    browser: Browser, live_server: LiveServer
) -> None:
    visit, made = opened(browser, live_server, "en")
    wrong: list[str] = []
    for name in ("today", "dashboard", "customers", "record", "campaign", "import", "setup"):
        page = visit.go(made.screens[name])
        page.wait_for_load_state("networkidle")
        expected: list[str] = page.evaluate(looking.TABBABLE)
        reached: list[str] = []
        for _ in range(len(expected) + 4):
            page.keyboard.press("Tab")
            at, shows = page.evaluate(looking.FOCUSED)
            if at is None or at in reached:
                break
            reached.append(at)
            if not shows:
                wrong.append(f"{name}: focus does not show on {at}")
        wrong += [f"{name}: not reached: {one}" for one in expected if one not in reached]
        order = [one for one in reached if one in expected]
        if order != [one for one in expected if one in reached]:
            wrong.append(f"{name}: the order jumps")
    visit.context.close()
    assert not wrong, "\n".join(wrong)


def test_a_dialog_keeps_the_focus_and_gives_it_back(
    browser: Browser, live_server: LiveServer
) -> None:
    visit, made = opened(browser, live_server, "en")
    page = visit.go(made.screens["components"])
    page.wait_for_load_state("networkidle")
    opener = page.locator("[data-opens=sample-dialog]")
    opener.focus()
    page.keyboard.press("Enter")
    inside = (
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    )
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    assert page.locator("#sample-dialog").is_hidden()
    assert opener.evaluate("e => e === document.activeElement")
    visit.context.close()


@pytest.mark.skipif(not os.environ.get("ZHIYIN_SCREENS"), reason="python -m tests.browser.pictures")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pictures(browser: Browser, live_server: LiveServer, language: str) -> None:
    visit, made = opened(browser, live_server, language)
    wanted = os.environ["ZHIYIN_SCREENS"].split(",")
    for name in wanted:
        page = visit.go(made.screens[name])
        page.wait_for_load_state("networkidle")
        for width, theme in SIZES:
            turn(page, width, theme)
            page.wait_for_timeout(300)
            page.screenshot(
                path=PICTURES / f"{name}.{language[:2]}.{theme}.{width}.png",
                full_page=name == "components",
            )
    visit.context.close()
