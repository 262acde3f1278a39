"""The HTTP API's addresses, gathered from the rooms."""

from __future__ import annotations

from django.urls import path

from zhiyin.console.api.root import api

urlpatterns = [path("", api.urls)]
