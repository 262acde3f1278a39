"""The door of every route: which permission it needs, said beside the view and checked before it.

    @gate("customer.see", write="customer.change")
    def customer(request, customer_id): ...

A route without a gate is refused, so forgetting one closes a door instead of opening it. The gate
asks for the permission only; which rows and fields, the view's service asks access.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.urls import ResolverMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.operation import PathView
from ninja.utils import check_csrf

from zhiyin.accounts import access, challenge, doors, policy_changes, row_security, seat
from zhiyin.accounts.api import problems
from zhiyin.accounts.api.problems import Problem
from zhiyin.accounts.models import User
from zhiyin.accounts.seat import Seat
from zhiyin.accounts.token_scopes import permits_request

View = TypeVar("View", bound=Callable[..., object])
_MARK = "zhiyin_gate"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class Gate:
    """What a route asks for: a permission to read, one to write; None is open to everybody. `also`
    is what single fields or rows of it need besides: a token can be narrowed to that, too."""

    read: str | None
    write: str | None
    also: tuple[str, ...] = ()

    def permission(self, method: str) -> str | None:
        return self.read if method in _SAFE else self.write


def gate(
    permission: str, *, write: str | None = None, also: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Mark a view with the permission it needs; `write` is asked instead on POST and the like."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Gate(permission, write or permission, also))
        return view

    return mark


def public(view: View) -> View:
    """Mark a view that needs no sign-in. There are few: sign-in, health, unsubscribe."""
    setattr(view, _MARK, Gate(None, None))
    return view


def gate_of(match: ResolverMatch, method: str) -> Gate | None:
    """The gate of the route that an address resolved to; None where nobody gave it one."""
    return gate_for(match.func, match.url_name, method)


def gate_for(view: Callable[..., object], url_name: str | None, method: str) -> Gate | None:
    """The gate of a view under its url name."""
    if (path_view := endpoint_of(view)) is not None:
        return _gate_of_endpoint(path_view, method)
    found = getattr(view, _MARK, None) or getattr(getattr(view, "view_class", None), _MARK, None)
    if isinstance(found, Gate):
        return found
    door = doors.DOORS.get(url_name or "")
    if door in (None, doors.Door.CLOSED) or not doors.is_from_outside(view):
        return None
    return Gate(None, None) if door is doors.Door.PUBLIC else Gate(doors.OWN, doors.OWN)


def endpoint_of(view: Callable[..., object]) -> PathView | None:
    """Ninja's endpoint behind a view; ninja wraps it in a closure and marks it nowhere."""
    if getattr(view, "__module__", "") != "ninja.operation":
        return None
    found = inspect.getclosurevars(view).nonlocals.get("self")
    return found if isinstance(found, PathView) else None


def _gate_of_endpoint(path_view: PathView, method: str) -> Gate | None:
    operations = [o for o in path_view.operations if method in o.methods]
    # A method that no operation takes is answered 405 by ninja: any gate of the path will do.
    gates = {getattr(o.view_func, _MARK, None) for o in operations or path_view.operations}
    found = gates.pop() if len(gates) == 1 or not operations else None
    return found if isinstance(found, Gate) else None


class GateMiddleware:
    """Lets a request through to its view, or answers 401, 403, 404 or the way to the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with seat.seated(seat.NOBODY):
            policy_changes.refresh_if_old()
            response = self.get_response(request)
            if isinstance(response, StreamingHttpResponse) and not isinstance(
                response, FileResponse
            ):
                pieces = iter(response)
                response.streaming_content = _seated(pieces, seat.current())
            return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or doors.is_closed(match.func, match.url_name):
            raise Http404
        found = gate_of(match, request.method or "GET")
        if found is None:
            return self._refuse(request, 403, _("This page has no access rule yet."))
        permission = found.permission(request.method or "GET")
        if permission is None:
            return None
        if not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        token = challenge.token_of(request)
        if token is not None and not permits_request(
            token.scopes, permission, safe=request.method in _SAFE
        ):
            return challenge.narrow(permission)
        if not access.allowed(request.user, permission):
            return self._refuse(request, 403, _("Your role does not allow this."))
        if token is None and endpoint_of(match.func) and check_csrf(request) is not None:
            # Ninja exempts its views from the check of Django's middleware.
            return self._refuse(request, 403, _("The CSRF token is missing or wrong."))
        assert isinstance(request.user, User)
        seat.sit(partial(row_security.seat_of, request.user))
        return None

    def _ask_to_sign_in(self, request: HttpRequest) -> HttpResponseBase:
        if challenge.is_api(request):
            return challenge.sign_in()
        if request.headers.get("HX-Request"):
            # A fragment cannot hold the sign-in page: the whole window goes there.
            return HttpResponse(status=204, headers={"HX-Redirect": _login_url(request)})
        return redirect_to_login(_page_of(request))

    def _refuse(self, request: HttpRequest, status: int, reason: Promise) -> HttpResponseBase:
        if not challenge.is_api(request):
            raise PermissionDenied(str(reason))
        return problems.answer(Problem(status, problems.in_both(reason)))


def _seated(content: Iterator[bytes], taken: Seat) -> Iterator[bytes]:
    """A stream is read after the gate has closed: each piece under the seat of its request."""
    while True:
        with seat.seated(taken):
            piece = next(content, None)
        if piece is None:
            return
        yield piece


def _page_of(request: HttpRequest) -> str:
    """Where to go on after the sign-in: what was asked for, or the page that a form was sent from,
    since the address of a form may be none that can be looked at.
    """
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path


def _login_url(request: HttpRequest) -> str:
    current = request.headers.get("HX-Current-URL", "/")
    return redirect_to_login(current).headers["Location"]
