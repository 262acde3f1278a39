"""Addresses below /files/. The files' own origin answers /f/ and nothing else (origin.py)."""

from __future__ import annotations

from django.urls import URLPattern, path

from zhiyin.files import views

urlpatterns: list[URLPattern] = [
    path("of/<slug:record_type>/<uuid:record_id>/", views.record_files, name="record_files"),
    path("<uuid:file_id>/", views.preview, name="file"),
    path("<uuid:file_id>/download", views.download, name="download_file"),
    path("<uuid:file_id>/picture/<slug:size>", views.picture, name="file_picture"),
    path("<uuid:file_id>/delete", views.delete, name="delete_file"),
    path("<uuid:file_id>/restore", views.restore, name="restore_file"),
    path("out/<str:token>", views.file_bytes, name="file_bytes"),
]
