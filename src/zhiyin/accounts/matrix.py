"""The permission matrix as a page: which role may use which address, and on whose rows.

`python -m zhiyin.accounts.matrix` writes docs/permissions.md from the routes and the policy; a
test fails while the page is older than either.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "permissions.md"
_HEAD = """# Who may do what

Made by `python -m zhiyin.accounts.matrix` from the routes and the access policy; do not edit.
A cell says on whose rows a role may use an address: its *own*, those of its *team* (department),
its *department* and those below, or *all*. An empty cell is a refusal. What is not listed does not
exist. Fields are decided apart: see the table below the addresses.

"""


def page() -> str:
    """The page's text."""
    from django.utils import translation

    with translation.override("en"):
        return _HEAD + _addresses() + "\n" + _fields()


def _addresses() -> str:
    from zhiyin.accounts.access import Scope, parse
    from zhiyin.accounts.roles import Role
    from zhiyin.accounts.routes import routes

    lines = _header("address", "needs", roles=[str(role.label) for role in Role])
    for route in routes():
        if route.closed:
            continue
        start = f"`{route.method} {_readable(route.address)}`"
        if route.permission is None:
            lines.append(_line(start, "everybody", *["all"] * len(Role)))
            continue
        resource, action = parse(route.permission)
        cells = []
        for role in Role:
            scopes = [g.scope for g in resource.grants_of([role]) if action in g.actions]
            scope = max(scopes, default=Scope.NONE)
            cells.append("" if scope is Scope.NONE else scope.name.lower())
        lines.append(_line(start, f"`{route.permission}`", *cells))
    return "\n".join(lines) + "\n"


def _fields() -> str:
    from zhiyin.accounts.access import Level, resources
    from zhiyin.accounts.roles import Role

    lines = ["## Fields", ""]
    lines += _header("field", "kind", roles=[str(role.label) for role in Role])
    for resource in sorted(resources().values(), key=lambda r: r.name):
        for name, sensitivity in resource.fields.items():
            cells = []
            for role in Role:
                levels = [g.level_of(name, sensitivity) for g in resource.grants_of([role])]
                level = max(levels, default=Level.HIDDEN)
                cells.append("" if level is Level.HIDDEN else level.name.lower())
            lines.append(_line(f"`{resource.name}.{name}`", sensitivity.value, *cells))
    return "\n".join(lines) + "\n"


def _readable(address: str) -> str:
    """An address as people write it; allauth still has some regular expressions."""
    return address.replace("\\Z", "").replace("^", "").replace("|", "\\|")


def _header(*columns: str, roles: list[str]) -> list[str]:
    names = [*columns, *roles]
    return [_line(*names), _line(*["---"] * len(names))]


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhiyin.settings")
    django.setup()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
