"""The doctor finds what is broken and says how to mend it; audit verify finds tampering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from tests.cli.terminal import Answer
from zhiyin import frontend

Run = Callable[..., Answer]


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All front-end files, in a folder of this test."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    for name in frontend.FILES.values():
        (folder / name).touch()
    monkeypatch.setattr(frontend, "VENDOR", folder)
    return folder


def _check(answer: Answer, name: str) -> dict[str, str]:
    return next(check for check in answer.json()["checks"] if check["name"] == name)


def test_a_sound_workspace_is_well(run: Run, vendor: Path) -> None:
    answer = run("doctor", "--json")
    assert answer.code == 0, answer.out
    names = {check["name"] for check in answer.json()["checks"]}
    assert {"database", "lake", "disk", "memory", "engine", "front-end files", "permissions",
            "clock", "secrets", "tables"} <= names  # fmt: skip


def test_a_missing_front_end_file_is_found(run: Run, vendor: Path) -> None:
    (vendor / "htmx.min.js").unlink()
    answer = run("doctor", "--json")
    found = _check(answer, "front-end files")
    assert answer.code == 5
    assert (found["said"], found["mend"]) == ("htmx.min.js", "run `make setup`")


def test_a_secret_that_others_may_read_is_found(run: Run, vendor: Path, settings: Settings) -> None:
    secret = Path(settings.DATA) / "secrets" / "loose"
    secret.touch(mode=0o644)
    secret.chmod(0o644)
    try:
        answer = run("doctor", "--json")
    finally:
        secret.unlink()
    assert answer.code == 5
    assert _check(answer, "secrets")["said"] == "loose"
    assert "chmod 600" in _check(answer, "secrets")["mend"]


def test_too_little_memory_is_told_in_chinese_too(
    run: Run, vendor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zhiyin.cli import doctor

    monkeypatch.setattr(doctor, "LEAST_MEMORY", 1 << 60)
    answer = run("doctor", "--json", "--lang", "zh")
    assert answer.code == 5
    assert _check(answer, "内存")["mend"] == "至少 2 GB 内存"


def test_an_engine_that_cannot_run_here_is_told(run: Run, vendor: Path, settings: Settings) -> None:
    settings.ENGINE = "spark"
    answer = run("doctor", "--json")
    assert answer.code == 5
    assert "local[*]" in _check(answer, "engine")["said"]
    assert "ZHIYIN_ENGINE" in _check(answer, "engine")["mend"]


def test_training_asks_the_engine_of_the_settings(
    run: Run, orders: Path, settings: Settings
) -> None:
    run("import", orders)
    settings.ENGINE = "spark"
    assert run("train").code == 1
    assert "计算引擎用不了" in run("train", "--lang", "zh").err


def test_verify_finds_an_edited_entry(run: Run, orders: Path) -> None:
    run("import", orders)
    assert run("audit", "verify", "--json").json()["intact"] is True
    with connection.cursor() as cursor:
        cursor.execute("alter table accounts_auditentry disable trigger user")
        cursor.execute("update accounts_auditentry set verb = 'import.forged' where seq = 2")
        cursor.execute("alter table accounts_auditentry enable trigger user")
    answer = run("audit", "verify", "--json")
    assert answer.code == 5
    assert answer.json()["findings"]


def test_users_get_random_passwords_and_known_roles(run: Run) -> None:
    first = run("user", "add", "anna@example.com", "--role", "manager", "--json").json()
    assert len(first["password"]) > 15
    second = run("user", "password", "anna@example.com", "--json").json()
    assert second["password"] != first["password"]
    assert run("user", "add", "anna@example.com", "--role", "manager").code == 1
    assert run("user", "add", "ben@example.com", "--role", "king").code == 2
    assert [user["email"] for user in run("user", "list", "--json").json()["users"]] == [
        "anna@example.com"
    ]
