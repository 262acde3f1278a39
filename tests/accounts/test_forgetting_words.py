"""A person's own words are found and taken out wherever somebody wrote them, nothing else is."""

from __future__ import annotations

import pytest

from zhiyin.accounts.forgetting import INSTEAD, Leaving

LIN = Leaving((), words=("Lin@Example.com", "+8613912345678", "YL-20418", "C1"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to LIN@example.COM.", f"write to {INSTEAD}."),
        ("电话13912345678请回", f"电话{INSTEAD}请回"),
        ("+86 or +8613912345678, 8613912345678", f"+86 or {INSTEAD}, {INSTEAD}"),
        ("YL-20418,YL-20418", f"{INSTEAD},{INSTEAD}"),
        ("YL-204180 is another, and so is XYL-20418", None),
        ("berlin@example.community and C1", None),
        ("İLIN@example.comß", f"İ{INSTEAD}ß"),
        ("", None),
    ],
)
def test_a_word_is_taken_out_where_it_stands_for_itself(text: str, left: str | None) -> None:
    assert LIN.unsaid(text) == (text if left is None else left)
    assert LIN.mentioned_in(text) is (left is not None)


def test_one_of_thousands_is_told_from_those_that_begin_alike() -> None:
    many = Leaving((), words=tuple(f"person-{n}@example.com" for n in range(50_000)))
    others = " ".join(f"person-{n}@example.org" for n in range(2_000))
    assert not many.mentioned_in(others)
    assert many.unsaid(f"{others} person-7@example.com") == f"{others} {INSTEAD}"
