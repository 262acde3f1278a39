"""What a server refuses, as exceptions: one class for each thing a caller can do about it."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct):
    """What is wrong with one field, in both languages."""

    field: str
    zh: str
    en: str


class Refusal(msgspec.Struct):
    """The problem (RFC 9457) that the server answered."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]


class ApiError(Exception):
    """The server refused; `problem` says why, in the language that was asked for."""

    def __init__(
        self, status: int, problem: Refusal | None, text: str = "", wait: int | None = None
    ) -> None:
        super().__init__(f"{status}: {problem.detail if problem else text}")
        self.status = status
        self.problem = problem
        self.retry_after = wait  # seconds, where the server names them

    @property
    def fields(self) -> dict[str, Fault]:
        """The fields at fault."""
        return {one.field: one for one in self.problem.errors} if self.problem else {}


class NotSignedIn(ApiError):
    """401: the token opens nothing (any more)."""


class NotAllowed(ApiError):
    """403: the role or the scopes of the token do not allow this."""


class NotFound(ApiError):
    """404: there is no such thing, or not for you."""


class InConflict(ApiError):
    """409: the present state does not allow this; read again."""


class ChangedMeanwhile(ApiError):
    """412: somebody wrote in the record since it was read with this `etag`."""


class Invalid(ApiError):
    """422: some values cannot be used; `fields` names them."""


class TooManyRequests(ApiError):
    """429: ask again after `retry_after` seconds."""


class ServerError(ApiError):
    """5xx: the server failed; with an idempotency key the request can be sent again."""


class NoConnection(Exception):
    """The server could not be reached, or did not answer in time."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: NotSignedIn, 403: NotAllowed, 404: NotFound, 409: InConflict, 412: ChangedMeanwhile,
    422: Invalid, 429: TooManyRequests,
}  # fmt: skip


def error_of(status: int, body: bytes, wait: int | None) -> ApiError:
    """The exception for an answer that is none of the good ones."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    try:
        return kind(status, msgspec.json.decode(body, type=Refusal), wait=wait)
    except msgspec.MsgspecError:
        return kind(status, None, "no problem was told", wait)
