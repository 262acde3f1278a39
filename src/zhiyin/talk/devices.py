"""The browsers that a user let us call: taken in, and let go."""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.utils.translation import gettext

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.connect import addresses
from zhiyin.connect.reasons import RefusedError
from zhiyin.talk import vapid
from zhiyin.talk.models import PushDevice
from zhiyin.talk.services import Refused
from zhiyin.talk.webpush import CURVE

MOST = 10  # browsers of one user


@transaction.atomic
def add_device(user: User, *, endpoint: str, public_key: str, secret: str, name: str) -> PushDevice:
    """Keep a browser's address and keys; the same address again takes the place of the old."""
    wrong = Refused(gettext("This browser gave no address that can be used."))
    try:
        target = addresses.read(endpoint)
        key, auth = vapid.decoded(public_key), vapid.decoded(secret)
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, key)
    except (RefusedError, ValueError) as error:
        raise wrong from error
    if target.scheme != "https" or len(endpoint) > 1000 or len(key) != 65 or len(auth) != 16:
        raise wrong
    PushDevice.objects.filter(endpoint=endpoint).delete()
    if PushDevice.objects.filter(user=user).count() >= MOST:
        raise Refused(gettext("At most %(limit)s browsers; remove one first.") % {"limit": MOST})
    made = PushDevice.objects.create(
        user=user, endpoint=endpoint, public_key=key, secret=auth, name=name.strip()[:120]
    )
    record(user, "push.device_added", made)
    return made


@transaction.atomic
def remove_device(user: User, device_id: UUID) -> None:
    """Call this browser of the user's own no more."""
    found = PushDevice.objects.filter(user=user, pk=device_id).first()
    if found is not None:
        record(user, "push.device_removed", found)
        found.delete()
