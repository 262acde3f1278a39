"""Tags for lists of objects and of what happened to one."""

from __future__ import annotations

from django import template

from zhiyin.console import entries, rows

register = template.Library()
register.simple_tag(rows.drawn, name="people_rows")
register.simple_tag(rows.one_cell, name="one_cell")
register.simple_tag(rows.content, name="cell_content")
register.simple_tag(entries.drawn, name="timeline_entries")
