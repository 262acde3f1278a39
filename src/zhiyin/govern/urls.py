"""Addresses below /govern/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.govern import views

urlpatterns: list[URLPattern] = [
    path("", views.consents, name="privacy_requests"),
    path("suppressions/", views.suppressions, name="suppressions"),
    path("suppressions/ask/", views.ask_suppression, name="ask_suppression"),
]
