"""What the browser loads is small, compressed, and kept for a year under a name that changes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.templatetags.static import static
from django.test import Client

from tests import factories
from tests.console.browsing import BACKEND
from zhiyin import frontend
from zhiyin.console import assets, classes

FIRST_LOAD = 350_000  # bytes, compressed: the largest first page
LATER = 60_000


def loaded(client: Client, page: str) -> dict[str, int]:
    """Every file that a page asks for, scripts' imports included, with its compressed size."""
    waiting = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    # The shell brings parts when a page has them; here all of them count.
    sizes: dict[str, int] = {}
    while waiting:
        address = waiting.pop()
        if address in sizes:
            continue
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, address
        body = answer.content
        sizes[address] = len(body)
        if address.endswith(".js") and "/vendor/" not in address:
            text = gzip.decompress(body) if answer.headers.get("Content-Encoding") else body
            for found in re.findall(rb"""(?:from |import\(?)'(\.[^']+)'""", text):
                waiting.append(_beside(address, found.decode()))
    return sizes


def _beside(address: str, relative: str) -> str:
    parts = address.split("/")[:-1]
    for step in relative.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def test_an_address_names_the_contents_and_is_kept_for_a_year() -> None:
    address = static("console/shell.js")
    assert assets.VERSION.search(address)
    answer = Client().get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    plain = Client().get("/static/console/shell.js")
    assert "immutable" not in plain.headers["Cache-Control"]
    file = Path(assets.__file__).parent / "static/console/shell.js"
    assert plain.content == file.read_bytes()


def test_the_compressed_copy_is_the_same_file() -> None:
    answer = Client().get(static("console/components.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    whole = Client().get(static("console/components.css"))
    assert "Content-Encoding" not in whole.headers
    assert gzip.decompress(answer.content) == whole.content


def test_a_browser_gets_a_part_or_only_the_head_or_that_nothing_changed() -> None:
    address = static("console/components.css")
    whole = Client().get(address)
    part = Client().get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    head = Client().head(address)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(whole.content)))
    kept = Client().get(address, headers={"If-None-Match": whole.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    assert Client().post(address).status_code == 405


def test_an_address_cannot_leave_the_folder_of_files() -> None:
    for path in ("../settings.py", "..%2fsettings.py", f"{assets.version()}/../../settings.py"):
        assert Client().get(f"/static/{path}").status_code == 404


@pytest.mark.skipif(not frontend.VENDOR.exists(), reason="run `python -m zhiyin.frontend`")
@pytest.mark.django_db
def test_the_heaviest_first_page_stays_under_its_limit() -> None:
    client = Client()
    client.force_login(factories.user(factories.Role.ADMINISTRATOR), backend=BACKEND)
    page = client.get("/console/components", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    html = gzip.decompress(page.content).decode()
    files = loaded(client, html)
    assert len(page.content) < LATER
    assert len(page.content) + sum(files.values()) < FIRST_LOAD, sorted(
        files.items(), key=lambda pair: -pair[1]
    )[:5]


def test_a_style_sheet_is_cut_to_the_classes_in_use() -> None:
    css = (
        ":root{--a:1}.used,.gone{color:red}.gone:hover{x:y}a.used:not(.gone)>b{c:d}"
        "@media (min-width:1px){.gone{a:b}.used{e:f}}@media print{.gone{a:b}}"
        '.used{background:url("data:image/svg+xml,<svg{}>")}@keyframes k{0%{a:b}}p{q:r}'
    )
    assert classes.kept(css, {"used"}) == (
        ":root{--a:1}.used{color:red}a.used:not(.gone)>b{c:d}@media (min-width:1px){.used{e:f}}"
        '.used{background:url("data:image/svg+xml,<svg{}>")}@keyframes k{0%{a:b}}p{q:r}'
    )
