"""A real browser and the real product: web, worker and database in processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY_SECONDS = 120


@dataclass(frozen=True)
class Product:
    """A running workspace, and the administrator's sign-in."""

    url: str
    data: Path
    email: str
    password: str

    def command(self, *arguments: str) -> dict[str, object]:
        """Run `zhiyin … --json` on this workspace."""
        done = zhiyin(*arguments, "--data", str(self.data), "--json")
        found: dict[str, object] = json.loads(done)
        return found


def sign_in(page: Page, product: Product) -> None:
    """Sign the administrator in by hand."""
    page.goto(product.url + "/account/login/")
    page.fill("input[name=login]", product.email)
    page.fill("input[name=password]", product.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


def zhiyin(*arguments: str) -> str:
    """Run the command line; its standard output."""
    return subprocess.run(
        [sys.executable, "-m", "zhiyin", *arguments],
        env=_environment(), check=True, capture_output=True, text=True, timeout=300,
    ).stdout  # fmt: skip


def _environment() -> dict[str, str]:
    ours = ("ZHIYIN_", "DATABASE_URL", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for a file: while its event loop is there, Django refuses the database."""
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if path is None:
        pytest.skip("no Chromium: `apt-get install chromium fonts-noto-cjk` brings one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A fresh workspace, up and running, with one administrator."""
    with running(tmp_path) as made:
        yield made


@contextmanager
def running(tmp_path: Path, **more: str) -> Iterator[Product]:
    """The same, with more settings in the environment."""
    data = tmp_path / "工作区 one"
    made = json.loads(
        zhiyin("user", "add", "admin@example.com", "--name", "周牧云", "--role", "administrator",
               "--data", str(data), "--json")
    )  # fmt: skip
    log = (tmp_path / "up.log").open("wb")
    started = subprocess.Popen(
        [sys.executable, "-m", "zhiyin", "up", "--data", str(data), "--port", "8500", "--json"],
        env={**_environment(), "ZHIYIN_CURRENCY": "GBP", **more}, stdout=subprocess.PIPE,
        stderr=log,
    )  # fmt: skip
    try:
        url = _ready(data, started, tmp_path / "up.log")
        yield Product(url, data, made["email"], made["password"])
    finally:
        started.terminate()
        try:
            started.wait(40)
        except subprocess.TimeoutExpired:
            started.kill()
        log.close()


def _ready(data: Path, running: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if running.poll() is not None:
            break
        if (data / "up.json").exists():
            url: str = json.loads((data / "up.json").read_text())["url"]
            return url
        time.sleep(0.2)
    pytest.fail(f"the product did not start:\n{log.read_text(errors='replace')[-3000:]}")
