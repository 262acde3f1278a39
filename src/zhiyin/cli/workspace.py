"""Opening a workspace: its database, its settings, its tables up to date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zhiyin import embedded
from zhiyin.cli.output import Failure
from zhiyin.cli.words import is_chinese, t


def make_folder(data: Path) -> None:
    """Make the folder, for nobody else's eyes: it holds people's data. One that is there stays."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Failure(
            t(f"不能使用文件夹 {data}：{error}", f"The folder {data} cannot be used: {error}")
        ) from error


@contextmanager
def opened(data: Path) -> Iterator[None]:
    """Django ready on this folder's database; a server that we started stops afterwards."""
    make_folder(data)
    os.environ["ZHIYIN_DATA"] = str(data.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhiyin.settings"
    if os.environ.get("DATABASE_URL"):
        _set_up()
        yield
        return
    try:
        server = embedded.ensure(data)
    except (embedded.EmbeddedError, OSError) as error:
        raise Failure(
            t(f"数据库启动失败：{error}", f"The database did not start: {error}")
        ) from error
    os.environ["DATABASE_URL"] = server.dsn()
    try:
        _set_up()
        yield
    finally:
        _close_connections()
        embedded.stop(server)
        del os.environ["DATABASE_URL"]


def _set_up() -> None:
    import django

    from zhiyin import catalogues

    with suppress(OSError):  # an installed package is read-only and brings them compiled
        catalogues.compile_all()
    django.setup()
    from django.utils import translation

    from zhiyin.accounts import row_security, seat

    seat.process_is_system("the command line serves no requests")
    translation.activate("zh-hans" if is_chinese() else "en")
    migrate()
    from zhiyin.accounts import workspace

    workspace.refresh()
    row_security.apply()


def migrate() -> None:
    """Bring the tables up to date; one process at a time, nothing to do most times."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(7245301)")
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("select pg_advisory_unlock(7245301)")


def _close_connections() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        pool = getattr(connection, "close_pool", None)
        if pool is not None:
            pool()
