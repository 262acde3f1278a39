"""Kept values as Python's own: exact decimals, days, aware moments; and back, and as words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import get_language, gettext

from zhiyin.objects.custom.models import CustomField
from zhiyin.objects.custom.reading import Kept, moment_of
from zhiyin.objects.definitions import Value

Type = CustomField.Type


def typed(field: CustomField, kept: object) -> Value:
    """A kept value of its own type; what is not of the field's shape counts as none."""
    if kept is None:
        return None
    try:
        match field.type:
            case Type.NUMBER | Type.MONEY:
                return Decimal(str(kept))
            case Type.DATE:
                return date.fromisoformat(str(kept))
            case Type.MOMENT:
                return moment_of(str(kept))
            case Type.BOOL:
                return kept if isinstance(kept, bool) else None
            case Type.CHOICES:
                return [str(one) for one in kept] if isinstance(kept, list) else None
            case Type.USER:
                return UUID(str(kept))
            case _:
                return str(kept)
    except (ValueError, ArithmeticError):
        return None


def kept_of(value: Value) -> Kept | None:
    """A typed value as it is kept."""
    match value:
        case None:
            return None
        case bool() | str():
            return value
        case list():
            return value
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def in_row(field: CustomField, row: Model) -> Value:
    """What a row holds in a stored field."""
    return typed(field, _document(row).get(field.key))


def put(field: CustomField, row: Model, value: Value) -> None:
    """Set a stored field of a row in memory; None takes it away."""
    document = dict(_document(row))
    kept = kept_of(value)
    if kept is None or kept == []:
        document.pop(field.key, None)
    else:
        document[field.key] = kept
    row.custom = document  # type: ignore[attr-defined]


def told(field: CustomField, value: Value) -> str:
    """A value as people read it, without a colleague's name (which has to be looked up)."""
    language = get_language() or "zh"
    names = {one.key: one.label(language) for one in field.checks.choices}
    match value:
        case None:
            return ""
        case bool():
            return gettext("Yes") if value else gettext("No")
        case list():
            return ("、" if language.startswith("zh") else ", ").join(
                names.get(o, o) for o in value
            )
        case datetime():
            return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
        case Decimal():
            return f"{value:,f}"
        case date():
            return value.isoformat()
        case _:
            text = str(value)
            return names.get(text, text) if field.type == Type.CHOICE else text


def short(field: CustomField, value: Value) -> Value:
    """A computed number with the decimals that were asked for, else without idle zeros."""
    if not isinstance(value, Decimal):
        return value
    places = field.checks.decimals
    if places is not None:
        return round(value, places)
    whole = value == value.to_integral_value()
    return value.quantize(Decimal(1)) if whole else round(value, 4).normalize()


def _document(row: Model) -> Mapping[str, Any]:
    found: object = getattr(row, "custom", None)
    return found if isinstance(found, dict) else {}
