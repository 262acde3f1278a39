"""`{% files_of "customer" customer.pk %}`: the files of a record, on any room's page."""

from __future__ import annotations

from uuid import UUID

from django import template
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from zhiyin.files import panel

register = template.Library()


@register.simple_tag(takes_context=True)
def files_of(context: RequestContext, record_type: str, record_id: UUID) -> SafeString:
    """The list with its upload; the record's rights are asked again."""
    request = context["request"]
    found = panel.context(request.user, (record_type, record_id))
    return render_to_string("files/panel.html", found, request=request)
