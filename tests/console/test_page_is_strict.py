"""A page runs only our own files: no inline script, no inline style, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse

import zhiyin
from tests.console.pages import components
from zhiyin.console.middleware import SecurityHeaders

SOURCES = Path(zhiyin.__file__).parent
TEMPLATES = sorted(SOURCES.rglob("templates/**/*.html"))


def test_the_policy_allows_only_our_own_files() -> None:
    response = SecurityHeaders(lambda _: HttpResponse())(HttpRequest())
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_a_view_may_set_a_stricter_policy_of_its_own() -> None:
    own = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
    response = SecurityHeaders(lambda _: own)(HttpRequest())
    assert response.headers["Content-Security-Policy"] == "sandbox"


@pytest.mark.django_db  # the side bar counts what waits
def test_a_rendered_page_has_no_inline_code() -> None:
    page = components().content.decode()
    assert not re.findall(r"<script(?![^>]*(src=|application/json))[^>]*>", page)
    assert not re.findall(r"""<[^>]+\s(style|on\w+)=["']""", page)
    assert not re.findall(r"""(src|href)=["']https?://""", page)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(SOURCES)))
def test_no_template_carries_inline_style_or_handlers(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.findall(r"""\s(style|onclick|onchange|onsubmit|hx-on[\w:-]*)=["']""", source)


def test_colours_are_written_only_in_the_tokens() -> None:
    styles = (SOURCES / "console/static/console").glob("*.css")
    found = {
        path.name: re.findall(r"#[0-9A-Fa-f]{3,8}\b|\brgba?\(", path.read_text(encoding="utf-8"))
        for path in styles
        if path.name != "tokens.css"
    }
    assert not any(found.values()), found
