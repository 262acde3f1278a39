"""A list behind an HTTP API comes in whole and each row once, however the server behaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from tests.collect.connections import senders, servers
from tests.collect.connections.others import mapped
from tests.collect.connections.servers import Answered
from zhiyin.accounts.models import User
from zhiyin.collect.connections import apis, asking, running, services
from zhiyin.collect.connections.asking import Asking, Place
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.collect.models import Connection, Run, Source
from zhiyin.customers.models import Order

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


class Shop:
    """A shop's API: orders in the order of their change, two a page."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.spoilt: list[Answered] = []  # given first, one a question
        self.paging = "page"

    def sell(self, *numbers: int) -> None:
        for number in numbers:
            changed = (START + timedelta(minutes=number)).isoformat()
            self.orders.append(senders.order(number, updated_at=changed))

    def answer(self, path: str, headers: dict[str, str]) -> Answered:
        if self.spoilt:
            return self.spoilt.pop(0)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        found = [one for one in self.orders if one["updated_at"] >= asked.get("after", "")]
        first = {
            "page": lambda: 2 * (int(asked.get("page", 1)) - 1),
            "offset": lambda: int(asked.get("offset", 0)),
            "cursor": lambda: int(asked.get("cursor", 0)),
            "link": lambda: int(asked.get("from", 0)),
            "none": lambda: 0,
        }[self.paging]()
        some = found if self.paging == "none" else found[first : first + 2]
        more = first + 2 < len(found)
        told = {"data": {"orders": some}, "meta": {"next": str(first + 2) if more else None}}
        link = {"link": f'</orders?from={first + 2}>; rel="next"'} if more else {}
        return Answered(told, headers=link if self.paging == "link" else {})


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def api(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[servers.Api]:
    slept: list[float] = []
    monkeypatch.setattr(Asking.__init__, "__defaults__", _defaults(slept.append))
    with servers.api(shop.answer) as made:
        monkeypatch.setattr(settings, "EGRESS_ALLOW", made.url)
        made.slept = slept  # type: ignore[attr-defined]
        yield made


def _defaults(sleep: Callable[[float], None]) -> tuple[object, ...]:
    """Those of `Asking`, with a sleep that does not."""
    return tuple(sleep if one is asking.time.sleep else one for one in Asking.__init__.__defaults__)


WAYS = {
    "none": {}, "page": {"page_name": "page"}, "offset": {"page_name": "offset"},
    "cursor": {"page_name": "cursor", "next_path": "meta.next"}, "link": {},
}  # fmt: skip


def where_of(api: servers.Api, **more: object) -> dict[str, object]:
    return {
        "url": f"{api.url}/orders?status=any", "auth": "bearer", "auth_name": "",
        "per_minute": 6000,
        "paging": "page", "page_name": "page", "size_name": "", "size": 0, "next_path": "",
        "list_path": "data.orders", "since_field": "updated_at", "since_name": "after", "lines": "",
        **more,
    }  # fmt: skip


def connected(source: Source, where: dict[str, object], by: User) -> Connection:
    return services.create(
        source, Connection.Kind.API, name="API", where=where, secret="t0ken", every_minutes=10,
        by=by,
    )  # fmt: skip


def run(one: Connection) -> Run:
    one.refresh_from_db()
    done = running.run(one)
    assert done is not None
    return done


def numbers() -> set[str]:
    return set(Order.objects.values_list("number", flat=True))


@pytest.mark.parametrize("paging", WAYS)
def test_every_way_of_paging_gives_all_rows_once_and_later_only_what_is_new(
    paging: str, shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.paging = paging
    shop.sell(1, 2, 3, 4, 5)
    one = connected(source, where_of(api, paging=paging, **WAYS[paging]), keeper)
    assert apis.look(one.where, "t0ken").columns[0] == "id"
    mapped(run(one), keeper)
    assert numbers() == {"1", "2", "3", "4", "5"}
    shop.sell(6)
    done = run(one)
    assert (done.rows, done.loaded, done.known) == (1, 1, 0)
    assert run(one).state == Run.State.NOTHING
    assert "after=2026-03-01T10:06:00%2B00:00" in api.asked[-1][0]
    assert {headers["authorization"] for _, headers in api.asked} == {"Bearer t0ken"}
    assert all("t0ken" not in path for path, _ in api.asked)


def test_a_row_with_the_very_last_value_that_comes_later_is_not_lost(
    shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.sell(1)
    one = connected(source, where_of(api), keeper)
    mapped(run(one), keeper)
    shop.orders.append(senders.order(2, updated_at=shop.orders[0]["updated_at"]))
    assert run(one).loaded == 1
    assert run(one).state == Run.State.NOTHING


def test_without_a_field_that_tells_what_is_new_all_is_compared(
    shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.sell(1, 2, 3)
    one = connected(source, where_of(api, since_field="", since_name=""), keeper)
    mapped(run(one), keeper)
    assert run(one).state == Run.State.NOTHING
    shop.sell(4)
    done = run(one)
    assert (done.rows, done.loaded, done.known) == (4, 1, 3)


def test_who_asks_too_much_waits_as_long_as_it_is_told(
    shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.sell(1)
    shop.spoilt = [Answered(status=429, headers={"retry-after": "7"}), Answered(status=500),
                   Answered({"data": {}}, cut=4)]  # fmt: skip
    one = connected(source, where_of(api), keeper)
    assert run(one).state == Run.State.WAITS
    assert [round(s) for s in api.slept if s > 0.5] == [7, 2, 4]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ([Answered(status=429, headers={"retry-after": "3600"})], "cannot answer now"),
        ([Answered(status=500)] * 9, "cannot answer now"),
        ([Answered(b'{"data": {"orders": [')] * 9, "cannot answer now"),
        ([Answered(b"<html>Login</html>")] * 9, "cannot answer now"),
        ([Answered(status=401)], "does not accept"),
        ([Answered(status=302, headers={"location": "http://169.254.169.254/"})], "answered 302"),
        ([Answered(status=404)], "answered 404"),
        ([Answered({"data": {"items": [{"a": 1}]}})], "data.items"),
    ],
)
def test_what_a_server_does_wrong_is_said_and_nothing_is_lost(
    spoilt: list[Answered], said: str, shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.sell(1)
    one = connected(source, where_of(api), keeper)
    mapped(run(one), keeper)
    shop.sell(2)
    shop.spoilt = list(spoilt)
    done = run(one)
    assert done.state == Run.State.FAILED
    assert said in done.problem["en"]
    assert "t0ken" not in str(done.problem)
    shop.spoilt = []
    assert run(one).loaded == 1
    assert numbers() == {"1", "2"}


def test_an_api_that_breaks_off_between_pages_has_brought_what_came_whole(
    shop: Shop, api: servers.Api, source: Source, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apis, "PIECE_ROWS", 2)
    shop.sell(1)
    one = connected(source, where_of(api), keeper)
    mapped(run(one), keeper)
    shop.sell(2, 3, 4, 5, 6)
    good, answered = shop.answer, iter(range(99))
    api.answer = lambda path, headers: (
        good(path, headers) if next(answered) < 2 else Answered(status=500)
    )
    assert run(one).state == Run.State.FAILED
    assert len(numbers()) > 1
    api.answer = good
    assert run(one).state == Run.State.LOADED
    assert numbers() == {str(n) for n in range(1, 7)}


@pytest.mark.parametrize("paging", ["page", "offset", "cursor", "link"])
def test_pages_in_a_circle_are_told_of(
    paging: str, api: servers.Api, shop: Shop, source: Source, keeper: User
) -> None:
    shop.sell(1, 2)
    api.answer = lambda path, headers: Answered(
        {"data": {"orders": shop.orders}, "meta": {"next": "again"}},
        headers={"link": '</orders?from=1>; rel="next"'},
    )
    done = run(connected(source, where_of(api, paging=paging, **WAYS[paging]), keeper))
    assert "circle" in done.problem["en"]
    assert len(api.asked) <= 3


def test_the_token_goes_to_no_other_host(
    api: servers.Api, shop: Shop, source: Source, keeper: User
) -> None:
    shop.sell(1)
    api.answer = lambda path, headers: Answered(
        {"data": {"orders": shop.orders}, "meta": {"next": "http://127.0.0.1:9/orders"}},
        headers={"link": '<http://127.0.0.1:9/orders>; rel="next"'},
    )
    for paging in ("cursor", "link"):
        place = Place(**{**where_of(api), "paging": paging, **WAYS[paging]})  # type: ignore[arg-type]
        with pytest.raises(Trouble, match="another host"):
            list(Asking(place, "t0ken").pages(""))


def test_no_address_is_asked_that_the_policy_does_not_let_out(
    api: servers.Api, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(settings, "EGRESS_ALLOW", "")
    for url in (api.url, "http://169.254.169.254/latest", "https://localhost/x", "ftp://x.example"):
        with pytest.raises(NotAllowed, match="may not be called"):
            apis.look(where_of(api, url=url), "t0ken")
    assert api.asked == []


def test_questions_keep_their_pace(api: servers.Api, shop: Shop, db: None) -> None:
    shop.sell(*range(1, 8))
    place = Place(**{**where_of(api), "per_minute": 30})  # type: ignore[arg-type]
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    list(Asking(place, "", sleep=sleep, clock=lambda: now[0]).pages(""))
    assert now[0] == 2 * (len(api.asked) - 1)  # the first at once, then one each two seconds


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("120", 120.0), ("Sun, 01 Mar 2026 10:02:00 GMT", 120.0), ("soon", None), ("", None),
     ("Sun, 01 Mar 2026 09:00:00 GMT", 0.0), ("-5", None)],
)  # fmt: skip
def test_how_long_to_wait_is_read_in_both_ways(given: str, seconds: float | None) -> None:
    assert asking.retry_after({"retry-after": given}, START) == seconds


def test_it_is_read_again_from_a_day_on(
    shop: Shop, api: servers.Api, source: Source, keeper: User
) -> None:
    shop.sell(1, 60 * 24, 60 * 25)
    one = connected(source, where_of(api), keeper)
    mapped(run(one), keeper)
    run(one)
    services.anew(one, since=(START + timedelta(days=1)).date(), by=keeper)
    assert run(one).known == 2


def test_a_saved_token_is_not_sent_to_another_host(
    api: servers.Api, source: Source, keeper: User
) -> None:
    one = connected(source, where_of(api), keeper)
    sent = {**where_of(api), "size": "", "name": "x", "every_minutes": 10}
    assert apis.ApiForm({**sent, "url": f"{api.url}/other"}, one).is_valid()
    moved = apis.ApiForm({**sent, "url": "https://evil.example/orders"}, one)
    assert "secret" in moved.errors
