"""The addresses of a declared object: its list, the forms around it, its record, changes.

A room includes them in its urls.py; what it shows in a way of its own (a record, a drawer) it
leaves out and routes itself under the same name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhiyin.accounts import access
from zhiyin.accounts.gate import gate
from zhiyin.objects.definitions import ObjectType
from zhiyin.objects.views import bulk, cells, editing, forms, lists, records

View = Callable[..., HttpResponseBase]
_ANY = require_http_methods(["GET", "HEAD", "POST"])


def routes(of: ObjectType, *, record: bool = True, edit: bool = True) -> list[URLPattern]:
    """The routes of an object, each with its gate; `record` and `edit` leave those pages out."""
    see, change = of.permission("see"), of.permission("change")
    name, plural = of.name, of.plural_name
    found = [
        path("", _bound(lists.page, of, see, require_GET), name=plural),
        path("conditions", _bound(forms.plain, of, see, require_GET), name=f"{name}_conditions"),
        path("filter", _bound(forms.nested, of, see, require_GET), name=f"{name}_filter"),
        path("filter/told", _bound(forms.told, of, see, require_GET), name=f"tell_{name}_filter"),
        path("columns", _bound(forms.columns, of, see, require_GET), name=f"{name}_columns"),
        path("<uuid:row_id>/drawer", _bound(records.drawer, of, see, require_GET),
             name=f"{name}_drawer"),
        path("<uuid:row_id>/walk", _bound(records.walk, of, see, require_GET),
             name=f"{name}_walk"),
        path("<uuid:row_id>/cells/<str:key>", _bound(cells.cell, of, see, _ANY, write=change),
             name=f"{name}_cell"),
        path("edit", _bound(bulk.edit, of, change, require_POST), name=f"edit_{plural}"),
        path("edit/<uuid:change_id>", _bound(bulk.change, of, change, _ANY),
             name=f"{name}_change"),
        path("edit/<uuid:change_id>/undo", _bound(bulk.undo, of, change, require_POST),
             name=f"undo_{name}_change"),
    ]  # fmt: skip
    if "export" in access.resources()[of.resource].actions:
        export = _bound(bulk.export, of, of.permission("export"), require_POST)
        found.append(path("export", export, name=f"export_{plural}"))
    if record:
        shown = _bound(records.record, of, see, require_GET)
        found.append(path("<uuid:row_id>/", shown, name=name))
    if edit:
        form = _bound(editing.edit, of, change, _ANY)
        found.append(path("<uuid:row_id>/edit", form, name=f"edit_{name}"))
    return found


def _bound(
    view: View, of: ObjectType, permission: str, methods: Callable[[View], View], *,
    write: str | None = None,
) -> View:  # fmt: skip
    """A view of this room as a view of one object, behind its gate."""

    @wraps(view)
    def bound(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        return view(request, of, **arguments)

    return gate(permission, write=write)(methods(bound))
