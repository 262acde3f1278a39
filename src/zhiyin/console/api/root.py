"""The HTTP API, gathered from the rooms: /api/v1.

Every endpoint carries a gate (accounts.gate) and asks the same policy as the screens. The one who
asks is known by an access token, or by the session of the browser, whose writes need a CSRF token.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import override
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer, SessionAuth

from zhiyin.accounts.api import me, problems, selection
from zhiyin.accounts.api.faults import faults_of
from zhiyin.accounts.api.problems import Problem
from zhiyin.accounts.api.requests import StrictParser
from zhiyin.accounts.challenge import token_of
from zhiyin.accounts.models import AccessToken
from zhiyin.collect import api as collect
from zhiyin.collect.plan import api as plans
from zhiyin.connect import api as connect
from zhiyin.console.api import openapi
from zhiyin.customers.api import activity, bulk, companies, identity, models, people, segments
from zhiyin.engage import api as engage
from zhiyin.files import api as files
from zhiyin.objects.api import views
from zhiyin.talk import api as talk

FILE = Path(__file__).resolve().parents[4] / "docs" / "openapi.json"


class Api(NinjaAPI):
    """Ninja's API whose description also knows our problems and the segment language, and whose
    answers hold the fields that were asked for."""

    def create_response(
        self, request: HttpRequest, data: Any, *, status: int | None = None,
        temporal_response: HttpResponse | None = None,
    ) -> HttpResponse:  # fmt: skip
        wanted = selection.chosen(request)
        told = temporal_response.status_code if temporal_response is not None else status
        if wanted is not None and told == 200:
            data = selection.narrowed(data, wanted)
        return super().create_response(
            request, data, status=status, temporal_response=temporal_response
        )

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        found = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        openapi.complete(found)
        return found


class Token(HttpBearer):
    """For the description: the token itself was read before the gate (accounts.bearer)."""

    def authenticate(self, request: HttpRequest, token: str) -> AccessToken | None:
        return token_of(request)


api = Api(
    title="Zhiyin 知音",
    version="1",
    description=openapi.ABOUT,
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
    auth=[Token(), SessionAuth()],
    parser=StrictParser(),
)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problems.answer(problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problems.answer(Problem(422, faults=faults_of(error.errors)))


@api.exception_handler(PermissionDenied)
def _denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problems.answer(Problem(403))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.answer(Problem(404))


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problems.answer(Problem(401))


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses; it wraps what our parser says about a body."""
    said = error.__cause__ or error.__context__
    if isinstance(said, Problem):
        return problems.answer(said)
    return problems.answer(Problem(error.status_code))


for router in (
    me.router, bulk.router, people.router, activity.router, companies.router, activity.to_do,
    segments.router, identity.router,
    models.router, views.router, collect.router, plans.router, engage.router, files.router,
    talk.router, connect.router,
):  # fmt: skip
    api.add_router("", router)


def document() -> str:
    """The description of the API as docs/openapi.json holds it."""
    with override("en"):
        return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1) + "\n"
