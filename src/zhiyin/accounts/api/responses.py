"""Which answers an endpoint can give: its own, and the problems that any endpoint may meet."""

from __future__ import annotations

from typing import Any

from zhiyin.accounts.api.problems import ProblemOut

_ALWAYS = (401, 403, 422, 429)


def answers(schema: Any, *more: int, status: int = 200) -> dict[int, Any]:
    """`response=` of an endpoint; `more` are the statuses that only some can answer."""
    problems = dict.fromkeys(sorted({*_ALWAYS, *more}), ProblemOut)
    return {status: schema, **problems}


ROW = (404,)
BODY = (400,)
MATCH = (412,)  # the operation takes If-Match
