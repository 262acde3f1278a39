"""Help in both languages, wrong arguments, and the page docs/cli.md in step with the parser."""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhiyin import cli
from zhiyin.cli.arguments import Parser, build
from zhiyin.cli.words import choose_language

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[一-鿿]")


def commands(parser: argparse.ArgumentParser, name: str = "zhiyin") -> Iterator[tuple[str, Parser]]:
    """Every parser with the words that lead to it."""
    assert isinstance(parser, Parser)
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from commands(below, f"{name} {word}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_is_wholly_in_the_chosen_language(language: str) -> None:
    choose_language(["--lang", language])
    for name, parser in commands(build(cli.EXIT)):
        said = parser.format_help()
        # What stays is Latin: names of commands and options, and the languages' own codes.
        assert bool(HAN.search(said)) is (language == "zh"), name
        english = {"usage:", "options:", "show this help", "positional", "arguments:"}
        assert not (language == "zh" and any(word in said for word in english)), said
    choose_language(["--lang", "en"])


def test_every_command_takes_data_json_and_lang() -> None:
    for name, parser in commands(build(cli.EXIT)):
        if parser.get_default("run") is not None:
            options = {word for action in parser._actions for word in action.option_strings}
            assert {"--data", "--json", "--lang"} <= options, name


def test_the_page_names_every_command_option_and_exit_code() -> None:
    choose_language(["--lang", "en"])
    page = (ROOT / "docs" / "cli.md").read_text()
    missing = []
    for name, parser in commands(build(cli.EXIT)):
        if parser.get_default("run") is not None and f"`{name}" not in page:
            missing.append(name)
        missing += [
            f"{name} {word}" for action in parser._actions for word in action.option_strings
            if word.startswith("--") and f"`{word}" not in page
        ]  # fmt: skip
    missing += [f"exit code {code}" for code in cli.EXIT if f"| {code} |" not in page]
    assert not missing
    told = set(re.findall(r"^\| `(zhiyin [^`]*)`", page, re.MULTILINE))
    known = {name for name, _ in commands(build(cli.EXIT))}
    strangers = {line for line in told if not any(line.startswith(name) for name in known)}
    assert not strangers


def test_wrong_arguments_end_with_2_and_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["import", "--json"], ["--json", "dance"], ["up", "--port", "x", "--json"]):
        assert cli.main(words) == 2
        said = capsys.readouterr()
        assert json.loads(said.out)["code"] == 2
        assert "Wrong arguments" in said.err


def test_nothing_in_the_command_line_asks_a_question() -> None:
    for path in (ROOT / "src" / "zhiyin" / "cli").glob("*.py"):
        called = {
            getattr(node.func, "id", getattr(node.func, "attr", ""))
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        }
        assert not called & {"input", "getpass"}, path.name
