"""The ASGI entry: what uvicorn serves."""

from __future__ import annotations

import os
from importlib import import_module
from typing import cast

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
django_application = get_asgi_application()
import_module(settings.ROOT_URLCONF)  # a broken route stops the start, not the first visitor

from zhiyin.collect.door import App, UploadDoor  # noqa: E402  (after Django is set up)

# Django's stubs ask for a dict where ASGI says a mapping.
application = UploadDoor(cast("App", django_application))
