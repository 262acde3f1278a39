"""Addresses of this room."""

from __future__ import annotations

from django.urls import path

from zhiyin.monitor import views

urlpatterns = [
    path("", views.show_today, name="today"),
    path("dashboard", views.dashboard, name="dashboard"),
    path("dashboard/export", views.export_dashboard, name="export_dashboard"),
    path("today/tasks", views.add_task, name="add_my_task"),
    path("today/tasks/<uuid:task_id>/done", views.finish, name="finish_my_task"),
    path("today/tasks/<uuid:task_id>/open", views.reopen, name="reopen_my_task"),
]
