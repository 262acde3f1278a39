"""What is real in the demo and what is simulated: the strip's words, and the page behind them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from zhiyin.accounts.gate import gate
from zhiyin.collect.models import Source
from zhiyin.console.reality import Note


def provider() -> Note | None:
    """The demo's note; None where this workspace is no demo."""
    facts = demo_facts()
    if facts is None:
        return None
    text = gettext(
        "Orders are real (UCI Online Retail), moved forward by %(weeks)s weeks; people, visits and "
        "messages are simulated. E-mail stays in the outbox here."
    )
    return Note(gettext("Demo workspace"), text % facts, reverse("what_is_real"))


def demo_facts() -> dict[str, Any] | None:
    """What the loader wrote down; None where it did not run."""
    path = Path(settings.DATA) / "demo.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@gate("today.see")
def what_is_real(request: HttpRequest) -> HttpResponse:
    """Every source with its rows, real or simulated, and how the demo was made."""
    return render(
        request,
        "console/what_is_real.html",
        {"facts": demo_facts(), "sources": Source.objects.order_by("simulated", "key")},
    )
