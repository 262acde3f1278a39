"""Who we are to a push service (RFC 8292): a key pair of this installation, and a signed note.

The key is made when it is first needed and kept beside the other secrets; another one makes every
browser's permission worthless.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from zhiyin.talk.webpush import CURVE, raw

LIVES = timedelta(hours=12)


def public_key() -> str:
    """Our public key as browsers want it."""
    return encoded(raw(_key(Path(settings.DATA)).public_key()))


def authorization(endpoint: str, *, now: datetime) -> str:
    """The header that says who sends to this endpoint."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + LIVES).timestamp()),
        "sub": settings.PUBLIC_URL,
    }  # fmt: skip
    signed = ".".join(
        encoded(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    key = _key(Path(settings.DATA))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={public_key()}"


def encoded(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of such a text. Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


@cache
def _key(data: Path) -> ec.EllipticCurvePrivateKey:
    path = data / "secrets" / "vapid_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = ec.generate_private_key(CURVE)
        draft = path.with_suffix(f".{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            os.link(draft, path)  # whole or not at all; the first process wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)
    return found
