"""A real OpenID provider on this machine: it shows a sign-in page, checks PKCE, the client's secret
and that a code is used once, and signs its tokens with joserfc (the product checks with PyJWT).

What it says can be bent token by token, as a broken or hostile provider would.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.connect.receiver import _certificates

Claims = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Grant:
    """A code that was handed out."""

    challenge: str
    redirect_uri: str
    nonce: str


@dataclass
class Provider:
    """Everything that the provider knows, and what a test bends."""

    port: int
    authority: Path
    client_id: str = "zhiyin crm"  # with a blank: both sides must encode it alike
    secret: str = "s3cret/of:ours"
    algorithm: str = "RS256"
    person: Claims = field(default_factory=lambda: {
        "sub": "248289761001", "email": "lin@example.com", "email_verified": True,
        "name": "林静姝", "groups": ["crm-sales", "everybody"],
    })  # fmt: skip
    claims: Claims = field(default_factory=dict)  # over what the token would say; None takes away
    header: Claims = field(default_factory=dict)
    metadata: Claims = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)  # in the answer to the browser
    userinfo: Claims | None = None
    signs: Callable[[Claims, Claims], str] | None = None
    grants: dict[str, Grant] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ended: int = 0

    def __post_init__(self) -> None:
        self.keys = [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, auto_kid=False)]

    @property
    def issuer(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def rotate(self, *, kid: str = "two", curve: str = "") -> None:
        """Sign with a new key from now on."""
        made = (
            ECKey.generate_key(curve, {"kid": kid, "use": "sig"})
            if curve else RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
        )  # fmt: skip
        self.keys = [made]

    def token(self, nonce: str, access_token: str) -> str:
        now, digest = int(time.time()), hashlib.sha256(access_token.encode()).digest()
        said: Claims = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode(),
            **self.person, **self.claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.keys[-1].kid, **self.header}
        if self.signs is not None:
            return self.signs(header, said)
        return jwt.encode(header, said, self.keys[-1], algorithms=[self.algorithm])

    def logout_token(self, **claims: Any) -> str:
        """What the provider posts when a session is over there."""
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 120,
            "jti": secrets.token_urlsafe(16), "sub": self.person["sub"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, **claims,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.keys[-1].kid, "typ": "logout+jwt"}
        header |= self.header
        if self.signs is not None:
            return self.signs(header, said)
        return jwt.encode(header, said, self.keys[-1], algorithms=[self.algorithm])

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> Answer:
        """What is answered to one request."""
        parts = urlsplit(path)
        self.asked.append(parts.path)
        given = {name: values[0] for name, values in parse_qs(body or parts.query).items()}
        if parts.path == "/authorize":
            return self._authorize(method, given)
        if parts.path == "/token":
            return self._token(headers, given)
        if parts.path == "/logout":
            self.ended += 1
            return 302, {"location": given["post_logout_redirect_uri"]}, b""
        documents: dict[str, Claims] = {
            "/.well-known/openid-configuration": self._described(),
            "/keys": {"keys": [one.as_dict(private=False) for one in self.keys]},
        }
        if self.userinfo is not None:
            documents["/userinfo"] = self.userinfo
        return _json(200, documents[parts.path]) if parts.path in documents else _json(404, {})

    def _described(self) -> Claims:
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }
        return {name: value for name, value in described.items() if value is not None}

    def _authorize(self, method: str, given: dict[str, str]) -> Answer:
        """A page that asks for a click, then the way back; as a person meets it."""
        assert given["client_id"] == self.client_id
        assert given["code_challenge_method"] == "S256"
        if method == "GET":
            fields = "".join(
                f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">'
                for n, v in given.items()
            )
            page = (
                f'<form method="post" action="/authorize">{fields}<button>Sign in</button></form>'
            )
            return 200, {"content-type": "text/html"}, page.encode()
        return 302, {"location": self.back(given)}, b""

    def back(self, given: dict[str, str]) -> str:
        """The address with the code, as the browser is sent to it."""
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(given["code_challenge"], given["redirect_uri"], given["nonce"])
        answer = {"code": code, "state": given["state"], "iss": self.issuer, **self.extra}
        return f"{given['redirect_uri']}?{urlencode(answer)}"

    def _token(self, headers: dict[str, str], given: dict[str, str]) -> Answer:
        if not self._knows(headers, given):
            return _json(401, {"error": "invalid_client"})
        grant = self.grants.pop(given["code"], None)  # once only
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or proof != grant.challenge or given["redirect_uri"] != grant.redirect_uri:
            return _json(400, {"error": "invalid_grant"})
        access = secrets.token_urlsafe(16)
        told = {"access_token": access, "token_type": "Bearer", "expires_in": 300,
                "id_token": self.token(grant.nonce, access)}  # fmt: skip
        return _json(200, told)

    def _knows(self, headers: dict[str, str], given: dict[str, str]) -> bool:
        kind, _, text = headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(text).decode().partition(":")
            return (unquote(name), unquote(secret)) == (self.client_id, self.secret)
        pair = given.get("client_id"), given.get("client_secret", "")
        return pair == (self.client_id, self.secret)


def _json(status: int, value: Claims) -> Answer:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


@contextmanager
def running(folder: Path) -> Iterator[Provider]:
    """A provider that answers by HTTPS on 127.0.0.1."""
    authority, chain = _certificates(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            kept = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length).decode()
            status, headers, content = provider.answer(self.command, self.path, kept, body)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """The test run stays quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that closes a connection early is none of our concern."""

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    provider = Provider(server.server_address[1], authority)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield provider
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
