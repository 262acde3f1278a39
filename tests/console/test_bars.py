"""The links that stand on every page: where one is, what waits, and which key leads there."""

from __future__ import annotations

from zhiyin.console import bars
from zhiyin.console.navigation import Link, LinkGroup

HERE = Link("Today", "sun", "/today/", "t", tab=True, current=True, count=1204, todo=True)
PLAIN = Link("A & B", "users", "/people/?a=1&b=2", "", tab=False, current=False, count=None,
             todo=False)  # fmt: skip
NAV = [LinkGroup("", [HERE]), LinkGroup("More <i>", [PLAIN])]


def test_the_side_bar_says_where_one_is_and_what_waits() -> None:
    drawn = bars.side_bar(NAV)
    assert '<li><a href="/today/" aria-current="page" data-go="t" title="Today"><svg ' in drawn
    assert '<span class="cut">Today</span><span class="count todo">1,204</span></a></li>' in drawn
    assert "<h2>More &lt;i&gt;</h2>" in drawn
    assert '<a href="/people/?a=1&amp;b=2" title="A &amp; B"><svg ' in drawn
    assert drawn.count("<h2>") == 1


def test_the_phone_has_the_same_links_and_the_list_of_keys_only_those_with_one() -> None:
    assert '<span class="grow">Today</span><span class="count">1,204</span>' in bars.sheet(NAV)
    assert bars.tab_bar([HERE]).startswith('<a href="/today/" aria-current="page"><svg ')
    assert bars.keys(NAV).count("<dt>") == 1
    assert '<span class="kbd">T</span></dt><dd>Today</dd>' in bars.keys(NAV)
