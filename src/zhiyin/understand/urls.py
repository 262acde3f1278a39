"""Addresses of this room, question by question."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.understand.views import asking

urlpatterns: list[URLPattern] = [
    path("ask", asking.ask_again, name="ask_again"),
    path("asking", asking.asking, name="asking"),
]
