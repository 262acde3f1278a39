"""Mentions and reviews come in from feeds and from files, each once, without anybody else's XML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.conf import settings

from tests.collect.connections import servers
from tests.collect.connections.servers import Answered
from tests.collect.desk import Desk
from zhiyin.accounts.models import User
from zhiyin.collect.connections import feeds, running, services
from zhiyin.collect.connections.feeds import Place
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Event, Import, Run, Source
from zhiyin.customers.models import Customer

NOW = datetime.now(UTC) - timedelta(hours=3)


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()


def item(number: int, text: str = "正山小种很香", author: str = "茶客") -> str:
    at = format_datetime(NOW + timedelta(minutes=number))
    return (f"<item><title>提到 {number}</title><guid>g{number}</guid><pubDate>{at}</pubDate>"
            f"<description>&lt;p&gt;{text}&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;</description>"
            f"<author>{author}</author><link>https://forum.example/{number}</link>"
            "</item>")  # fmt: skip


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><id>urn:1</id>
<updated>2026-03-01T10:00:00Z</updated><author><name>Ada</name></author>
<link rel="self" href="https://x.example/self"/><link href="https://x.example/1"/>
<content type="html">&lt;b&gt;Fine&lt;/b&gt; tea</content></entry></feed>"""


@pytest.fixture
def forum(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[tuple[servers.Api, list[bytes]]]:
    shown = [rss(item(1))]
    with servers.api(lambda path, headers: Answered(shown[0])) as made:
        monkeypatch.setattr(settings, "EGRESS_ALLOW", made.url)
        yield made, shown


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None
    return done


def test_mentions_come_in_each_once_and_their_author_is_nobody_yet(
    forum: tuple[servers.Api, list[bytes]], source: Source, keeper: User
) -> None:
    api, shown = forum
    one = services.create(
        source, Connection.Kind.FEED, name="Forum", secret="", every_minutes=10, by=keeper,
        where={"url": f"{api.url}/feed", "event": feeds.MENTION, "words": ""},
    )  # fmt: skip
    assert run(one).loaded == 1
    told = Event.objects.get()
    assert (told.name, told.properties["text"]) == ("Mention Published", "正山小种很香")
    assert told.customer_id is None
    assert not Customer.objects.exists()
    assert run(one).state == Run.State.NOTHING
    shown[0] = rss(item(2), item(1))
    done = run(one)
    assert (done.rows, done.loaded) == (1, 1)


def test_an_atom_feed_is_read_too() -> None:
    (row,) = feeds.entries(ATOM, Place("https://x.example/feed"))
    assert row["author"] == "x.example/Ada"
    assert (row["text"], row["link"], row["at"]) == (
        "Fine tea", "https://x.example/1", "2026-03-01T10:00:00+00:00"
    )  # fmt: skip


def test_only_entries_with_the_words_are_taken() -> None:
    place = Place("https://x.example/feed", words="小种，oolong")
    found = feeds.entries(rss(item(1), item(2, "咖啡"), item(3, "Oolong!")), place)
    assert [one["title"] for one in found] == ["提到 1", "提到 3"]


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item>&b;</item></rss>'
OTHERS = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel>&f;</channel></rss>'


@pytest.mark.parametrize("text", [BOMB, OTHERS, b"", b"<html><body>", b"{}", b"\xff\xfe<", b"<a>"])
def test_what_is_no_feed_is_refused(text: bytes) -> None:
    if text == b"<a>":
        text = b"<a>&nbsp;</a>"
    with pytest.raises(Trouble):
        feeds.entries(text, Place("https://x.example/feed"))


def test_a_feed_inside_of_the_network_is_not_asked(db: None) -> None:
    for url in ("http://169.254.169.254/feed", "https://127.0.0.1/feed", "file:///etc/passwd"):
        with pytest.raises(NotAllowed):
            feeds.look({"url": url, "event": feeds.MENTION, "words": ""}, "")


def test_a_link_that_is_no_page_is_not_kept() -> None:
    told = item(1).replace("https://forum.example/1", "javascript:alert(1)")
    (row,) = feeds.entries(rss(told), Place("https://x.example/feed"))
    assert "link" not in row


REVIEWS = (
    "昵称,评分,评价内容,评价时间\n茶客,5,很香,{at:%Y-%m-%d %H:%M}\n"
    "路人,1,太淡,{at:%Y-%m-%d %H:%M}\n"
)


def test_a_file_of_reviews_is_understood_at_once(keeper: User) -> None:
    one = Desk(keeper).loaded(REVIEWS.format(at=NOW), "reviews.csv", source="reviews")
    assert (one.kind, one.state, one.loaded) == ("events", Import.State.LOADED, 2)
    told = Event.objects.filter(source__key="reviews").order_by("properties__评分")
    assert set(told.values_list("name", flat=True)) == {"Review Published"}
    assert told[1].properties == {"评分": "5", "评价内容": "很香"}
