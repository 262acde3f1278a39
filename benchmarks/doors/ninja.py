"""The peer: django-ninja with a typed schema, each event a row of Django's ORM, one transaction.

What a team would write in an afternoon. It knows no gzip, so it is sent plain JSON.
"""

from __future__ import annotations

from typing import Any

import django
from django.core.asgi import get_asgi_application

django.setup()

from django.db import models, transaction  # noqa: E402  (after Django is set up)
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

from zhiyin.accounts import seat  # noqa: E402

seat.process_is_system("the peer has no gate that would say who asks")


class Plain(models.Model):
    """An event as it came."""

    message = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    person = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    properties = models.JSONField()

    class Meta:
        app_label = "bench"
        db_table = "bench_plain"

    def __str__(self) -> str:
        return self.message


class Message(Schema):
    messageId: str  # noqa: N815
    type: str
    event: str
    anonymousId: str  # noqa: N815
    timestamp: str
    properties: dict[str, Any]


class Batch(Schema):
    batch: list[Message]
    sentAt: str  # noqa: N815


api = NinjaAPI()


def _kept(messages: list[Message]) -> dict[str, bool]:
    now = timezone.now()
    with transaction.atomic():
        Plain.objects.bulk_create(
            Plain(message=one.messageId, name=one.event, person=one.anonymousId,
                  received_at=now, properties=one.properties)
            for one in messages
        )  # fmt: skip
    return {"success": True}


@api.post("/batch")
def batch(request: HttpRequest, given: Batch) -> dict[str, bool]:
    return _kept(given.batch)


@api.post("/track")
def track(request: HttpRequest, given: Message) -> dict[str, bool]:
    return _kept([given])


urlpatterns = [path("v1/", api.urls)]
application = get_asgi_application()
