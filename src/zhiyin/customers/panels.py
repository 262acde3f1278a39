"""What rooms above tell on a customer's page, in the column of what is made of the customer.

A panel gives its template's context, or None where it has nothing to say, or nothing that the
reader may know: `levels` are the reader's levels of the customer's fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhiyin.accounts.models import User
from zhiyin.customers.fields import Levels
from zhiyin.customers.models import Customer

Context = dict[str, object]


@dataclass(frozen=True)
class Panel:
    """`template` is drawn with what `context` returns."""

    name: str
    template: str
    context: Callable[[Customer, User, Levels], Context | None]


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> Panel:
    """Add a panel; they stand in the order of registration."""
    _panels[panel.name] = panel
    return panel


def of(person: Customer, reader: User, levels: Levels) -> list[tuple[str, Context]]:
    """The panels that have something to say: their templates with their contexts."""
    found = ((one.template, one.context(person, reader, levels)) for one in _panels.values())
    return [(template, context) for template, context in found if context is not None]
