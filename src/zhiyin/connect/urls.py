"""Addresses below /webhooks/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.connect import views

urlpatterns: list[URLPattern] = [
    path("", views.webhooks, name="webhooks"),
    path("new/", views.new_webhook, name="new_webhook"),
    path("hosts/", views.webhook_hosts, name="webhook_hosts"),
    path("hosts/<uuid:rule_id>/drop/", views.drop_webhook_host, name="drop_webhook_host"),
    path("deliveries/<uuid:delivery_id>/", views.webhook_delivery, name="webhook_delivery"),
    path("deliveries/<uuid:delivery_id>/replay/", views.replay_delivery, name="replay_delivery"),
    path("<uuid:webhook_id>/", views.webhook, name="webhook"),
    path("<uuid:webhook_id>/change/", views.change_webhook, name="change_webhook"),
    path("<uuid:webhook_id>/switch/", views.switch_webhook, name="switch_webhook"),
    path("<uuid:webhook_id>/secret/", views.rotate_webhook, name="rotate_webhook"),
    path("<uuid:webhook_id>/delete/", views.delete_webhook, name="delete_webhook"),
    path("<uuid:webhook_id>/test/", views.send_test, name="test_webhook"),
    path("<uuid:webhook_id>/replay/", views.replay_webhook, name="replay_webhook"),
]
