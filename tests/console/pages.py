"""Renders console pages for a person who is only in memory."""

from __future__ import annotations

from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from zhiyin.accounts.models import User
from zhiyin.console import living

PATH = "/console/components"


def request(path: str = PATH, *, role: str = "administrator", theme: str = "light") -> HttpRequest:
    """A request of somebody with one role."""
    made = RequestFactory().get(path)
    made.user = User(email="zhou@example.com", name="周牧云", roles=[role], theme=theme)
    made._messages = CookieStorage(made)  # type: ignore[attr-defined]
    return made


def components(language: str = "en", theme: str = "light") -> HttpResponse:
    """The living page of components."""
    with translation.override(language):
        return living.components(request(theme=theme))


def render(source: str, **values: object) -> str:
    """A piece of template, cotton components included."""
    from django.template import engines
    from django_cotton.compiler_regex import CottonCompiler

    compiled = CottonCompiler().process(source)
    template = Template(compiled, engine=engines["django"].engine)
    with translation.override("en"):
        return template.render(Context(values))
