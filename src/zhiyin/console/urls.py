"""The shell's addresses."""

from __future__ import annotations

from django.urls import path

from zhiyin.console import demo_note, views

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("console/real", demo_note.what_is_real, name="what_is_real"),
    path("console/palette", views.palette, name="palette"),
    path("console/language", views.language, name="language"),
    path("console/theme", views.theme, name="theme"),
    path("console/components", views.components, name="components"),
]
