"""The shell's addresses."""

from __future__ import annotations

from django.urls import path

from zhiyin.console import demo_note, help, living, reading, setup, views

urlpatterns = [
    path("healthz", views.health, name="health"),
    path("console/real", demo_note.what_is_real, name="what_is_real"),
    path("console/palette", views.palette, name="palette"),
    path("console/language", views.language, name="language"),
    path("console/theme", views.theme, name="theme"),
    path("console/read", reading.read, name="read"),
    path("console/components", living.components, name="components"),
    path("console/components/move", living.move_card, name="sample_move"),
    path("console/components/city", living.change_city, name="sample_city"),
    path("console/components/places", living.places, name="sample_places"),
    path("setup/", setup.begin, name="setup"),
    path("setup/dismiss", setup.dismiss, name="dismiss_setup"),
    path("setup/<slug:step>/", setup.step, name="setup_step"),
    path("help/", help.page, name="help"),
    path("help/<slug:term>", help.one, name="help_term"),
]
