"""Whoever reads Chinese sees no English: every text of every room has its Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import zhiyin
from tests.console import msgids

ROOMS = sorted(
    str(path.parents[2].relative_to(Path(zhiyin.__file__).parent))
    for path in Path(zhiyin.__file__).parent.glob("**/locale/zh_Hans/LC_MESSAGES")
)
SAME_IN_BOTH = {"SMS", "ID"}


def chinese() -> dict[str, str]:
    """All catalogues together, as Django merges them."""
    found: dict[str, str] = {}
    for path in Path(zhiyin.__file__).parent.glob("**/locale/zh_Hans/LC_MESSAGES/django.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_Hans"):
                texts = message.id if isinstance(message.id, tuple) else (message.id,)
                answer = message.string if isinstance(message.string, str) else message.string[0]
                found.update(dict.fromkeys(texts, answer))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_every_text_of_a_room_has_its_chinese(room: str) -> None:
    known = chinese()
    said = msgids.of_room(Path(zhiyin.__file__).parent / room)
    missing = sorted(text for text in said - SAME_IN_BOTH if text.strip() and not known.get(text))
    assert missing == []


@pytest.mark.parametrize("room", ROOMS)
def test_chinese_follows_the_house_style(room: str) -> None:
    path = Path(zhiyin.__file__).parent / room / "locale/zh_Hans/LC_MESSAGES/django.po"
    if not path.exists():
        pytest.skip("this room says nothing of its own")
    with path.open("rb") as file:
        texts = [str(message.string) for message in read_po(file, locale="zh_Hans") if message.id]
    breaches = [t for t in texts if "·" in t or "！" in t or "请注意" in t or "你" in t]
    assert breaches == []


def test_one_text_means_one_thing_in_every_room() -> None:
    """Django merges all catalogues, so two rooms cannot translate the same text differently."""
    found: dict[tuple[str | None, str], dict[str, str]] = {}
    root = Path(zhiyin.__file__).parent
    for path in sorted(root.glob("**/locale/zh_Hans/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh_Hans"):
                if message.id:
                    key = (message.context, str(message.id))
                    found.setdefault(key, {})[path.parts[-5]] = str(message.string)
    torn = {key: said for key, said in found.items() if len(set(said.values())) > 1}
    assert torn == {}
