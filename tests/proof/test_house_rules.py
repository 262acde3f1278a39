"""Rules of the house that keep the gate whole, read from the source: what is not written down
here as an exception, with its reason, is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "zhiyin"
# Who may open a connection: the one client with a policy; the command that waits for our own door.
MAY_CALL_OUT = {"connect/egress.py", "cli/serve.py"}
RAW = {"requests", "httpx", "urllib3", "aiohttp", "http.client", "urllib.request"}
UNSAFE = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module with its tree."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield str(path.relative_to(SOURCE)), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """The full names of what a module imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_nothing_is_kept_as_a_pickle() -> None:
    assert {name: used for name, tree in sources() if (used := imported(tree) & UNSAFE)} == {}


def test_one_client_calls_out() -> None:
    found = {name: used for name, tree in sources() if (used := imported(tree) & RAW)}
    assert {name: used for name, used in found.items() if name not in MAY_CALL_OUT} == {}


def test_no_name_of_a_column_comes_from_a_request() -> None:
    """`filter(**something)` whose names are not written in the source (CVE-2025-64459)."""
    wrong = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"filter", "exclude", "get", "update", "order_by", "annotate"}
                and any("request" in ast.unparse(one.value).lower()
                        for one in node.keywords if one.arg is None)
            ):  # fmt: skip
                wrong.append(f"{name}:{node.lineno}: {ast.unparse(node)[:80]}")
    assert wrong == []


def test_a_request_s_text_is_never_marked_as_safe() -> None:
    wrong = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"mark_safe", "SafeString"}:
                said = ast.unparse(node)
                if re.search(r"request|\.GET|\.POST|\.data\b", said):
                    wrong.append(f"{name}:{node.lineno}: {said[:80]}")
    assert wrong == []


def test_templates_never_switch_escaping_off() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)}: {hit}"
        for path in sorted(SOURCE.rglob("*.html"))
        for hit in re.findall(r"\|\s*safe\b|autoescape off|\|\s*safeseq", path.read_text("utf-8"))
    ]
    assert wrong == []


def test_a_screen_reads_customers_only_through_the_scope() -> None:
    """In views and APIs, `Customer.objects` stands inside `access.scoped(…)`."""
    wrong = []
    for name, tree in sources():
        if "/views" not in f"/{name}" and not re.search(r"(^|/)(api|views)(/|\.py)", name):
            continue
        scoped = {
            id(inner)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("scoped")
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node) in {"Customer.objects", "Note.objects", "Order.objects"}
                and id(node) not in scoped
            ):
                wrong.append(f"{name}:{node.lineno}")
    assert [one for one in wrong if one.split(":")[0] not in ALREADY_ASKED] == []


ALREADY_ASKED = {
    "customers/api/people.py",  # locks the row that `record.person` has let through
    "customers/views/models.py",  # whether there is anybody at all
    "engage/views.py",  # the moment of the newest order, as the key of a cache
}
