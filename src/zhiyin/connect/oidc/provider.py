"""The provider as the environment names it, and what it publishes: fetched through egress, checked,
kept for an hour in the database. Keys are fetched anew when a token names one that is not there, at
most once a minute, so that forged tokens cannot make us knock at the provider's door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils import timezone

from zhiyin.accounts import sign_in_rules
from zhiyin.connect import addresses, egress, policies
from zhiyin.connect.addresses import Opening, Pattern, Policy
from zhiyin.connect.oidc.faults import Fault, SignInError
from zhiyin.connect.oidc.models import ProviderDocument
from zhiyin.connect.reasons import EgressError

KEPT = timedelta(hours=1)
KEYS_ANEW = timedelta(minutes=1)
# Whoever checks by a shared secret, or by none, checks nothing that we could not have written.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip
_LIMITS = egress.Limits(connect_seconds=4, total_seconds=8, answer_bytes=512_000)
_TEXTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Client:
    """This installation as the provider knows it."""

    issuer: str
    client_id: str
    secret: str
    name: str
    scopes: str


@dataclass(frozen=True)
class Metadata:
    """OpenID Connect Discovery 1.0, 3: what we use of it."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    algorithms: tuple[str, ...] = ("RS256",)
    by_post: bool = False  # the client's secret goes into the body
    says_issuer: bool = False  # RFC 9207
    challenges: tuple[str, ...] | None = None


def client() -> Client | None:
    """The client as the environment describes it; None where no provider is set."""
    if not sign_in_rules.provider_is_set():
        return None
    scopes = settings.OIDC_SCOPES.split()
    return Client(
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET,
        sign_in_rules.provider_name(), " ".join(dict.fromkeys(["openid", *scopes])),
    )  # fmt: skip


def metadata(of: Client, *, anew: bool = False) -> Metadata:
    """What the provider says of itself."""
    kept = None if anew else _kept(of, ProviderDocument.Kind.METADATA, KEPT)
    if kept is None:
        kept = _fetched(of, f"{of.issuer.rstrip('/')}/.well-known/openid-configuration")
        found = _read(of, kept)
        _keep(of, ProviderDocument.Kind.METADATA, kept)
        return found
    return _read(of, kept)


def known_metadata(of: Client) -> Metadata | None:
    """What was fetched before, however old; asks nobody."""
    kept = _kept(of, ProviderDocument.Kind.METADATA, timedelta(days=3650))
    return _read(of, kept) if kept is not None else None


def keys(of: Client, *, anew: bool = False) -> list[Mapping[str, Any]]:
    """The provider's public keys."""
    kept = _kept(of, ProviderDocument.Kind.KEYS, KEYS_ANEW if anew else KEPT)
    if kept is None:
        kept = _fetched(of, metadata(of).jwks_uri)
        if not isinstance(kept.get("keys"), list):
            raise SignInError(Fault.METADATA, "keys")
        _keep(of, ProviderDocument.Kind.KEYS, kept)
    return [one for one in kept["keys"] if isinstance(one, dict)]


def ask(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> egress.Answer:
    """Ask the provider something."""
    try:
        return egress.send(
            method, url, policy=_policy(settings.OIDC_ISSUER), headers=headers, body=body,
            limits=_LIMITS,
        )  # fmt: skip
    except EgressError as error:
        raise SignInError(Fault.UNREACHABLE, error.reason.value) from error


def decoded(answer: egress.Answer, fault: Fault) -> dict[str, Any]:
    """The JSON object that was answered."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SignInError(fault, "json") from error
    if not isinstance(found, dict) or b"\\u0000" in answer.body:  # PostgreSQL keeps no NUL
        raise SignInError(fault, "json")
    return found


def _policy(issuer: str) -> Policy:
    """What may be asked: the operator named the issuer, so its host is open by https, also inside
    the own network; everything else as the house's policy says. The list of the only hosts is for
    what is told to others, not for whom we ask."""
    kept = policies.current()
    return Policy(openings=(*kept.openings, *_named(issuer)), denied=kept.denied)


@lru_cache(maxsize=8)
def _named(issuer: str) -> tuple[Opening, ...]:
    target = addresses.read(issuer)
    if target.scheme != "https":
        return ()
    if target.literal is not None:
        return (Opening(addresses.read_pattern(target.host), target.port),)
    return (Opening(Pattern(host=target.host), target.port),)


def _fetched(of: Client, url: str) -> dict[str, Any]:
    answer = ask("GET", url, headers={"accept": "application/json"})
    if answer.status != 200:
        raise SignInError(Fault.UNREACHABLE, f"status {answer.status}")
    return decoded(answer, Fault.METADATA)


def _read(of: Client, found: Mapping[str, Any]) -> Metadata:
    if found.get("issuer") != of.issuer:
        raise SignInError(Fault.METADATA, "issuer")  # a mix-up of providers
    for name in _TEXTS:
        if not isinstance(found.get(name), str) or not _is_plain(found[name], of):
            raise SignInError(Fault.METADATA, name)
    optional = {
        name: value
        for name in ("userinfo_endpoint", "end_session_endpoint")
        if isinstance(value := found.get(name), str) and _is_plain(value, of)
    }
    signing = _texts(found.get("id_token_signing_alg_values_supported")) or ("RS256",)
    ways = _texts(found.get("token_endpoint_auth_methods_supported")) or ("client_secret_basic",)
    challenges = found.get("code_challenge_methods_supported")
    return Metadata(
        **{name: found[name] for name in _TEXTS}, **optional,
        algorithms=tuple(one for one in signing if one in ALGORITHMS),
        by_post="client_secret_basic" not in ways and "client_secret_post" in ways,
        says_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        challenges=_texts(challenges) if challenges is not None else None,
    )  # fmt: skip


def _is_plain(url: str, of: Client) -> bool:
    """An address by https, or by http where the issuer itself is (the operator opened it)."""
    parts = urlsplit(url)
    schemes = {"https", urlsplit(of.issuer).scheme}
    return parts.scheme in schemes and bool(parts.hostname) and not parts.fragment


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _kept(of: Client, kind: ProviderDocument.Kind, at_most: timedelta) -> dict[str, Any] | None:
    after = timezone.now() - at_most
    row = ProviderDocument.objects.filter(issuer=of.issuer, kind=kind, fetched_at__gte=after)
    body: dict[str, Any] | None = row.values_list("body", flat=True).first()
    return body


def _keep(of: Client, kind: ProviderDocument.Kind, body: dict[str, Any]) -> None:
    ProviderDocument.objects.update_or_create(
        issuer=of.issuer, kind=kind, defaults={"body": body, "fetched_at": timezone.now()}
    )
