"""`{% comments_of "customer" customer.pk %}`: the comments of a record, on any room's page."""

from __future__ import annotations

from uuid import UUID

from django import template
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from zhiyin.talk import comments_panel

register = template.Library()


@register.simple_tag(takes_context=True)
def comments_of(context: RequestContext, record_type: str, record_id: UUID) -> SafeString:
    """The list with its box; the record's rights are asked again."""
    request = context["request"]
    found = comments_panel.context(request.user, (record_type, record_id))
    return render_to_string("talk/comments.html", found, request=request)
