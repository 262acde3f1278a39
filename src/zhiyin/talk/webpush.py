"""A push message as RFC 8291 wants it: readable by one browser, and by no service on the way.

One record of the content coding aes128gcm (RFC 8188), with keys agreed between a key pair made for
this message and the browser's own. Symbols in the code are those of the standards.
"""

from __future__ import annotations

import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
SALT_LENGTH = 16
RECORD_SIZE = 4096
MOST_BYTES = 3_900  # what push services take, less what the coding adds


def encrypted(
    message: bytes,
    *,
    ua_public: bytes,
    auth_secret: bytes,
    as_private: ec.EllipticCurvePrivateKey,
    salt: bytes,
) -> bytes:
    """The body of the request to the push service. Raises `ValueError` for keys that are none."""
    if len(message) > MOST_BYTES:
        raise ValueError("the message is too long for a push")
    as_public = raw(as_private.public_key())
    receiver = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, ua_public)
    ecdh_secret = as_private.exchange(ec.ECDH(), receiver)
    key_info = b"WebPush: info\0" + ua_public + as_public
    ikm = _hkdf(auth_secret, ecdh_secret, key_info, 32)
    cek = _hkdf(salt, ikm, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, ikm, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack(">IB", RECORD_SIZE, len(as_public)) + as_public
    return header + AESGCM(cek).encrypt(nonce, message + b"\x02", None)  # 2: the last record


def raw(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
