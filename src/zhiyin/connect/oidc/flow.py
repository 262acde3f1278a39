"""The road of a sign-in: to the provider with state, nonce and PKCE, and back with a code.

What is waited for lies in the browser's own session, for ten minutes, and is taken out when an
answer comes: the same answer a second time finds nothing (RFC 9700, 2.1; RFC 7636).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from zhiyin.accounts.provider_claims import Claims
from zhiyin.connect.oidc import provider, tokens
from zhiyin.connect.oidc.faults import Fault, SignInError
from zhiyin.connect.oidc.provider import Client, Metadata

WAITING = "zhiyin_oidc"  # in the session
SECONDS = 600
MOST = 5  # sign-ins of one browser at a time, as in several tabs


@dataclass(frozen=True)
class Begun:
    """A sign-in that is on its way."""

    nonce: str
    verifier: str
    goes_to: str


def redirect_uri() -> str:
    """Where the provider sends people back to; it must know this very address."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("oidc_callback")


def logout_uri() -> str:
    """Where the provider says that a session is over, if it knows this address."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("oidc_logged_out")


def begin(request: HttpRequest, of: Client, *, goes_to: str) -> str:
    """Where the browser goes to sign in."""
    about = provider.metadata(of)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    waiting = _waiting(request)
    waiting[state] = {"nonce": nonce, "verifier": verifier, "goes_to": goes_to, "at": time.time()}
    request.session[WAITING] = dict(list(waiting.items())[-MOST:])
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": of.client_id,
        "redirect_uri": redirect_uri(),
        "scope": of.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return _with(about.authorization_endpoint, asked)


def finish(request: HttpRequest, of: Client) -> tuple[Claims, str]:
    """Who it is, by the answer that the browser brings, and where they wanted to go."""
    answered = request.GET
    begun = _take(request, answered.get("state", ""))
    about = provider.metadata(of)
    if answered.get("iss", of.issuer if not about.says_issuer else "") != of.issuer:
        raise SignInError(Fault.STATE, "issuer")  # RFC 9207: another provider's answer
    if "error" in answered or not answered.get("code"):
        raise SignInError(Fault.CANCELLED)
    granted = _exchanged(of, about, answered["code"], begun.verifier)
    access_token = str(granted.get("access_token", ""))
    claims = tokens.believed(
        str(granted.get("id_token", "")), of=of, about=about, nonce=begun.nonce,
        keys=lambda anew: provider.keys(of, anew=anew), access_token=access_token,
    )  # fmt: skip
    if "email" not in claims and about.userinfo_endpoint and access_token:
        claims = {**_userinfo(about, access_token, claims["sub"]), **claims}
    return told(of, claims), begun.goes_to


def told(of: Client, claims: Mapping[str, Any]) -> Claims:
    """The claims as the accounts room reads them."""
    amr, verified = claims.get("amr"), claims.get("email_verified")
    email = claims.get("email")
    return Claims(
        issuer=of.issuer,
        subject=claims["sub"],
        email=email.strip() if isinstance(email, str) else "",
        email_verified=verified is True or verified == "true",  # some write it as a text
        name=name if isinstance(name := claims.get("name"), str) else "",
        amr=frozenset(one for one in amr if isinstance(one, str))
        if isinstance(amr, list) else frozenset(),
        acr=acr if isinstance(acr := claims.get("acr"), str) else "",
        all=claims,
    )  # fmt: skip


def logout(of: Client, token: str) -> tokens.Logout:
    """Whose session the provider says is over; nothing is asked of the browser."""
    about = provider.metadata(of)
    return tokens.logout(token, of=of, about=about, keys=lambda anew: provider.keys(of, anew=anew))


def refusal_of_code(of: Client, about: Metadata) -> str:
    """What the provider says to a code that is none: `invalid_grant` where it knows us."""
    answer = _posted(of, about, "zhiyin-test", secrets.token_urlsafe(32))
    error = provider.decoded(answer, Fault.CODE).get("error")
    return error if isinstance(error, str) else ""


def way_out() -> str:
    """The page of ours from which somebody is signed out at the provider too."""
    of = provider.client()
    about = provider.known_metadata(of) if of else None
    return reverse("oidc_leave") if about and about.end_session_endpoint else ""


def leave_address(of: Client) -> str:
    """Where the provider ends its session (OpenID Connect RP-Initiated Logout 1.0). Without a
    token as a hint: it would put a name into an address."""
    about = provider.known_metadata(of)
    if about is None or not about.end_session_endpoint:
        return ""
    back = settings.PUBLIC_URL.rstrip("/") + reverse("account_login")
    asked = {"client_id": of.client_id, "post_logout_redirect_uri": back}
    return _with(about.end_session_endpoint, asked)


def _waiting(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(WAITING)
    kept = kept if isinstance(kept, dict) else {}
    return {state: one for state, one in kept.items() if time.time() - one["at"] <= SECONDS}


def _take(request: HttpRequest, state: str) -> Begun:
    waiting = _waiting(request)
    found = waiting.pop(state, None)
    request.session[WAITING] = waiting
    request.session.save()  # also where the rest fails: an answer counts once
    if found is None:
        raise SignInError(Fault.STATE)
    return Begun(found["nonce"], found["verifier"], found["goes_to"])


def _exchanged(of: Client, about: Metadata, code: str, verifier: str) -> dict[str, Any]:
    answer = _posted(of, about, code, verifier)
    if answer.status != 200:
        found = provider.decoded(answer, Fault.CODE)
        is_client = found.get("error") in ("invalid_client", "unauthorized_client")
        raise SignInError(Fault.CLIENT if is_client else Fault.CODE, f"status {answer.status}")
    return provider.decoded(answer, Fault.CODE)


def _posted(of: Client, about: Metadata, code: str, verifier: str) -> Any:
    body = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri(),
        "code_verifier": verifier,
    }  # fmt: skip
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if of.secret and not about.by_post:
        pair = f"{quote(of.client_id, safe='')}:{quote(of.secret, safe='')}"  # RFC 6749, 2.3.1
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        body["client_id"] = of.client_id
        if of.secret:
            body["client_secret"] = of.secret
    sent = urlencode(body).encode()
    return provider.ask("POST", about.token_endpoint, headers=headers, body=sent)


def _userinfo(about: Metadata, access_token: str, subject: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}
    answer = provider.ask("GET", about.userinfo_endpoint, headers=headers)
    if answer.status != 200:
        raise SignInError(Fault.TOKEN, "userinfo")
    found = provider.decoded(answer, Fault.TOKEN)
    if found.get("sub") != subject:
        raise SignInError(Fault.TOKEN, "userinfo")  # somebody else's (Core 1.0, 5.3.2)
    return found


def _with(url: str, asked: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"
