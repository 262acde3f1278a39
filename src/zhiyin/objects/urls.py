"""Addresses of this room that belong to no single object."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.objects.views import keeping

urlpatterns: list[URLPattern] = [
    path("<slug:object_type>/keep", keeping.keep_view, name="keep_view"),
    path("<uuid:view_id>", keeping.change_view, name="change_view"),
    path("<uuid:view_id>/drop", keeping.drop_view, name="drop_view"),
]
