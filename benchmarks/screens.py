"""Lists, search and records with a million customers, 200,000 companies, 5 million activities.

    python -m benchmarks.screens --customers 1000000

A workspace is filled (see `benchmarks.million`), the real server is started with two workers, and
people click through it: 20 at once, each waiting a second on average between clicks; then 50 at
once, who think as long as TPC-W has them (exponentially, 7 seconds on average, 70 at most); then 50
in a hurry, each waiting two and a half. Times are taken twice: by the client on the same machine,
from the request to the last byte, and by the server (see `benchmarks.served`). The load generator
shares the two cores and, being Python, one interpreter among all its users: the client's times are
too long by what its own threads wait for each other. A last run of 20 without any pause says how
many pages a second fit. Some pages are asked by a salesperson, from whom row-level security holds
rows back. After the clicks, one field of 10,000 rows is changed at once (see
`benchmarks.many_rows`).

The peers, on the same rows in the same run: what Django's own list would ask (`count()`, OFFSET
paging and `icontains` over name, e-mail and phone), timed alone, without rendering, by one user;
and Django's admin (see `benchmarks.admin`), served in the same way and clicked by the same 50.
"""

from __future__ import annotations

import html
import http.client
import os
import random
import re
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID

from benchmarks.around import SALESPERSON
from benchmarks.figures import figure
from benchmarks.many_rows import changed
from benchmarks.processes import cpu_seconds
from benchmarks.serving import WORKERS, Server, filled, on_workspace, signed_in, worker

ROUNDS = 30  # clicks of each user
PEER_ROUNDS = 1  # of each user of the admin, whose pages take seconds
MOST_QUERIES = 15
PEER_REPEATS = 3
_BORDERS = ("BEGIN", "COMMIT")
OWN = "own_"  # kinds of page asked by a salesperson, from whom row-level security holds rows back
KEPT_S = 4  # the server closes a connection that was idle for five seconds
TOKEN = "b" * 32  # for the CSRF check: cookie and header must agree

Pages = dict[str, list[str]]
Took = tuple[float, float]  # milliseconds by the server and by the client
Times = dict[str, list[Took]]
Cookies = tuple[str, str]  # of an administrator's session, and of a salesperson's


@dataclass(frozen=True)
class Crowd:
    """So many people at once, who pause between clicks."""

    name: str
    users: int
    pause: Callable[[random.Random], float]  # seconds
    thinking: str
    target_ms: int


TWENTY = Crowd("", 20, lambda dice: dice.uniform(0.5, 1.5), "1 s", 100)
FIFTY = Crowd("fifty.", 50, lambda dice: min(70, dice.expovariate(1 / 7)), "7 s, as in TPC-W,", 80)
BRISK = Crowd("brisk.", 50, lambda dice: dice.uniform(1.5, 3.5), "2.5 s", 80)
HURRIED = Crowd("hurried.", 20, lambda dice: 0, "nothing", 0)


def pages() -> Pages:
    """The addresses that are clicked, by kind."""
    from zhiyin.customers.models import Customer
    from zhiyin.customers.objects import CUSTOMER
    from zhiyin.objects.keyset import mark_of, order_of

    count = Customer.objects.count()
    deep = Customer.objects.order_by("-revenue", "id")[count // 2]
    mark = mark_of(deep, order_of(CUSTOMER, "-revenue")).encode()
    people = list(
        Customer.objects.exclude(email="").order_by("number")[:: max(1, count // 40)][:40]
    )
    chinese = [one for one in people if one.name and not one.name.isascii()]
    phones = [one.phone[-8:] for one in people if len(one.phone) > 10]
    here = "/customers/"
    return {
        "list": [here],
        "list_filtered": [f"{here}?set=1&tier=gold&rfm=at_risk", f"{here}?set=1&risk=50",
                          f"{here}?set=1&country=China&sort=-churn_risk"],
        "list_deep": [f"{here}?after={mark}&from={count // 2}"],
        "search_chinese": [f"{here}?q={quote(one.name)}" for one in chinese[:8]],
        "search_pinyin": [f"{here}?q=wangxiao", f"{here}?q=zhangwei", f"{here}?q=lixue"],
        "search_phone": [f"{here}?q={part}" for part in phones[:8]],
        "search_email": [f"{here}?q={quote(one.email.split('@')[0])}" for one in people[:8]],
        "customer": [f"{here}{one.pk}/" for one in people],
        "palette": [f"/console/palette?q={quote(one.name[:n])}" for one in chinese[:4]
                    for n in range(1, 4)] + [f"/console/palette?q={part}" for part in phones[:4]],
        "save": [f"{here}{one.pk}/facts/city" for one in people],
        "list_nested": [f"{here}?set=1&where={quote(tree)}" for tree in _of_companies()],
        "companies": ["/companies/", "/companies/?set=1&industry=retail",
                      "/companies/?sort=-headcount", f"/companies/?q={quote('瑞诚')}"],
        "company": [f"/companies/{pk}/" for pk in _companies()],
        f"{OWN}list": [here, f"{here}?set=1&tier=gold"],
        f"{OWN}search": [f"{here}?q={quote(one.name[:2])}" for one in chinese[:8]],
    }  # fmt: skip


def _of_companies() -> list[str]:
    """Conditions on the company that a customer belongs to: one attribute, and two beside one."""
    from zhiyin.objects.conditions import All, Any, Has, Is, Node, write
    from zhiyin.objects.definitions import Operator

    retail = Is("industry", Operator.IS, ("retail",))
    large = Any((Is("size", Operator.IS, ("large",)), Is("size", Operator.IS, ("huge",))))
    trees: tuple[Node, ...] = (
        Has("company", retail),
        All((Is("tier", Operator.IS, ("gold",)), Has("company", All((retail, large))))),
    )
    return [write(tree) for tree in trees]


def _companies() -> list[UUID]:
    """The largest two, and some of every size."""
    from zhiyin.customers.models import Company

    found = Company.objects.order_by("-headcount", "id").values_list("pk", flat=True)
    return [*found[:2], *found[2 :: max(1, found.count() // 20)][:20]]


def admin_pages(ours: Pages) -> Pages:
    """The same clicks in Django's admin."""
    here = "/admin/customers/customer/"
    asked = {kind: [one.partition("q=")[2] for one in ours[f"search_{kind}"]]
             for kind in ("chinese", "phone", "email")}  # fmt: skip
    half = int(ours["list_deep"][0].partition("from=")[2])
    return {
        "list": [here],
        "list_filtered": [f"{here}?tier=gold&rfm_segment=at_risk"],
        "list_deep": [f"{here}?p={half // 50}"],
        **{f"search_{kind}": [f"{here}?q={one}" for one in found] for kind, found in asked.items()},
        "customer": [f"{here}{one.split('/')[2]}/change/" for one in ours["customer"]],
    }


def clicked(
    port: int, cookies: Cookies, wanted: Pages, rounds: int, crowd: Crowd, *, peer: bool = False
) -> Times:
    """All users at once; milliseconds of every answer by kind of page. A peer may fail at some."""
    times: Times = defaultdict(list)
    wrong: list[str] = []

    def one_user(number: int) -> None:
        dice = random.Random(number)
        desks = [Desk(port, cookie) for cookie in cookies]
        for _ in range(rounds):
            time.sleep(crowd.pause(dice))
            kind = dice.choice(list(wanted))
            address, desk = dice.choice(wanted[kind]), desks[kind.startswith(OWN)]
            status, took = desk.save(address) if kind == "save" else desk.get(address)
            times[kind].append(took)
            if status != 200:
                wrong.append(f"{status} {address}")

    threads = [threading.Thread(target=one_user, args=(number,)) for number in range(crowd.users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong and peer:
        print(f"    {len(wrong)} answers of the peer were not 200", file=sys.stderr, flush=True)
    elif wrong:
        raise SystemExit(f"{len(wrong)} answers were not 200, the first: {wrong[0]}")
    return times


class Desk:
    """One user's browser: a connection that is kept, and a session."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._last = 0.0
        self._headers = {"Cookie": f"{cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN,
                         "HX-Request": "true"}  # fmt: skip

    def get(self, address: str) -> tuple[int, Took]:
        """Status and milliseconds of a page."""
        headers = {"Cookie": self._headers["Cookie"]}
        status, _, took = self._asked("GET", address, None, headers)
        return status, took

    def save(self, address: str) -> tuple[int, Took]:
        """Open a field, write the same into it with a letter more or less, and time the saving."""
        status, form, _ = self._asked("GET", f"{address}?edit=1", None, self._headers)
        if status != 200:
            return status, (0.0, 0.0)
        found = {name: _attribute(form, name) for name in ("version", "before")}
        given = found["before"]
        value = given[:-1] if given.endswith("a") else f"{given}a"
        body = urlencode({**found, "value": value})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, took = self._asked("POST", address, body, {**self._headers, **kind})
        # Somebody else was quicker and the product said so: that is an answer too.
        return 200 if status == 409 else status, took

    def _asked(
        self, method: str, address: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, str, Took]:
        begun = time.perf_counter()
        if begun - self._last > KEPT_S:
            self._connection.close()
        self._connection.request(method, address, body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        self._last = time.perf_counter()
        ours = 1000 * (self._last - begun)
        said = answer.headers["Server-Timing"].partition("dur=")[2]
        return answer.status, text.decode(), (float(said), ours)


def _attribute(form: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', form)
    return html.unescape(found[1]) if found else ""


def queries(cookies: Cookies, wanted: Pages) -> dict[str, int]:
    """How many queries the database is sent for one page of each kind, the most of three; the
    borders of transactions are none."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    most: dict[str, int] = {}
    for kind, addresses in wanted.items():
        name, _, value = cookies[kind.startswith(OWN)].partition("=")
        client.cookies[name] = value
        for address in addresses[:3]:
            client.get(address)  # what is cached for a day or a minute is cached now
            with CaptureQueriesContext(connection) as seen:
                client.get(address)
            if os.environ.get("ZHIYIN_BENCH_EXPLAIN"):
                for query in sorted(seen.captured_queries, key=lambda q: -float(q["time"])):
                    if float(query["time"]) > 0.008:
                        print(kind, query["time"], query["sql"][:1500], file=sys.stderr)
            asked = [one for one in seen.captured_queries if one["sql"] not in _BORDERS]
            most[kind] = max(most.get(kind, 0), len(asked))
    return most


def naive() -> dict[str, float]:
    """The peer: milliseconds of the same pages asked in the obvious way."""
    from django.db.models import Q

    from zhiyin.customers.models import Customer

    def shown(offset: int = 0, question: str = "", **filters: str) -> None:
        found = Customer.objects.select_related("owner", "department").filter(**filters)
        if question:
            found = found.filter(
                Q(name__icontains=question) | Q(email__icontains=question)
                | Q(phone__icontains=question)
            )  # fmt: skip
        found.count()
        list(found.order_by("-revenue", "id")[offset : offset + 50])

    half = Customer.objects.count() // 2
    asked: dict[str, Callable[[], None]] = {
        "list": shown,
        "list_filtered": lambda: shown(tier="gold", rfm_segment="at_risk"),
        "list_deep": lambda: shown(offset=half),
        "search_chinese": lambda: shown(question="王小"),
        "search_phone": lambda: shown(question="12345"),
        "search_email": lambda: shown(question="wei.wang"),
    }
    return {name: min(_timed(ask) for _ in range(PEER_REPEATS)) for name, ask in asked.items()}


def _timed(ask: Callable[[], None]) -> float:
    begun = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - begun)


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def _served(times: list[Took]) -> float:
    return _p95([by_server for by_server, _ in times])


def report(times: Times, crowd: Crowd, customers: int, peer: str, theirs: dict[str, float]) -> None:
    """The server's p95 of every kind of page beside the peer's, with the client's."""
    for kind, found in sorted(times.items()):
        served, seen = zip(*found, strict=True)
        p95, other = _p95(served), theirs.get(kind)
        figure(
            f"screens.{crowd.name}{kind}.p95", p95, "ms", peer if other else None, other,
            other / p95 if other else None, customers,
            f"median {statistics.median(served):.0f} ms; by the client {_p95(seen):.0f}, median "
            f"{statistics.median(seen):.0f} ms; {len(found)} requests by {crowd.users} users with "
            f"{crowd.thinking} between clicks, target {crowd.target_ms} ms",
        )  # fmt: skip


def measure(data: Path, customers: int) -> None:
    """Fill the workspace where it is not yet, then click."""
    from zhiyin.cli.serve import free_port

    with filled(data, customers):
        database = int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        cookies, wanted = (signed_in(), signed_in(SALESPERSON)), pages()
        counted = queries(cookies, wanted)
        figure("screens.most_queries", max(counted.values()), "queries", n=customers,
               note=f"a page, target at most {MOST_QUERIES}; {counted}")  # fmt: skip
        peer = naive()
        port = free_port("127.0.0.1", 8700)
        with Server(port) as server:
            clicked(port, cookies, wanted, 3, HURRIED)  # first compilation of templates
            before = server.cpu_seconds(), cpu_seconds(database)
            times = clicked(port, cookies, wanted, ROUNDS, TWENTY)
            used = server.cpu_seconds() - before[0], cpu_seconds(database) - before[1]
            many = clicked(port, cookies, wanted, ROUNDS, FIFTY)
            brisk = clicked(port, cookies, wanted, ROUNDS, BRISK)
            begun = time.perf_counter()
            pressed = clicked(port, cookies, wanted, ROUNDS // 3, HURRIED)
            seconds = time.perf_counter() - begun
            with worker():
                many_rows = changed(port, cookies[0])
        with Server(port, "benchmarks.admin.settings"):
            admin = _of_the_admin(port, cookies, admin_pages(wanted))
    report(times, TWENTY, customers, "naive ORM, queries alone, one user", peer)
    report(many, FIFTY, customers, "Django admin, the same users",
           {kind: _served(found) for kind, found in admin.items()})  # fmt: skip
    report(brisk, BRISK, customers, "", {})
    figure("screens.change_many", many_rows.change_s, "s", n=many_rows.rows,
           note=f"confirmed to done; preview {many_rows.preview_s:.1f} s; progress seen to move "
           f"{many_rows.steps} times; {customers:,} customers; target 10 s")  # fmt: skip
    clicks = sum(map(len, times.values()))
    figure("screens.cpu_a_page", 1000 * sum(used) / clicks, "ms", n=customers,
           note=f"all kinds of page; web {1000 * used[0] / clicks:.1f} ms, PostgreSQL "
           f"{1000 * used[1] / clicks:.1f} ms")  # fmt: skip
    answers = [one for found in pressed.values() for one in found]
    figure("screens.pages_a_second", len(answers) / seconds, "1/s", n=customers,
           note=f"{HURRIED.users} users without a pause, {WORKERS} workers, all kinds of page; p95 "
           f"{_served(answers):.0f} ms, client on the same cores")  # fmt: skip


def _of_the_admin(port: int, cookies: Cookies, asked: Pages) -> Times:
    """The peer's clicks, of which some may fail; nothing that it does loses figures of ours."""
    try:
        clicked(port, cookies, {"customer": asked["customer"]}, 1, HURRIED, peer=True)
        return clicked(port, cookies, asked, PEER_ROUNDS, FIFTY, peer=True)
    except (OSError, http.client.HTTPException) as error:
        print(f"    the peer failed: {error}", file=sys.stderr, flush=True)
        return {}


if __name__ == "__main__":
    on_workspace(measure, quick=100_000)
