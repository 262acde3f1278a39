"""The tag of lists of people."""

from __future__ import annotations

from django import template

from zhiyin.console import rows

register = template.Library()
register.simple_tag(rows.drawn, name="people_rows")
