"""Makes people who work here, for the tests of every room."""

from __future__ import annotations

from itertools import count

from zhiyin.accounts.models import Department, User
from zhiyin.accounts.roles import Role
from zhiyin.ids import uuid7

PASSWORD = "high mountains, flowing water"
_number = count(1)


def department(
    name_en: str = "", *, name_zh: str = "", parent: Department | None = None
) -> Department:
    """A department, below `parent` or at the root."""
    number = next(_number)
    node = Department(
        id=uuid7(),
        parent=parent,
        name_en=name_en or f"Department {number}",
        name_zh=name_zh or name_en or f"部门{number}",
    )
    node.path = f"{parent.path if parent else ''}{node.id.hex}/"
    node.save(force_insert=True)
    return node


def user(
    *roles: Role,
    department: Department | None = None,
    email: str = "",
    name: str = "",
    password: str | None = None,
    locale: str = "en",
    closed: bool = False,
) -> User:
    """A user with these roles (read only where none is given), without a usable password.

    Hashing a password takes a twentieth of a second, so only tests of the sign-in give one.
    """
    number = next(_number)
    made = User(
        email=email or f"user{number}@example.com",
        name=name or f"User {number}",
        roles=list(roles or (Role.READ_ONLY,)),
        department=department,
        locale=locale,
        is_active=not closed,
    )
    if password is None:
        made.set_unusable_password()
    else:
        made.set_password(password)
    made.save(force_insert=True)
    return made
