"""An error says what happened and what to do; to htmx it answers a piece, not a page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory

from zhiyin.console import errors


def asked(*, by_htmx: bool = False) -> HttpRequest:
    headers = {"HX-Request": "true"} if by_htmx else {}
    made = RequestFactory().get("/nowhere", headers=headers)
    made.user = AnonymousUser()
    return made


def test_each_error_has_a_page_with_a_way_on() -> None:
    answers = {
        400: errors.bad_request(asked(), ValueError()),
        403: errors.forbidden(asked(), PermissionDenied()),
        404: errors.not_found(asked(), Http404()),
        500: errors.server_error(asked()),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert 'href="/"' in answer.content.decode()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_htmx_gets_a_piece_that_fits_into_the_page(status: int) -> None:
    request = asked(by_htmx=True)
    answer = {
        403: lambda: errors.forbidden(request, PermissionDenied()),
        404: lambda: errors.not_found(request, Http404()),
        500: lambda: errors.server_error(request),
    }[status]()
    page = answer.content.decode()
    assert "<html" not in page
    assert 'role="alert"' in page
