"""Secrets at rest: sealed with AES-256-GCM under a key derived from the workspace's secret.

Somebody who reads the database alone reads no secret. Whoever changes ZHIYIN_SECRET_KEY makes
the sealed ones unreadable; their endpoints are then switched off and say so.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12  # bytes, as NIST SP 800-38D advises for GCM
_VERSION = b"\x01"


class UnreadableError(Exception):
    """Sealed under another key, or changed since."""


def seal(text: str, *, purpose: str) -> bytes:
    """The text, readable only with our key and for the same purpose."""
    nonce = secrets.token_bytes(_NONCE)
    return _VERSION + nonce + _cipher(purpose).encrypt(nonce, text.encode(), purpose.encode())


def unseal(sealed: bytes, *, purpose: str) -> str:
    """What was sealed; raises `UnreadableError`."""
    held = bytes(sealed)
    nonce, rest = held[1 : 1 + _NONCE], held[1 + _NONCE :]
    try:
        return _cipher(purpose).decrypt(nonce, rest, purpose.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise UnreadableError from error


def _cipher(purpose: str) -> AESGCM:
    key = HKDF(SHA256(), 32, salt=None, info=f"zhiyin vault {purpose}".encode())
    return AESGCM(key.derive(settings.SECRET_KEY.encode()))
