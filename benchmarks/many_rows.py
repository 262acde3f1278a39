"""One field of ten thousand customers changed as a person does it: chosen, previewed, confirmed.

The seconds run from the confirmation to the moment in which the screen says that it is done; the
worker does it in the background, and the screen is asked for its progress four times a second.
"""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.around import MAILING

PATIENCE_S = 300
TOKEN = "c" * 32  # for the CSRF check: cookie and field must agree


@dataclass(frozen=True)
class Changed:
    """How long the preview and the change took, and how often its progress was seen to move."""

    rows: int
    preview_s: float
    change_s: float
    steps: int


def changed(port: int, cookie: str) -> Changed:
    """Set the job title of everybody with the tag to one that nobody has yet."""
    screen = _Screen(port, cookie)
    begun = time.perf_counter()
    query = urlencode({"set": "1", "tag": MAILING})
    title = f"经理 {time.time_ns()}"
    where = screen.sent("/customers/edit", all="1", query=query, field="job_title",
                        **{"value-job_title": title})  # fmt: skip
    shown = screen.got(where)
    preview = time.perf_counter() - begun
    rows = int(re.sub(r"\D", "", re.search(r'<b class="strong">([\d,]+)</b>', shown)[1]))  # type: ignore[index]
    begun = time.perf_counter()
    screen.sent(where)
    seen = set()
    work = re.search(r'hx-get="(/account/work/[^"]+)"', screen.got(where))
    while work is not None and time.perf_counter() - begun < PATIENCE_S:
        shown = screen.got(work[1])
        if f'hx-get="{work[1]}"' not in shown:  # no longer asked for again: it is over
            break
        seen.add(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", shown)))
        time.sleep(0.25)
    took = time.perf_counter() - begun
    from zhiyin.customers.models import Customer

    really = Customer.objects.filter(job_title=title).count()
    if really != rows:
        raise SystemExit(f"{rows} rows were to change and {really} did")
    return Changed(rows, preview, took, len(seen))


class _Screen:
    """One user's browser, which follows where it is sent."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Cookie": f"{cookie}; csrftoken={TOKEN}"}

    def got(self, address: str) -> str:
        """A page."""
        self._connection.request("GET", address, None, self._headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} {address}")
        return text

    def sent(self, address: str, **fields: str) -> str:
        """Send a form; returns where it leads."""
        body = urlencode({**fields, "csrfmiddlewaretoken": TOKEN})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", address, body, {**self._headers, **kind})
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise SystemExit(f"{answer.status} instead of a way on from {address}")
        return answer.headers["Location"]
