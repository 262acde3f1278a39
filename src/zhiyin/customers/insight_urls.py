"""Addresses of segments and models."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.customers.views import models, segments

urlpatterns: list[URLPattern] = [
    path("segments/", segments.segments, name="segments"),
    path("segments/new", segments.new_segment, name="new_segment"),
    path("segments/live", segments.segment_live, name="segment_live"),
    path("segments/people", segments.segment_people, name="segment_people"),
    path("segments/sql", segments.segment_sql, name="segment_sql"),
    path("segments/<uuid:segment_id>/", segments.segment, name="segment"),
    path("segments/<uuid:segment_id>/archive", segments.archive_segment, name="archive_segment"),
    path("segments/<uuid:segment_id>/back", segments.bring_back_segment, name="bring_back_segment"),
    path("segments/<uuid:segment_id>/compute", segments.recompute_segment, name="compute_segment"),
    path("models/", models.models, name="models"),
    path("models/train", models.train_models, name="train_models"),
    path("models/training", models.training, name="training"),
    path("models/<slug:name>/", models.model, name="model"),
    path("models/<slug:name>/approve", models.approve_model, name="approve_model"),
    path("models/<slug:name>/withdraw", models.withdraw_approval, name="withdraw_approval"),
]
