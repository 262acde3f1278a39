"""Imports and sources as records that a notice can lead to."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from zhiyin.accounts.records import RecordKind, of_model, register
from zhiyin.collect.models import Import, Source
from zhiyin.collect.source_health import name_of


def _title(row: Model) -> str:
    assert isinstance(row, Import)
    return row.file_name


IMPORT = register(
    RecordKind(
        name="import",
        label=_("Import"),
        read=of_model(Import),
        title=_title,
        address=lambda row: reverse("import", args=[row.pk]),
        is_host=False,
    )
)


def _source_name(row: Model) -> str:
    assert isinstance(row, Source)
    return name_of(row)


SOURCE = register(
    RecordKind(
        name="source",
        label=_("Source"),
        read=of_model(Source),
        title=_source_name,
        address=lambda row: reverse("source", args=[row.pk]),
        is_host=False,
    )
)
