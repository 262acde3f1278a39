"""The tracking plan from the command line: learnt, taken along, brought, held against messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.terminal import Answer

Run = Callable[..., "Answer"]


@pytest.fixture
def site(run: Run) -> str:
    from django.utils import timezone

    from zhiyin.collect.models import Learnt, Source

    run("source", "create", "site")
    now = timezone.now()
    source = Source.objects.get(key="site")
    for event, name, kinds in (("Viewed", "", {}), ("Viewed", "price", {"as_number": 30}),
                               ("Bought", "", {})):  # fmt: skip
        Learnt.objects.create(source=source, event=event, property=name, events=30, first_at=now,
                              last_at=now, **kinds)  # fmt: skip
    return "site"


def test_a_plan_is_learnt_taken_along_and_brought_elsewhere(
    run: Run, site: str, tmp_path: Path
) -> None:
    one = run("source", "plan", "learn", site, "--event", "Viewed", "--json").json()
    assert one == {"source": site, "version": 1, "changed": True}
    assert run("source", "plan", "learn", site, "--json").json()["version"] == 2
    file = tmp_path / "plan.json"
    run("source", "plan", "export", site, file)
    held = json.loads(file.read_text())["plan"]["events"]
    assert held["Viewed"]["properties"] == {"price": {"type": "number", "required": True}}
    assert run("source", "plan", "import", site, file, "--json").json()["changed"] is False
    run("source", "create", "app")
    assert run("source", "plan", "import", "app", file, "--json").json()["version"] == 1
    shown = run("source", "plan", "show", "app", "--json").json()
    assert set(shown["plan"]["events"]) == {"Viewed", "Bought"}
    assert "2 events" in run("source", "plan", "show", "app").out


def test_messages_are_held_against_the_plan_before_they_are_sent(
    run: Run, site: str, tmp_path: Path
) -> None:
    from zhiyin.collect.models import Received

    run("source", "plan", "learn", site)
    file = tmp_path / "messages.jsonl"
    track = {"type": "track", "event": "Viewed", "userId": "u"}
    lines = [
        {**track, "properties": {"price": 1}}, {**track, "properties": {"price": "dear"}},
        {"type": "track", "userId": "u"}, {**track, "event": "Vewed"},
    ]  # fmt: skip
    file.write_text("\n".join(json.dumps(line) for line in lines))
    answer = run("source", "plan", "check", site, file, "--json")
    assert answer.code == 4
    told = answer.json()
    assert told["messages"] == 4
    assert [(one["number"], one["event"]) for one in told["deviate"]] == [
        (2, "Viewed"), (3, "track"), (4, "Vewed")
    ]  # fmt: skip
    assert "number was expected, text came" in told["deviate"][0]["why"]
    file.write_text(json.dumps({"batch": lines[:1]}))
    assert run("source", "plan", "check", site, file).code == 0
    stricter = tmp_path / "plan.json"
    run("source", "plan", "export", site, stricter)
    stricter.write_text(stricter.read_text().replace('"number"', '"moment"'))
    assert run("source", "plan", "check", site, file, "--plan", stricter).code == 4
    assert not Received.objects.exists()


def test_what_cannot_be_says_so(run: Run, site: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    assert run("source", "plan", "import", site, tmp_path / "bad.json").code == 2
    assert run("source", "plan", "import", site, tmp_path / "none.json").code == 3
    assert run("source", "plan", "show", "nobody").code == 3
