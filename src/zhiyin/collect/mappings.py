"""Mappings as they are kept: one in use for each shape of data, and every one that there was.

A shape is a header, or what one connection brings. Changing a mapping makes a version with who and
when; taking one back makes a new version of an old one, so that nothing is lost and the way here
can be read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.cleaning.mapping import Mapping, header_fingerprint
from zhiyin.cleaning.preview import Preview
from zhiyin.collect.models import Import, MappingVersion, SavedMapping


def shape_of(look: Preview) -> str:
    """The shape of a file: its header."""
    return header_fingerprint([column.name for column in look.columns])


def shape_for(connection: UUID, topic: str) -> str:
    """The shape of what a connection brings under a topic, whichever fields it has this time."""
    return hashlib.sha256(f"connection\x1f{connection}\x1f{topic}".encode()).hexdigest()


def in_use(shape: str) -> SavedMapping | None:
    """The mapping in use for a shape."""
    return SavedMapping.objects.filter(header_digest=shape).select_related("by").first()


def remember(
    shape: str, mapping: Mapping, columns: Sequence[str], *, by: User, taken_back: int | None = None
) -> SavedMapping:
    """Use this mapping for a shape from now on; a new version where it is another one."""
    plain = msgspec.to_builtins(mapping)
    with transaction.atomic():
        held, new = SavedMapping.objects.select_for_update().get_or_create(
            header_digest=shape,
            defaults={"kind": mapping.kind.value, "mapping": plain, "by": by,
                      "columns": list(columns)},
        )  # fmt: skip
        if not new and _same(held.mapping, plain) and taken_back is None:
            held.columns = list(columns)
            held.save(update_fields=["columns", "used_at"])
            return held
        if not new:
            held.version += 1
            held.kind, held.mapping, held.by = mapping.kind.value, plain, by
            held.columns = list(columns)
            held.save()
        MappingVersion.objects.create(
            of=held, number=held.version, kind=held.kind, mapping=plain, columns=list(columns),
            from_number=taken_back, at=timezone.now(), by=by,
        )  # fmt: skip
        record(by, "mapping.changed", held, version=held.version, kind=held.kind)
    return held


def take_back(held: SavedMapping, number: int, *, by: User) -> SavedMapping:
    """Use an earlier version again, as a new one."""
    old = held.versions.get(number=number)
    mapping = msgspec.convert(old.mapping, Mapping)
    return remember(held.header_digest, mapping, old.columns, by=by, taken_back=number)


def used(held: SavedMapping) -> None:
    """Note that it was used now, so that it is seen which are."""
    held.save(update_fields=["used_at"])


def newest_of(held: SavedMapping) -> Import | None:
    """The last import of this shape, on whose rows a change can be tried."""
    return Import.objects.filter(shape=held.header_digest).order_by("-created_at").first()


def _same(one: object, other: object) -> bool:
    """Equal as mappings: what was kept before a field was added has its default."""
    return msgspec.convert(one, Mapping) == msgspec.convert(other, Mapping)
