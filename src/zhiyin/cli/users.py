"""Commands about users, and the account in whose name the command line acts."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.accounts.models import User

SYSTEM_EMAIL = "system@localhost"


def system_user() -> User:
    """Whoever may use the data folder acts as the system: an account that nobody can sign in to."""
    from zhiyin.accounts.models import User
    from zhiyin.accounts.roles import Role

    found = User.objects.filter(email=SYSTEM_EMAIL).first()
    if found is None:
        found = User(email=SYSTEM_EMAIL, name="Zhiyin", roles=[Role.ADMINISTRATOR], is_active=False)
        found.set_unusable_password()
        found.save()
    return found


def acting() -> User:
    """The same account, active in this process only: whoever may use the folder may do this."""
    by = system_user()
    by.is_active = True
    return by


def list_all(options: Namespace, output: Output) -> int:
    """All users with their roles."""
    with opened(options.data):
        from zhiyin.accounts.models import User

        users = list(User.objects.exclude(email=SYSTEM_EMAIL).order_by("email"))
        rows = [
            {"email": u.email, "name": u.name, "roles": list(u.roles), "active": u.is_active}
            for u in users
        ]
        text = "\n".join(f"{u.email:<40} {', '.join(u.roles)}" for u in users)
        output.result({"users": rows}, text or t("还没有使用者。", "No users yet."))
    return 0


def add(options: Namespace, output: Output) -> int:
    """A new user with a random password, shown once."""
    with opened(options.data):
        from zhiyin.accounts import services
        from zhiyin.accounts.models import User
        from zhiyin.accounts.roles import Role

        unknown = [role for role in options.role if role not in Role.values]
        if unknown:
            known = ", ".join(Role.values)
            raise Failure(
                t(
                    f"没有角色 {unknown[0]}，可选：{known}",
                    f"No role {unknown[0]}; choose: {known}",
                ),
                code=2,
            )
        if User.objects.filter(email__iexact=options.email).exists():
            raise Failure(t("已有此邮箱的使用者。", "There is a user with that e-mail already."))
        made = services.create_user(
            email=options.email, name=options.name or options.email.partition("@")[0],
            roles=[Role(role) for role in options.role], by=None,
        )  # fmt: skip
        output.result(
            {"email": made.user.email, "password": made.password},
            t(f"{made.user.email}  密码（只显示这一次）：{made.password}",
              f"{made.user.email}  password (shown only now): {made.password}"),
        )  # fmt: skip
    return 0


def reset(options: Namespace, output: Output) -> int:
    """A new random password; every session of the user ends."""
    with opened(options.data):
        from zhiyin.accounts import services
        from zhiyin.accounts.models import User

        user = User.objects.filter(email__iexact=options.email).first()
        if user is None:
            raise Failure(t("没有这个使用者。", "There is no such user."), code=3)
        made = services.reset_password(user, by=None)
        output.result(
            {"email": user.email, "password": made.password},
            t(f"新密码（只显示这一次）：{made.password}",
              f"new password (shown only now): {made.password}"),
        )  # fmt: skip
    return 0
