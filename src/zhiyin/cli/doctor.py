"""The command `zhiyin doctor`: is everything well, and if not, how to mend it."""

from __future__ import annotations

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from zhiyin import frontend
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

LEAST_DISK = 2 * 1024**3
LEAST_MEMORY = 2 * 1024**3
CLOCK_SLACK = 5.0  # seconds between our clock and the database's


@dataclass(frozen=True)
class Check:
    """One thing looked at; `mend` says what to do where it is not well."""

    name: str
    well: bool
    said: str
    mend: str = ""


def doctor(options: Namespace, output: Output) -> int:
    """Look at everything; 5 where something needs mending."""
    checks = list(_checks(options.data))
    well = all(check.well for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{'✓' if check.well else '✗'} {check.name}: {check.said}")
        if not check.well:
            lines.append(f"    → {check.mend}")
    output.result({"well": well, "checks": [asdict(check) for check in checks]}, "\n".join(lines))
    return 0 if well else 5


def _checks(data: Path) -> Iterator[Check]:
    yield _permissions(data)
    yield _disk(data)
    yield _memory()
    yield _frontend()
    try:
        with opened(data):
            for look in (_database, _migrations, _clock, _lake, _engine, _secrets):
                yield _safely(look)
    except Failure as failure:
        yield Check(
            t("数据库", "database"), False, failure.message,
            t("看 postgres/server.log；磁盘满了就清理，别的程序占用文件夹就停掉它",
              "see postgres/server.log; free the disk if full, stop what else uses the folder"),
        )  # fmt: skip


def _safely(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Exception as error:  # a doctor must not faint: every other check still runs
        return Check(
            look.__name__.strip("_"), False, f"{type(error).__name__}: {error}",
            t("把这一行连同日志发给维护者", "send this line and the log to the maintainers"),
        )  # fmt: skip


def _permissions(data: Path) -> Check:
    probe = data / ".probe"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
        well, said = True, str(data.resolve())
    except OSError as error:
        well, said = False, str(error)
    return Check(t("权限", "permissions"), well, said,
                 t("让当前用户可写这个文件夹，或用 --data 换一个", "make the folder writable, or choose another with --data"))  # fmt: skip


def _disk(data: Path) -> Check:
    there = next(folder for folder in (data.resolve(), *data.resolve().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return Check(t("磁盘", "disk"), free > LEAST_DISK, t(f"剩余 {free / 1024**3:,.1f} GB", f"{free / 1024**3:,.1f} GB free"),
                 t("至少留 2 GB：清理磁盘，或把 --data 放到更大的盘", "keep 2 GB free: clean up, or put --data on a larger disk"))  # fmt: skip


def _memory() -> Check:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Check(t("内存", "memory"), total > LEAST_MEMORY, f"{total / 1024**3:,.1f} GB",
                 t("至少 2 GB 内存", "at least 2 GB of memory"))  # fmt: skip


def _frontend() -> Check:
    missing = [name for name in frontend.FILES.values() if not (frontend.VENDOR / name).exists()]
    return Check(t("前端文件", "front-end files"), not missing, t("齐全", "complete") if not missing else ", ".join(missing),
                 t("运行 make setup", "run `make setup`"))  # fmt: skip


def _database() -> Check:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select current_setting('server_version'), pg_database_size(current_database())"
        )
        version, size = cursor.fetchone()
    return Check(t("数据库", "database"), int(version.split(".")[0]) >= 16,
                 f"PostgreSQL {version}, {size / 1024**2:,.0f} MB",
                 t("需要 PostgreSQL 16 以上", "PostgreSQL 16 or newer is needed"))  # fmt: skip


def _migrations() -> Check:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Check(t("表结构", "tables"), not waiting, t("最新", "up to date") if not waiting else str(len(waiting)),
                 t("运行 zhiyin up，会自动升级", "run `zhiyin up`, which upgrades them"))  # fmt: skip


def _clock() -> Check:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from clock_timestamp())")
        apart = abs(float(cursor.fetchone()[0]) - time.time())
    sane = time.time() > 1_735_689_600  # 2025: a machine without a clock wakes up long before
    return Check(t("时钟", "clock"), apart < CLOCK_SLACK and sane,
                 t(f"与数据库相差 {apart:.2f} 秒", f"{apart:.2f} s from the database's"),
                 t("校准系统时间（NTP）", "set the system time (NTP)"))  # fmt: skip


def _lake() -> Check:
    from zhiyin.collect.archive import lake

    tables = lake().status()
    said = ", ".join(f"{one.name} {one.rows:,}" for one in tables) or t("还没有表", "no tables yet")
    return Check(t("数据湖", "lake"), True, said)


def _engine() -> Check:
    from django.conf import settings

    from zhiyin.lake.engine import EngineSettings, open_engine
    from zhiyin.lake.errors import EngineError

    name = t("引擎", "engine")
    mend = t(
        "改 ZHIYIN_ENGINE，或装好所缺的：docs/scale.md",
        "change ZHIYIN_ENGINE, or install what is missing: docs/scale.md",
    )
    try:
        with open_engine(settings=EngineSettings(settings.ENGINE)) as engine:
            answer = engine.ask("select 6 * 7 as n", {})["n"].to_pylist()
    except EngineError as error:
        return Check(name, False, str(error), mend)
    return Check(name, answer == [42], settings.ENGINE, mend)


def _secrets() -> Check:
    from django.conf import settings

    folder = Path(settings.DATA) / "secrets"
    open_to_others = [p.name for p in folder.glob("*") if p.stat().st_mode & 0o077]
    return Check(t("密钥", "secrets"), not open_to_others, t("只有本人可读", "readable by the owner alone") if not open_to_others else ", ".join(open_to_others),
                 t(f"运行 chmod 600 '{folder}'/*", f"run: chmod 600 '{folder}'/*"))  # fmt: skip
