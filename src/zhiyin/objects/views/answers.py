"""How views of this room answer: who asks, what they ask for, and where they came from."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from zhiyin.accounts.models import User
from zhiyin.objects.definitions import Asked, ObjectType
from zhiyin.objects.listing import Listing


def signed_in(request: HttpRequest) -> User:
    """Who asks; the gate has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def asked_by(request: HttpRequest, of: ObjectType) -> Asked:
    """Who asks, and the day that the object counts from."""
    return Asked(signed_in(request), of.as_of())


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a piece of a page is asked for, not a page."""
    return bool(request.headers.get("HX-Request"))


def posted_listing(request: HttpRequest, of: ObjectType) -> Listing:
    """The list that a form was sent from."""
    return Listing.of_address(of, QueryDict(request.POST.get("query", "").lstrip("?")))


def back_to_list(request: HttpRequest, of: ObjectType) -> str:
    """The address of the list that a form was sent from."""
    query = QueryDict(request.POST.get("query", "").lstrip("?"))
    return f"{reverse(of.plural_name)}?{query.urlencode()}"


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that a form names, else another."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if target and safe else otherwise


def address(name: str, *args: object) -> str:
    """Where a route is; empty where the object has none of this name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def record_address(of: ObjectType, row_id: object, /, **more: str) -> str:
    """The page of one row, with what it needs to walk the list."""
    query = urlencode({key: value for key, value in more.items() if value})
    return f"{reverse(of.name, args=[row_id])}{f'?{query}' if query else ''}"
