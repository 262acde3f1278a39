"""A person with a browser on the road to the provider and back, and the rules of the house."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client

from tests import factories
from tests.connect.oidc.real_provider import Provider
from zhiyin.accounts import sign_in_rules
from zhiyin.accounts.models import AuditPending, User
from zhiyin.accounts.roles import Role
from zhiyin.accounts.sign_in_rules import Wanted

START, CALLBACK = "/account/company/start/", "/account/company/callback/"


def allow(**rules: Any) -> User:
    """Keep these rules; the administrator who did."""
    boss = factories.user(Role.ADMINISTRATOR, password=factories.PASSWORD)
    sign_in_rules.change(Wanted(**rules), by=boss)
    return boss


def sent_to(client: Client, next_page: str = "") -> str:
    """Press the button; the provider's address that the page leads to."""
    answer = client.post(START, {"next": next_page})
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found is not None, answer.headers
    return unescape(found[1])


def comes_back(provider: Provider, address: str) -> str:
    """Sign in there; the address of ours that the provider sends the browser to."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    back = provider.back(asked)
    return back.removeprefix("http://testserver")


def sign_in(client: Client, provider: Provider, next_page: str = "") -> HttpResponse:
    """The whole road; what the callback answers."""
    answer: Any = client.get(comes_back(provider, sent_to(client, next_page)))
    return answer


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def refused_for() -> str:
    """Why the last sign-in was refused, as the audit says."""
    last = AuditPending.objects.filter(verb="sign_in_refused").order_by("id").last()
    assert last is not None
    return " ".join(str(last.detail.get(name, "")) for name in ("reason", "detail")).strip()
