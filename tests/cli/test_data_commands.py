"""Importing, undoing, training and counting from a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.terminal import Answer

Run = Callable[..., Answer]


def test_import_prints_one_object_and_ends_with_0(run: Run, orders: Path) -> None:
    answer = run("import", orders, "--json")
    facts = answer.json()
    assert (answer.code, facts["state"], facts["loaded"], facts["rejected"]) == (0, "loaded", 3, 0)


def test_rejected_rows_end_with_4_and_are_written_where_asked(
    run: Run, one_bad_row: Path, tmp_path: Path
) -> None:
    answer = run("import", one_bad_row, "--json", "--rejects", tmp_path / "rejects.csv")
    assert (answer.code, answer.json()["loaded"], answer.json()["rejected"]) == (4, 2, 1)
    rejects = (tmp_path / "rejects.csv").read_text("utf-8-sig")
    assert "dear" in rejects
    assert "1003" in rejects


def test_a_file_imported_twice_counts_once(run: Run, orders: Path) -> None:
    run("import", orders)
    again = run("import", orders, "--json").json()
    assert (again["loaded"], again["known"]) == (0, 3)
    tree = _everyone(orders.parent)
    assert run("segment", "count", "--tree", tree, "--json").json()["count"] == 3


def test_mended_rows_join_orders_that_are_in_already(
    run: Run, one_bad_row: Path, orders: Path
) -> None:
    run("import", one_bad_row)
    mended = run("import", orders, "--json").json()
    assert (mended["loaded"], mended["known"]) == (1, 2)


def test_a_dry_run_loads_nothing(run: Run, one_bad_row: Path) -> None:
    answer = run("import", one_bad_row, "--dry-run", "--json")
    assert answer.json()["state"] == "checked"
    assert (
        run("segment", "count", "--tree", _everyone(one_bad_row.parent), "--json").json()["count"]
        == 0
    )


def test_a_folder_is_imported_whole(run: Run, orders: Path, one_bad_row: Path) -> None:
    answer = run("import", orders.parent, "--json")
    assert len(answer.json()["imports"]) == 2


def test_undo_takes_an_import_back_once(run: Run, orders: Path) -> None:
    made = run("import", orders, "--json").json()["import"]
    assert run("undo", made, "--json").json()["state"] == "undone"
    tree = _everyone(orders.parent)
    assert run("segment", "count", "--tree", tree, "--json").json()["count"] == 0
    again = run("undo", made)
    assert again.code == 1
    assert "cannot be undone" in again.err


def test_what_is_not_there_ends_with_3(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for words in (
        ("import", tmp_path / "nothing.csv"),
        ("import", tmp_path / "empty"),
        ("undo", "0190aaaa-0000-7000-8000-000000000000"),
        ("undo", "no-id"),
        ("segment", "count", "nobody knows it"),
        ("campaign", "result", "0190aaaa-0000-7000-8000-000000000000"),
        ("user", "password", "nobody@example.com"),
    ):
        answer = run(*words, "--json")
        assert (answer.code, answer.json()["code"]) == (3, 3), words


def test_an_unreadable_file_says_why_in_the_chosen_language(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    english = run("import", tmp_path / "empty.csv")
    chinese = run("import", tmp_path / "empty.csv", "--lang", "zh")
    assert english.code == chinese.code == 1
    assert english.err.strip()
    assert any("一" <= letter <= "鿿" for letter in chinese.err)


def test_training_on_too_little_says_so(run: Run, orders: Path) -> None:
    run("import", orders)
    english, chinese = run("train"), run("train", "--lang", "zh", "--json")
    assert english.code == chinese.code == 1
    assert "Import orders first" in english.err
    assert "先导入订单" in chinese.json()["error"]


def test_a_rule_that_makes_no_sense_ends_with_2(run: Run, tmp_path: Path) -> None:
    rule = tmp_path / "rule.json"
    for text in ("{", json.dumps({"root": {"type": "field", "field": "no", "op": "is"}})):
        rule.write_text(text)
        assert run("segment", "count", "--tree", rule).code == 2


def test_lists_are_empty_before_anything_happened(run: Run) -> None:
    assert run("segment", "list", "--json").json() == {"segments": []}
    assert run("campaign", "list", "--json").json() == {"campaigns": []}
    assert run("user", "list", "--json").json() == {"users": []}


def _everyone(folder: Path) -> Path:
    rule = folder / "everyone.json"
    rule.write_text(
        json.dumps(
            {"root": {"type": "group", "match": "all", "items": [
                {"type": "field", "field": "orders", "op": "at_least", "value": 1}]}}
        )
    )  # fmt: skip
    return rule
