"""What the views of this room share: who asks, about which import, in which language."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from zhiyin.accounts import access
from zhiyin.accounts.models import User
from zhiyin.cleaning.errors import FileProblem
from zhiyin.collect import queries
from zhiyin.collect.models import Import


def person(request: HttpRequest) -> User:
    """Who asks; the gate has seen to it that somebody is signed in."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def import_of(request: HttpRequest, import_id: UUID, permission: str) -> Import:
    """The import, where this person may do this to it; 404 where they may not even see it."""
    me = person(request)
    one = get_object_or_404(queries.imports_for(me), pk=import_id)
    access.require(me, permission, one)
    return one


def in_chinese() -> bool:
    """Whether the page is written in Chinese."""
    return (get_language() or "zh").startswith("zh")


def words_of(problem: FileProblem) -> str:
    """What is wrong with a file and what to do, in the language of the page."""
    return problem.message["zh" if in_chinese() else "en"]
