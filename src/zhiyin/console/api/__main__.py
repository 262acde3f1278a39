"""Writes docs/openapi.json from the endpoints; a test fails while the file is older than they."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
django.setup()

from zhiyin.console.api.root import FILE, document  # noqa: E402  (Django first)

FILE.write_text(document(), encoding="utf-8")
sys.stdout.write(f"{FILE}\n")
