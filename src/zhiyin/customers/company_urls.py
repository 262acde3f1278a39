"""Addresses of companies: those of every object, and a few of their own."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.customers.objects import COMPANY
from zhiyin.customers.views import companies, sharing
from zhiyin.objects.routes import routes

urlpatterns: list[URLPattern] = [
    *routes(COMPANY),
    path("new", companies.new_company, name="new_company"),
    path("suggest", companies.suggest, name="suggest_companies"),
    path("<uuid:company_id>/access/", sharing.company_access, name="company_access"),
    path("<uuid:company_id>/access/<uuid:share_id>/end/", sharing.end_company_share,
         name="end_company_share"),
    path("<uuid:company_id>/people", companies.link, name="link_company_person"),
    path("<uuid:company_id>/people/drop", companies.unlink, name="unlink_company_person"),
]  # fmt: skip
