"""Sources that SDKs write to, and their keys: made, exchanged, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from zhiyin.accounts import access
from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.models import Source, WriteKey

GRACE = timedelta(days=7)  # in which an exchanged key still writes


class AlreadyEnded(Exception):  # noqa: N818 (it says what is so)
    """The key does not write any more, so nothing can be done with it."""


@dataclass(frozen=True)
class Limits:
    """What a source promised, and beyond what its keepers are told; None: never."""

    promise_minutes: int | None = None
    most_refused_percent: int | None = None
    most_lag_seconds: int | None = None
    most_drift_percent: int | None = None


@dataclass(frozen=True)
class Consent:
    """What events of a source need of a person, and what becomes of those without it."""

    asks: str = ""
    without: str = Source.Without.ANONYMOUS.value


class NotAnOrigin(ValueError):  # noqa: N818 (it names the text)
    """Not the address of a page's origin, such as https://shop.example."""


@transaction.atomic
def create(
    *, by: User, key: str, name_zh: str, name_en: str, kind: Source.Kind,
    origins: Sequence[str] = (),
) -> WriteKey:  # fmt: skip
    """A new source with its first key."""
    access.require(by, "source.manage")
    source = Source.objects.create(key=key, name_zh=name_zh, name_en=name_en, kind=kind)
    record(by, "source.created", source)
    return add_key(source, by=by, origins=origins)


@transaction.atomic
def add_key(source: Source, *, by: User, origins: Sequence[str] = ()) -> WriteKey:
    """One more key of a source."""
    access.require(by, "source.manage", source)
    made = WriteKey.objects.create(source=source, by=by, origins=[origin_of(o) for o in origins])
    record(by, "source.key_added", source, key=str(made.pk))
    return made


@transaction.atomic
def exchange(old: WriteKey, *, by: User, grace: timedelta = GRACE) -> WriteKey:
    """A new key like the old one, which writes on for `grace`."""
    access.require(by, "source.manage", old.source)
    if _has_ended(old):
        raise AlreadyEnded(old.pk)
    made = add_key(old.source, by=by, origins=old.origins)
    _end(old, timezone.now() + grace)
    record(by, "source.key_exchanged", old.source, old=str(old.pk), new=str(made.pk))
    return made


@transaction.atomic
def revoke(key: WriteKey, *, by: User) -> None:
    """The key stops writing, within a second or two."""
    access.require(by, "source.manage", key.source)
    _end(key, timezone.now())
    record(by, "source.key_revoked", key.source, key=str(key.pk))


@transaction.atomic
def set_origins(key: WriteKey, origins: Sequence[str], *, by: User) -> None:
    """Bind a key to the pages of these origins; none: to no page."""
    access.require(by, "source.manage", key.source)
    if _has_ended(key):
        raise AlreadyEnded(key.pk)
    key.origins = list(dict.fromkeys(origin_of(one) for one in origins))
    key.save(update_fields=["origins"])
    record(by, "source.origins_set", key.source, key=str(key.pk), origins=key.origins)


@transaction.atomic
def change(
    source: Source, *, by: User, name_zh: str, name_en: str, limits: Limits,
    consent: Consent | None = None,
) -> None:  # fmt: skip
    """Other names, other thresholds, another need of consent (None: as it is)."""
    access.require(by, "source.manage", source)
    source.name_zh, source.name_en = name_zh, name_en
    said = asdict(limits) | (asdict(consent) if consent else {})
    for field, value in said.items():
        setattr(source, field, value)
    source.save(update_fields=["name_zh", "name_en", *said])
    record(by, "source.changed", source, **said)


@transaction.atomic
def switch(source: Source, *, on: bool, by: User) -> None:
    """Let a source write, or tell its SDKs that it is switched off."""
    access.require(by, "source.manage", source)
    source.enabled = on
    source.save(update_fields=["enabled"])
    record(by, "source.switched_on" if on else "source.switched_off", source)


def keys_in_use(source: Source) -> list[WriteKey]:
    """The keys that write, the newest first."""
    still = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    return list(source.keys.filter(still).order_by("-created_at"))


def _has_ended(key: WriteKey) -> bool:
    return key.ends_at is not None and key.ends_at <= timezone.now()


def origin_of(text: str) -> str:
    """The origin as browsers write it; raises `NotAnOrigin`."""
    parts = urlsplit(text.strip().rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
        raise NotAnOrigin(text)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _end(key: WriteKey, at: datetime) -> None:
    key.ends_at = at if key.ends_at is None else min(key.ends_at, at)
    key.save(update_fields=["ends_at"])
