"""One Chromium for all the browser tests of the console."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from tests.console.browsing import CHROMIUM  # needs Django to be set up

    if not CHROMIUM:
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's loop runs beside the database
        yield opened
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        opened.close()
