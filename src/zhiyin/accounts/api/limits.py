"""So many requests a minute for each user, so that a loop gone wild does not slow everybody down.

Counted in PostgreSQL, so that all server processes count together; in an unlogged table, so that
counting never waits for the disk. All tokens of a user and all their browsers count as one. Every
answer tells what is left, in the words of draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from zhiyin.accounts import challenge
from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Problem
from zhiyin.accounts.models import RequestCount

WINDOW = 60  # seconds
POLICY, LEFT = "RateLimit-Policy", "RateLimit"
_KEPT_FOR = 3600


class LimitMiddleware:
    """Around every request of the API by somebody who is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Count it; answer 429 where it is one too many."""
        if not challenge.is_api(request) or not request.user.is_authenticated:
            return self.get_response(request)
        now, most = int(time.time()), settings.API_REQUESTS_A_MINUTE
        left = most - counted(request.user.pk, now // WINDOW)
        wait = WINDOW - now % WINDOW
        response = self.get_response(request) if left >= 0 else _too_many(wait)
        response.headers[POLICY] = f'"user";q={most};w={WINDOW}'
        response.headers[LEFT] = f'"user";r={max(0, left)};t={wait}'
        return response


def counted(user: UUID, window: int) -> int:
    """Count one more request; how many there were in this window, this one included."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_requestcount as c ("user", "window", requests)
            values (%(user)s, %(window)s, 1)
            on conflict ("user") do update set "window" = %(window)s,
                requests = case when c."window" = %(window)s then c.requests + 1 else 1 end
            returning requests
            """,
            {"user": user, "window": window},
        )
        (found,) = cursor.fetchone() or (1,)
    return int(found)


def forget(now: float) -> None:
    """Throw away counts of those who no longer ask."""
    RequestCount.objects.filter(window__lt=int(now - _KEPT_FOR) // WINDOW).delete()


def _too_many(wait: int) -> HttpResponse:
    detail = {
        "zh": f"请求太频繁，请在 {wait} 秒后重试",
        "en": f"Too many requests; try again in {wait} s",
    }
    answer = problems.answer(Problem(429, detail))
    answer.headers["Retry-After"] = str(wait)
    return answer
