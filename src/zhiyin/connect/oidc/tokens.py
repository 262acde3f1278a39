"""Believing an ID token: signature, issuer, audience, age, nonce (OIDC Core 1.0, 3.1.3.7); and
the token by which the provider says that a session is over.

Core lets a client skip the signature of a token that came over TLS; we do not. The algorithm is one
that the provider's description names and that needs a public key; what the token's own header
claims is only compared with it (RFC 8725, 3.1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from zhiyin.connect.oidc.faults import Fault, SignInError
from zhiyin.connect.oidc.provider import Client, Metadata

LEEWAY = 60  # seconds by which the clocks may differ
LOGOUT_AGE = 300  # seconds after which a logout token says nothing; repeats are known for longer
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPES = frozenset({"jwt", "logout+jwt"})
LONGEST = 16_000  # characters of a token
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
Keys = Callable[[bool], Sequence[Mapping[str, Any]]]  # True: fetched anew


def believed(
    token: str, *, of: Client, about: Metadata, keys: Keys, nonce: str, access_token: str = ""
) -> dict[str, Any]:
    """The claims of a token that holds in every respect; else `SignInError`."""
    header = _header(token)
    claims, algorithm = _signed(token, header, of, about, keys, ("sub",))
    _check(claims, of, nonce, access_token, algorithm)
    return claims


@dataclass(frozen=True)
class Logout:
    """Whose session is over, by the provider's names: a person's, a session's, or both."""

    token_id: str
    subject: str
    sid: str


def logout(token: str, *, of: Client, about: Metadata, keys: Keys) -> Logout:
    """What a logout token says that holds in every respect (OpenID Connect Back-Channel Logout 1.0,
    2.6); else `SignInError`. Whether it came before, whoever keeps that says."""
    header = _header(token)
    if str(header.get("typ", "JWT")).lower().removeprefix("application/") not in _LOGOUT_TYPES:
        raise SignInError(Fault.TOKEN, "type")
    claims, _algorithm = _signed(token, header, of, about, keys, ("jti", "events"))
    if claims["iat"] < time.time() - LOGOUT_AGE - LEEWAY:
        raise SignInError(Fault.TOKEN, "expired")
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SignInError(Fault.TOKEN, "event")
    if "nonce" in claims:
        raise SignInError(Fault.TOKEN, "nonce")  # an ID token, as those of a sign-in
    named = [claims.get(name, "") for name in ("jti", "sub", "sid")]
    if not all(isinstance(one, str) and len(one) <= 255 for one in named) or not named[0]:
        raise SignInError(Fault.TOKEN, "subject")
    if not any(named[1:]):
        raise SignInError(Fault.TOKEN, "missing")
    return Logout(*named)


def _signed(
    token: str, header: Mapping[str, Any], of: Client, about: Metadata, keys: Keys,
    required: Sequence[str],
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """The claims of a token of this provider, for us, of now; and by which algorithm."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in about.algorithms:
        raise SignInError(Fault.TOKEN, "algorithm")
    for key in _candidates(keys, header.get("kid"), algorithm):
        try:
            return _decoded(token, key, algorithm, of, required), algorithm
        except jwt.InvalidSignatureError:
            continue
    raise SignInError(Fault.TOKEN, "signature")


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST:
        raise SignInError(Fault.TOKEN, "size")
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise SignInError(Fault.TOKEN, "form") from error
    return header


def _candidates(keys: Keys, kid: object, algorithm: str) -> list[jwt.PyJWK]:
    """The keys that may have signed: the named one, else all of the kind."""
    for anew in (False, True):
        if found := [one for one in keys(anew) if _fits(one, kid, algorithm)]:
            return [key for one in found[:5] if (key := _read(one, algorithm)) is not None]
    raise SignInError(Fault.TOKEN, "key")


def _fits(key: Mapping[str, Any], kid: object, algorithm: str) -> bool:
    return (
        (kid is None or key.get("kid") == kid)
        and key.get("kty") == _KINDS[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _read(key: Mapping[str, Any], algorithm: str) -> jwt.PyJWK | None:
    public = {name: value for name, value in key.items() if name not in ("d", "k")}
    try:
        return jwt.PyJWK(public, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _decoded(
    token: str, key: jwt.PyJWK, algorithm: str, of: Client, required: Sequence[str]
) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], audience=of.client_id, issuer=of.issuer,
            leeway=LEEWAY, options={"require": ["iss", "aud", "exp", "iat", *required]},
        )  # fmt: skip
    except jwt.InvalidSignatureError:
        raise
    except jwt.PyJWTError as error:
        raise SignInError(Fault.TOKEN, _WORDS.get(type(error), "claims")) from error
    return claims


_WORDS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.ImmatureSignatureError: "early",
    jwt.MissingRequiredClaimError: "missing",
}


def _check(
    claims: Mapping[str, Any], of: Client, nonce: str, access_token: str, algorithm: str
) -> None:
    subject, told = claims["sub"], claims.get("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise SignInError(Fault.TOKEN, "subject")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise SignInError(Fault.TOKEN, "nonce")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else of.client_id) != of.client_id:
        raise SignInError(Fault.TOKEN, "party")
    if "at_hash" in claims and claims["at_hash"] != _half(access_token, algorithm):
        raise SignInError(Fault.TOKEN, "access token")


def _half(access_token: str, algorithm: str) -> str:
    """The left half of the access token's hash (OpenID Connect Core 1.0, 3.1.3.6)."""
    bits = algorithm[2:] if algorithm[2:].isdigit() else "512"
    digest = hashlib.new(f"sha{bits}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
