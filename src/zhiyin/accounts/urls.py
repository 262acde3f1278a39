"""Addresses below /account/: allauth's own (see doors.py) and this room's screens."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("allauth.urls")),
]
