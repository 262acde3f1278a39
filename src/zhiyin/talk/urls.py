"""Addresses of this room: /comments/, /notifications/ and one's wishes below /account/."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.talk import comment_views, notice_views, push_views

urlpatterns: list[URLPattern] = [
    path(
        "comments/of/<slug:record_type>/<uuid:record_id>/",
        comment_views.record_comments,
        name="record_comments",
    ),
    path(
        "comments/of/<slug:record_type>/<uuid:record_id>/whom",
        comment_views.whom,
        name="comment_whom",
    ),
    path("comments/<uuid:comment_id>/", comment_views.comment, name="comment"),
    path("comments/<uuid:comment_id>/delete", comment_views.delete, name="delete_comment"),
    path("comments/<uuid:comment_id>/restore", comment_views.restore, name="restore_comment"),
    path("notifications/", notice_views.notices, name="notices"),
    path("notifications/count", notice_views.count, name="notice_count"),
    path("notifications/latest", notice_views.latest, name="latest_notices"),
    path("notifications/read", notice_views.read, name="read_notices"),
    path("notifications/<uuid:notice_id>", notice_views.follow, name="follow_notice"),
    path("account/notifications/", notice_views.wishes, name="notice_wishes"),
    path("account/notifications/browsers", push_views.add, name="add_push_device"),
    path(
        "account/notifications/browsers/<uuid:device_id>/remove",
        push_views.remove,
        name="remove_push_device",
    ),
    path("worker.js", push_views.worker, name="push_worker"),
]
