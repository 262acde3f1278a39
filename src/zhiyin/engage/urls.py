"""Addresses below /campaigns/. The unsubscribe page has its own short one, in zhiyin.urls."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.engage import outbox_views, views

urlpatterns: list[URLPattern] = [
    path("", views.campaigns, name="campaigns"),
    path("new/", views.new_campaign, name="new_campaign"),
    path("preview/", views.preview_campaign, name="preview_campaign"),
    path("hold-out/", views.hold_out, name="hold_out"),
    path("outbox/", outbox_views.outbox, name="outbox"),
    path("outbox/<uuid:message_id>/", outbox_views.message, name="message"),
    path("outbox/<uuid:message_id>/html/", outbox_views.message_html, name="message_html"),
    path("<uuid:campaign_id>/", views.campaign, name="campaign"),
    path("<uuid:campaign_id>/check/", views.check_campaign, name="check_campaign"),
    path("<uuid:campaign_id>/launch/", views.launch_campaign, name="launch_campaign"),
    path("<uuid:campaign_id>/cancel/", views.cancel_campaign, name="cancel_campaign"),
    path("<uuid:campaign_id>/resume/", views.resume_campaign, name="resume_campaign"),
    path("<uuid:campaign_id>/delete/", views.delete_campaign, name="delete_campaign"),
    path("<uuid:campaign_id>/people/", views.campaign_people, name="campaign_people"),
]
