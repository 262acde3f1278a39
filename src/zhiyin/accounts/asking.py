"""What the screens of this room share: who asks, and a deed whose refusal goes onto the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from zhiyin.accounts.models import User
from zhiyin.accounts.refusals import NotAllowed

Result = TypeVar("Result")


def asker(request: HttpRequest) -> User:
    """Who asks; the gate has let nobody else through."""
    assert not isinstance(request.user, AnonymousUser)
    return request.user


def attempt(form: forms.Form, deed: Callable[[], Result]) -> Result | None:
    """Do it; where a rule of the house says no, put the reason on the form."""
    try:
        return deed()
    except NotAllowed as reason:
        form.add_error(None, str(reason))
    except ValidationError as errors:
        form.add_error(None, errors.messages)
    return None
