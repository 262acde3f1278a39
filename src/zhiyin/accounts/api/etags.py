"""`ETag` on what the API reads, so that who has it already is told so in a few bytes (304).

The tag is a digest of the answer as this asker gets it: figures and predictions change without a
new version of their record, and two askers may see different fields, so a version alone would not
tell two answers apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from zhiyin.accounts import challenge


class EtagMiddleware:
    """Around every read of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Tag a good answer; answer 304 to who names its tag."""
        response = self.get_response(request)
        if (
            request.method != "GET"
            or response.status_code != 200
            or not challenge.is_api(request)
            or not isinstance(response, HttpResponse)
        ):
            return response
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response.headers["ETag"] = etag
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return get_conditional_response(request, etag=etag, response=response) or response
