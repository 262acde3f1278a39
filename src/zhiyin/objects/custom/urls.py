"""Addresses below /settings/fields/."""

from __future__ import annotations

from django.urls import path

from zhiyin.objects.custom.views import demands, fields, layouts

urlpatterns = [
    path("", fields.first, name="fields_and_layouts"),
    path("<slug:object_name>/", fields.listing, name="custom_fields"),
    path("<slug:object_name>/new/", fields.new, name="new_custom_field"),
    path("<slug:object_name>/preview/", fields.preview, name="preview_custom_field"),
    path("<slug:object_name>/order/", fields.order, name="order_custom_fields"),
    path("<slug:object_name>/built-in/<slug:key>/", demands.demand, name="built_in_field"),
    path("<slug:object_name>/layout/", layouts.layout, name="custom_layout"),
    path("<slug:object_name>/<slug:key>/", fields.change, name="custom_field"),
    path("<slug:object_name>/<slug:key>/retire/", fields.retire, name="retire_custom_field"),
    path("<slug:object_name>/<slug:key>/convert/", fields.convert, name="convert_custom_field"),
]
