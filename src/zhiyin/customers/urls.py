"""Addresses of this room; each screen adds its own lines."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.customers import insight_urls
from zhiyin.customers.objects import CUSTOMER
from zhiyin.customers.views import (
    bulk,
    facts,
    golden,
    identity,
    people,
    record,
    relations,
    sharing,
)
from zhiyin.objects.routes import routes

urlpatterns: list[URLPattern] = [
    # the list, what is changed in it, and one person's neighbours there
    *routes(CUSTOMER, record=False),
    path("new", people.new_customer, name="new_customer"),
    path("tag", bulk.tag_many, name="tag_customers"),
    path("tagged/<uuid:batch>/undo", bulk.untag_many, name="untag_customers"),
    # who is one person
    path("review/", identity.identity_review, name="identity_review"),
    path("review/decide", identity.decide_pairs, name="decide_pairs"),
    path("decisions/<uuid:decision>/undo", identity.undo_decision, name="undo_identity"),
    path("<uuid:customer_id>/identity/", identity.customer_identity, name="customer_identity"),
    path("<uuid:customer_id>/identity/split", identity.split_customer, name="split_customer"),
    path("<uuid:customer_id>/merge", identity.merge_customers, name="merge_customers"),
    # one person
    path("<uuid:customer_id>/", record.customer, name="customer"),
    path("<uuid:customer_id>/older", record.older, name="customer_older"),
    path("<uuid:customer_id>/lake", record.lake, name="customer_lake"),
    path("<uuid:customer_id>/facts/<slug:field>", facts.fact, name="customer_fact"),
    path("<uuid:customer_id>/values/<slug:field>", golden.values, name="customer_values"),
    path("<uuid:customer_id>/reveal/<slug:field>", facts.reveal, name="reveal_customer"),
    path("<uuid:customer_id>/looks/<str:ticket>", facts.look, name="customer_look"),
    path("<uuid:customer_id>/access/", sharing.customer_access, name="customer_access"),
    path(
        "<uuid:customer_id>/access/<uuid:share_id>/end/",
        sharing.end_customer_share,
        name="end_customer_share",
    ),
    path("<uuid:customer_id>/tags", facts.tag, name="tag_customer"),
    path("<uuid:customer_id>/related", relations.relate, name="relate_customer"),
    path(
        "<uuid:customer_id>/related/<uuid:member_id>/remove",
        relations.unrelate,
        name="unrelate_customer",
    ),
    path("tag-rules/", relations.tag_rules, name="tag_rules"),
    path("tag-rules/<uuid:rule_id>/remove", relations.remove_tag_rule, name="remove_tag_rule"),
    path("<uuid:customer_id>/notes", facts.note, name="note_customer"),
    path("<uuid:customer_id>/tasks", facts.new_task, name="new_task"),
    path("tasks/<uuid:task_id>/done", facts.finish_task, name="finish_task"),
    # segments and models
    *insight_urls.urlpatterns,
]
