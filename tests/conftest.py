"""One data folder and one embedded PostgreSQL for a test run; the library floor needs neither.

Settings are read from the environment when they are first imported, so this file sets it before
Django is. With DATABASE_URL set, that server is used and only a test database is made in it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from pytest_django import Settings

_DATA = Path(tempfile.mkdtemp(prefix="zhiyin-tests-"))
os.environ["ZHIYIN_DATA"] = str(_DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.settings"

from django.conf import settings  # noqa: E402  (after the environment, before pytest-django)
from django.core.cache import cache  # noqa: E402

from zhiyin.accounts import seat  # noqa: E402
from zhiyin.console.assets import Assets  # noqa: E402

assert _DATA.resolve() == settings.DATA
settings.WORKSPACE_SECONDS = None  # no test pays for another's look at the workspace
settings.POLICY_SECONDS = None
seat.process_is_system("tests make rows; requests take their own seat")
# The same examples in every run: a change that breaks a law fails then, and not a week later.
# `HYPOTHESIS_SEED=random` looks further.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
if os.environ.get("HYPOTHESIS_SEED") != "random":
    hypothesis.settings.load_profile("steady")
# Argon2 is slow on purpose; a test run signs in hundreds of times.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _reading_files_once() -> None:
    """Each test client loads the middleware anew; 500 files that stay as they are, read once."""
    read, known = Assets.add_files_from_finders, {}

    def once(assets: Assets) -> None:
        key = (settings.DEBUG, assets.static_prefix)
        if key not in known:
            read(assets)
            known[key] = dict(assets.files)
        assets.files.update(known[key])

    Assets.add_files_from_finders = once


_reading_files_once()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each worker of `-n 2` make a folder and a server of its own before it reads settings."""
    os.environ.pop("DJANGO_SETTINGS_MODULE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes begin, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("browser", "cli", "proof"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that says how to get what the browser tests were skipped for."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = sum("no Chromium" in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.write_line(
            f"{missing} browser tests skipped, no Chromium here. To get one: `apt-get install"
            " chromium fonts-noto-cjk`, or on macOS `brew install --cask chromium`."
        )
    missing = sum("no npm SDKs" in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.write_line(
            f"{missing} tests with SDKs for Node and the browser skipped: npm could not fetch them."
        )
    missing = sum("without the extra `spark`" in str(report.longrepr) for report in skipped)
    if missing:
        terminalreporter.write_line(
            f"{missing} tests on Spark skipped. `make cluster` installs it, and runs all of them."
        )


def pytest_unconfigure() -> None:
    shutil.rmtree(_DATA, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start the server when the first test asks for a database, stop it after the last."""
    from django.db import connections

    from zhiyin import embedded

    database = connections["default"].settings_dict
    # A test's data need not survive a power cut.
    database["OPTIONS"]["options"] = "-c synchronous_commit=off"
    if "DATABASE_URL" in os.environ:
        yield
        return
    server = embedded.ensure(_DATA)
    database["HOST"] = str(server.socket_folder)
    os.environ["DATABASE_URL"] = settings.DATABASE_URL = server.dsn()
    try:
        yield
    finally:
        del os.environ["DATABASE_URL"]
        embedded.stop(server, even_if_used=True)
        shutil.rmtree(server.socket_folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """Let transactional tests empty the audit tables, which the product forbids."""
    from django.db import connection

    from zhiyin.accounts import row_security

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        row_security.apply()
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        for table in ("auditentry", "auditpending", "audithead"):
            cursor.execute(f"alter table accounts_{table} disable trigger audit_no_truncate")


@pytest.fixture
def own_lake(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A lake that nobody else has."""
    from zhiyin.collect import archive

    settings.LAKE = str(tmp_path / "lake")
    archive.lake.cache_clear()
    yield
    archive.lake.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """What no rollback takes back: the audit head's file, the cache with its rate limits, and
    what this process was told of the workspace.
    """
    yield
    if known := sys.modules.get("zhiyin.accounts.workspace"):
        known.forget()
    (_DATA / "audit_head.json").unlink(missing_ok=True)
    cache.clear()
