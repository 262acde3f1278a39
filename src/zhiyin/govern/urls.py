"""Addresses below /govern/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.govern import erasing_views, views

urlpatterns: list[URLPattern] = [
    path("", views.consents, name="privacy_requests"),
    path("erasures/", erasing_views.erasures, name="erasures"),
    path("erasures/<uuid:erasure_id>/", erasing_views.erasure, name="erasure"),
    path(
        "erasures/<uuid:erasure_id>/receipt/", erasing_views.erasure_receipt, name="erasure_receipt"
    ),
    path("erasures/<uuid:erasure_id>/cancel/", erasing_views.cancel_erasure, name="cancel_erasure"),
    path(
        "customers/<uuid:customer_id>/erase/", erasing_views.erase_customer, name="erase_customer"
    ),
    path("suppressions/", views.suppressions, name="suppressions"),
    path("suppressions/ask/", views.ask_suppression, name="ask_suppression"),
]
