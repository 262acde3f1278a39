"""Addresses of this room; each screen adds its own lines."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.customers import insight_urls
from zhiyin.customers.views import bulk, facts, people, record

urlpatterns: list[URLPattern] = [
    # the list
    path("", people.people, name="customers"),
    path("new", people.new_customer, name="new_customer"),
    path("conditions", people.conditions, name="customer_conditions"),
    path("columns", people.choose_columns, name="customer_columns"),
    path("tag", bulk.tag_many, name="tag_customers"),
    path("tagged/<uuid:batch>/undo", bulk.untag_many, name="untag_customers"),
    path("export", bulk.export, name="export_customers"),
    path("views", bulk.keep_view, name="keep_view"),
    path("views/<uuid:view_id>", bulk.change_view, name="change_view"),
    path("views/<uuid:view_id>/drop", bulk.drop_view, name="drop_view"),
    # one person
    path("<uuid:customer_id>/", record.customer, name="customer"),
    path("<uuid:customer_id>/drawer", people.drawer, name="customer_drawer"),
    path("<uuid:customer_id>/walk", record.walk, name="customer_walk"),
    path("<uuid:customer_id>/older", record.older, name="customer_older"),
    path("<uuid:customer_id>/lake", record.lake, name="customer_lake"),
    path("<uuid:customer_id>/facts/<slug:field>", facts.fact, name="customer_fact"),
    path("<uuid:customer_id>/reveal/<slug:field>", facts.reveal, name="reveal_customer"),
    path("<uuid:customer_id>/tags", facts.tag, name="tag_customer"),
    path("<uuid:customer_id>/notes", facts.note, name="note_customer"),
    path("<uuid:customer_id>/tasks", facts.new_task, name="new_task"),
    path("tasks/<uuid:task_id>/done", facts.finish_task, name="finish_task"),
    # segments and models
    *insight_urls.urlpatterns,
]
