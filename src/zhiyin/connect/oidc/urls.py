"""Addresses below /account/company/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.connect.oidc import views

urlpatterns: list[URLPattern] = [
    path("start/", views.start, name="oidc_start"),
    path("callback/", views.callback, name="oidc_callback"),
    path("leave/", views.leave, name="oidc_leave"),
    path("logged-out/", views.logged_out, name="oidc_logged_out"),
    path("", views.sign_in_rules_page, name="sign_in_rules"),
    path("test/", views.test_provider, name="test_provider"),
]
