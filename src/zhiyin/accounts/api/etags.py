"""`ETag` on what the API reads, so that who has it already is told so in a few bytes (304).

The tag is a digest of the answer as this asker gets it: figures and predictions change without a
new version of their record, and two askers may see different fields, so a version alone would not
tell two answers apart. The tag of one record begins with its state, for `If-Match`
(see preconditions.py); the answer to a write carries it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from zhiyin.accounts import challenge
from zhiyin.accounts.api import preconditions


class EtagMiddleware:
    """Around every read of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Tag a good answer; answer 304 to who names its tag."""
        response = self.get_response(request)
        if (
            response.status_code not in (200, 201)
            or not challenge.is_api(request)
            or not isinstance(response, HttpResponse)
        ):
            return response
        state = preconditions.told(request)
        if request.method != "GET" and state is None:
            return response
        digest = hashlib.sha256(response.content).hexdigest()[:32]
        etag = f'"{state}.{digest}"' if state else f'"{digest}"'
        if request.method != "GET":
            response.headers["ETag"] = etag
            return response
        response.headers["ETag"] = etag
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return get_conditional_response(request, etag=etag, response=response) or response
