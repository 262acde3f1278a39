"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from zhiyin.quality.views import figures, golden, rules

urlpatterns = [
    path("", figures.quality, name="quality"),
    path("sources/", figures.by_source, name="quality_sources"),
    path("measure", figures.measure, name="measure_quality"),
    path("rules/new", rules.new_rule, name="new_quality_rule"),
    path("rules/<uuid:rule_id>/", figures.quality_rule, name="quality_rule"),
    path("rules/<uuid:rule_id>/rows.csv", figures.export_rows, name="export_quality_rows"),
    path("rules/<uuid:rule_id>/change", rules.change_rule, name="change_quality_rule"),
    path("rules/<uuid:rule_id>/switch", rules.switch_rule, name="switch_quality_rule"),
    path("rules/<uuid:rule_id>/remove", rules.remove_rule, name="remove_quality_rule"),
    path("proposals/", rules.proposals, name="quality_proposals"),
    path("proposals/decide", rules.decide_proposals, name="decide_quality_proposals"),
    path("golden/", golden.golden_record, name="golden_record"),
]
