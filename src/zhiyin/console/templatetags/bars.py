"""Tags for the links that stand on every page."""

from __future__ import annotations

from django import template

from zhiyin.console import bars

register = template.Library()
register.simple_tag(bars.side_bar)
register.simple_tag(bars.sheet)
register.simple_tag(bars.tab_bar)
register.simple_tag(bars.keys)
