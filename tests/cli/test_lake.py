"""The lake from a script: how large, made tidy, checked, and customers erased with a receipt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.cli.terminal import Answer
from zhiyin.accounts.models import AuditPending
from zhiyin.collect import archive
from zhiyin.customers.models import Customer, Identifier, Order

Run = Callable[..., Answer]


@pytest.fixture
def loaded(run: Run, orders: Path) -> None:
    assert run("import", orders).code == 0


def table(answer: Answer, name: str) -> dict[str, object]:
    (found,) = (one for one in answer.json()["tables"] if one["name"] == name)
    return dict(found)


def test_status_tells_rows_files_days_and_version(run: Run, loaded: None) -> None:
    facts = table(run("lake", "status", "--json"), "order_lines")
    assert (facts["rows"], facts["files"]) == (3, 1)
    assert "order_lines" in run("lake", "status").out
    assert "3 行" in run("lake", "status", "--lang", "zh").out


def test_status_as_of_a_moment_before_anything_is_empty(run: Run, loaded: None) -> None:
    facts = table(run("lake", "status", "--as-of", "2020-01-01", "--json"), "order_lines")
    assert (facts["rows"], facts["version"]) == (0, -1)
    facts = table(run("lake", "status", "--as-of", "2999-01-01", "--json"), "order_lines")
    assert facts["rows"] == 3
    assert run("lake", "status", "--as-of", "soon").code == 2


def test_compact_makes_one_day_tidy_and_is_then_done(run: Run, loaded: None) -> None:
    (day,) = archive.lake().read("events", ["received_day"])["received_day"].unique().to_pylist()
    done = run("lake", "compact", "--day", day, "--json").json()["tables"]
    assert (done["events"]["days"], done["order_lines"]["days"]) == (1, 1)
    assert run("lake", "compact", "--day", day).out == "No day needs it.\n"
    assert run("lake", "compact").out == "No day needs it.\n"  # today is not over
    assert run("lake", "compact", "--day", "yesterday").code == 2


def test_verify_ends_with_0_or_with_5_and_says_what_is_wrong(run: Run, loaded: None) -> None:
    answer = run("lake", "verify", "--json")
    assert (answer.code, answer.json()) == (0, {"sound": True, "findings": []})
    Path(archive.lake().uris("order_lines")[0]).unlink()
    answer = run("lake", "verify")
    assert answer.code == 5
    assert "order_lines: a file is missing: received_day=" in answer.out
    assert run("lake", "verify", "--json").json()["findings"][0]["problem"] == "missing"


def test_erase_by_customer_number_keeps_a_receipt_and_everybody_else(
    run: Run, loaded: None, settings: Settings
) -> None:
    customer = Customer.objects.get(number="C1")
    own = [
        str(pk) for pk in Identifier.objects.filter(customer=customer).values_list("pk", flat=True)
    ]
    answer = run("lake", "erase", "--customer", "C1", "--json")
    assert answer.code == 0
    receipt = answer.json()
    assert {one["name"]: one["rows_erased"] for one in receipt["tables"]} == {
        "events": 1, "order_lines": 1,
    }  # fmt: skip
    assert archive.lake().read("order_lines").num_rows == 2
    kept = Path(receipt.pop("file"))
    assert kept.parent == settings.DATA / "receipts"
    assert json.loads(kept.read_text()) == receipt
    assert kept.stat().st_mode & 0o77 == 0
    noted = AuditPending.objects.get(verb="lake.erased").detail
    assert noted["rows"] == 2
    for told in (kept.read_text(), kept.name, json.dumps(noted), answer.err):
        assert not any(one in told for one in [*own, str(customer.pk), "C1"])
    assert all(archive.lake().are_erased([*own, str(customer.pk)]))
    assert run("lake", "verify").code == 0


def test_erase_by_a_file_of_identifiers(run: Run, loaded: None, tmp_path: Path) -> None:
    ids = archive.lake().read("events", ["identifier_id"])["identifier_id"].to_pylist()
    listed = tmp_path / "ids.txt"
    listed.write_text("\n".join(ids[:2]) + "\n\n")
    answer = run("lake", "erase", "--identifiers", listed)
    assert answer.code == 0
    assert "Erased 4 rows of 2 identifiers from the lake; receipt: " in answer.out
    assert archive.lake().read("events").num_rows == 1


def test_erase_refuses_who_is_not_there(run: Run, loaded: None, tmp_path: Path) -> None:
    assert run("lake", "erase", "--customer", "C99").code == 3
    assert run("lake", "erase", "--identifiers", tmp_path / "none").code == 3
    (tmp_path / "empty").write_text("\n")
    assert run("lake", "erase", "--identifiers", tmp_path / "empty").code == 3
    assert run("lake", "erase").code == 2
    Customer.objects.filter(number="C2").update(number="C1")
    assert "More than one" in run("lake", "erase", "--customer", "C1").err
    assert archive.lake().read("order_lines").num_rows == 3


def test_replay_tells_what_would_change_and_then_what_did(run: Run, loaded: None) -> None:
    (day,) = archive.lake().read("events", ["received_day"])["received_day"].unique().to_pylist()
    period = ("--from", day, "--to", day)
    assert run("lake", "replay", *period, "--json").json()["changes"] == 0
    customer = Customer.objects.get(number="C1")
    other = Customer.objects.get(number="C2")
    Identifier.objects.filter(customer=customer).update(customer=other)
    told = run("lake", "replay", *period, "--dry-run")
    assert told.code == 0
    assert "orders that belong to somebody else now" in told.out
    assert Order.objects.filter(customer=customer).exists()
    done = run("lake", "replay", *period, "--json").json()
    assert (done["dry_run"], done["orders_moved"]) == (False, 1)
    assert not Order.objects.filter(customer=customer).exists()
    assert run("lake", "replay", "--from", "soon", "--to", day).code == 2
    assert run("lake", "replay", *period, "--source", "nobody").code == 3
