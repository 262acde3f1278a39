"""Asking an HTTP API for page after page, patiently and not for ever.

Who asks too much is told so (429 and 503 with Retry-After) and waits; a fault, a broken line and
half an answer are asked for again a few times. Pages that come in a circle, or lead to another
host, end the reading with a word why.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from zhiyin.cleaning import documents
from zhiyin.cleaning.documents import NotDocuments
from zhiyin.collect.connections.problems import NotAllowed, Trouble
from zhiyin.connect import egress, policies
from zhiyin.connect.reasons import FailedError, RefusedError

MOST_PAGES = 10_000
TRIES = 4
MOST_WAIT_S = 60.0  # in all of a reading; who wants more is asked again at the next one
LIMITS = egress.Limits(connect_seconds=10, total_seconds=60, answer_bytes=32_000_000)
_NEXT = re.compile(r'<([^>]*)>\s*(?:;[^,]*)?;\s*rel="?(?:[^",]*\s)?next[\s",;]?', re.IGNORECASE)
_SAFE = "-._~!$'()*,:@/"


class Auth(StrEnum):
    """How we prove ourselves."""

    NONE = "none"
    BEARER = "bearer"
    BASIC = "basic"
    HEADER = "header"


class Paging(StrEnum):
    """How pages follow each other."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"


@dataclass(frozen=True)
class Place:
    """Which list of which API, as the form says it."""

    url: str
    auth: Auth = Auth.NONE
    auth_name: str = ""
    per_minute: int = 60
    paging: Paging = Paging.NONE
    page_name: str = ""
    size_name: str = ""
    size: int = 0
    next_path: str = ""
    list_path: str = ""
    since_field: str = ""
    since_name: str = ""
    lines: str = ""


@dataclass
class Asking:
    """One reading of an API. `sleep` and `clock` are the world's; a test holds them."""

    place: Place
    secret: str
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _waited: float = 0.0
    _last: float | None = None
    _seen: set[str] = field(default_factory=set)
    _most: int = 0  # rows of the largest page so far

    def pages(self, since: str) -> Iterator[object]:
        """The answers, one after the other, until one has no next; raises `Trouble`."""
        address: str | None = self._first(since)
        number, rows = 0, 0
        while address is not None:
            self._turn_back_in_a_circle(address)
            told, headers = self._answer(address)
            count = self._count(told)
            if number and not count:
                return  # the page after the last
            mark = _digest(told)
            if number and count and mark in self._seen:
                raise _circle()
            self._seen.add(mark)
            self._most = max(self._most, count)
            yield told
            number, rows = number + 1, rows + count
            if number >= MOST_PAGES:
                raise _circle()
            address = self._next(address, told, headers, number, rows, count)

    def _first(self, since: str) -> str:
        more: dict[str, str] = {}
        place = self.place
        if place.size_name and place.size:
            more[place.size_name] = str(place.size)
        if place.paging is Paging.PAGE:
            more[place.page_name] = "1"
        elif place.paging is Paging.OFFSET:
            more[place.page_name] = "0"
        if place.since_name and since:
            more[place.since_name] = since
        return _with(place.url, more)

    def _next(
        self, address: str, told: object, headers: Mapping[str, str], number: int, rows: int,
        count: int,
    ) -> str | None:  # fmt: skip
        """The address of the next page; None after the last."""
        place = self.place
        match place.paging:
            case Paging.NONE:
                return None
            case Paging.PAGE | Paging.OFFSET if count < self._most or not count:
                return None  # a page that is shorter than those before it is the last
            case Paging.PAGE:
                return _with(address, {place.page_name: str(number + 1)})
            case Paging.OFFSET:
                return _with(address, {place.page_name: str(rows)})
            case Paging.LINK:
                found = _NEXT.search(headers.get("link", ""))
                return self._here(urljoin(address, found[1])) if found else None
            case Paging.CURSOR:
                return self._by_cursor(address, told)

    def _by_cursor(self, address: str, told: object) -> str | None:
        try:
            given = documents.at(told, self.place.next_path)
        except NotDocuments:
            return None
        if not isinstance(given, str) or not given:
            return None
        if given.startswith(("http://", "https://", "/")) or not self.place.page_name:
            return self._here(urljoin(address, given))
        return _with(address, {self.place.page_name: given})

    def _here(self, address: str) -> str:
        """An address that the other side gave, where it leads to the same place as ours."""
        ours, theirs = urlsplit(self.place.url), urlsplit(address)
        if (ours.scheme, ours.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise Trouble(
                "下一页的地址指向另一台主机，未继续读取。",
                "The next page lies on another host; it was not asked for.",
            )
        return address

    def _turn_back_in_a_circle(self, address: str) -> None:
        if address in self._seen:
            raise _circle()
        self._seen.add(address)

    def _count(self, told: object) -> int:
        """How many rows a page has, as far as paging is concerned."""
        try:
            path = self.place.list_path
            listed = documents.at(told, path) if path else documents.only_list(told)
        except NotDocuments:
            return 0
        return len(listed) if isinstance(listed, list) else 0

    def _answer(self, address: str) -> tuple[object, Mapping[str, str]]:
        """One page, asked for until it comes whole."""
        for attempt in range(1, TRIES + 1):
            self._keep_pace()
            try:
                found = egress.send(
                    "GET", address, policy=policies.current(), headers=self._headers(),
                    limits=LIMITS,
                )  # fmt: skip
            except RefusedError as error:
                raise NotAllowed(
                    f"不允许访问这个地址：{error.reason.label}。"
                    "管理员可在 ZHIYIN_EGRESS_ALLOW 中开放。",
                    f"This address may not be called: {error.reason.label}. The operator can open "
                    "it in ZHIYIN_EGRESS_ALLOW.",
                ) from error
            except FailedError as error:
                self._wait(2.0 ** (attempt - 1), attempt, str(error.reason.label))
                continue
            if found.status in (429, 503):
                wait = retry_after(found.headers, datetime.now(UTC)) or 2.0 ** (attempt - 1)
                self._wait(wait, attempt, str(found.status))
            elif found.status >= 500:
                self._wait(2.0 ** (attempt - 1), attempt, str(found.status))
            elif found.status in (401, 403):
                raise Trouble(
                    f"对方不接受我们的令牌或密码（{found.status}）。",
                    f"The other side does not accept our token or password ({found.status}).",
                )
            elif found.status != 200:
                raise Trouble(
                    f"对方回答了 {found.status}，不是数据。请检查地址和参数。",
                    f"The other side answered {found.status} and no data. Check address and "
                    "parameters.",
                )
            else:
                try:
                    return documents.read(found.body), found.headers
                except NotDocuments:
                    self._wait(2.0 ** (attempt - 1), attempt, "JSON")
        raise AssertionError("the last try raises")

    def _wait(self, seconds: float, attempt: int, why: str) -> None:
        """Wait before the next try; raises where there is none."""
        if attempt == TRIES or self._waited + seconds > MOST_WAIT_S:
            raise Trouble(
                f"对方暂时不能回答（{why}），下次会再试。已读到的数据不会丢失。",
                f"The other side cannot answer now ({why}); it is tried again next time. Nothing "
                "that was read is lost.",
            )
        self._waited += seconds
        self.sleep(seconds)

    def _keep_pace(self) -> None:
        """No more questions a minute than were allowed."""
        now = self.clock()
        if self._last is not None:
            apart = 60.0 / max(self.place.per_minute, 1)
            if (early := self._last + apart - now) > 0:
                self.sleep(early)
                now += early
        self._last = now

    def _headers(self) -> dict[str, str]:
        headers = {"accept": "application/json"}
        match self.place.auth:
            case Auth.BEARER:
                headers["authorization"] = f"Bearer {self.secret}"
            case Auth.BASIC:
                pair = f"{self.place.auth_name}:{self.secret}".encode()
                headers["authorization"] = "Basic " + base64.b64encode(pair).decode()
            case Auth.HEADER:
                headers[self.place.auth_name.lower()] = self.secret
        return headers


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the other side asks to be spared, whichever of its two ways it says so in
    (RFC 9110, 10.2.3); None where it says nothing that can be read."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _with(address: str, more: Mapping[str, str]) -> str:
    """The address with these parameters, in place of those of the same names."""
    parts = urlsplit(address)
    kept = [one for one in parse_qsl(parts.query, keep_blank_values=True) if one[0] not in more]
    query = urlencode([*kept, *more.items()], safe=_SAFE)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _digest(told: object) -> str:
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def _circle() -> Trouble:
    return Trouble(
        "分页在绕圈：同一页又出现了。请检查分页参数。",
        "The pages go in a circle: one came again. Check the parameters of paging.",
    )
