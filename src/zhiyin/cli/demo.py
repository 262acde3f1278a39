"""The commands `zhiyin demo` and `zhiyin demo generate`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from argparse import Namespace
from pathlib import Path

from zhiyin import embedded
from zhiyin.cli import serve
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

MARKER = "demo.json"
BEGUN = "demo.begun"  # there only while the demo is being loaded
KEPT = ("postgres", "lake", "models", "imports", "files", "uploads", "secrets", "static",
        MARKER, "up.json", "audit_head.json", BEGUN)  # fmt: skip


def demo(options: Namespace, output: Output) -> int:
    """Load the demo once, then start; a later call keeps the data and is up in seconds."""
    with serve.only_one(options.data, output) as free:
        if not free and options.reset:
            raise Failure(
                t("要清空演示，请先在运行它的终端按 Ctrl-C 停止它。",
                  "To start the demo afresh, first stop it: Ctrl-C where it runs.")
            )  # fmt: skip
        if not free:
            return 0
        if options.reset:
            _empty(options.data)
        elif (options.data / BEGUN).exists() and not (options.data / MARKER).exists():
            output.say(
                t("上次装入演示数据没有完成，重新开始。",
                  "Loading the demo was interrupted; starting it afresh.")
            )  # fmt: skip
            _empty(options.data)
        fresh = not (options.data / MARKER).exists()
        with opened(options.data):
            sign_in = _loaded(options.data, output)
            if options.no_serve:
                output.result(sign_in.fields, "\n".join(sign_in.lines))
                return 0
            if not fresh:
                return serve.serve(options, output, more=sign_in)
    return _begin_anew(options)


def _begin_anew(options: Namespace) -> int:
    """Serve in a fresh program in our place: loading left hundreds of megabytes behind."""
    words = ["--data", str(options.data), "--host", options.host, "--port", str(options.port),
             "--workers", str(options.workers), *(["--json"] if options.json else [])]  # fmt: skip
    words += ["--lang", options.lang] if options.lang else []
    os.execv(sys.executable, [sys.executable, "-m", "zhiyin", "demo", *words])  # noqa: S606


def _loaded(data: Path, output: Output) -> serve.Told:
    """Load what is not there yet; how to sign in."""
    marker, begun_marker = data / MARKER, data / BEGUN
    account = data / "secrets" / "demo_sign_in.json"
    if not marker.exists():
        from zhiyin.cli import demo_load
        from zhiyin.customers.models import Customer

        if Customer.objects.exists():
            raise Failure(
                t(f"{data} 里已有客户，演示数据不会混进去；请换一个 --data。",
                  f"{data} holds customers already, and the demo is not mixed into them; "
                  "choose another --data.")
            )  # fmt: skip
        begun = time.monotonic()
        begun_marker.touch()
        people = demo_load.load(output)
        _write_private(account, people)
        marker.write_text(json.dumps(demo_load.facts(), ensure_ascii=False))
        begun_marker.unlink(missing_ok=True)
        output.say(
            t(f"演示数据已装入，用时 {time.monotonic() - begun:.0f} 秒。",
              f"Demo loaded in {time.monotonic() - begun:.0f} s.")
        )  # fmt: skip
    known = json.loads(account.read_text())
    first = known[0]
    return serve.Told(
        {"email": first["email"], "password": first["password"], "sign_ins": str(account)},
        (t(f"登录：{first['email']}  密码：{first['password']}",
           f"Sign in: {first['email']}  password: {first['password']}"),
         t(f"其他角色的登录见 {account}", f"Other roles' sign-ins are in {account}")),
    )  # fmt: skip


def _write_private(path: Path, content: object) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)


def _empty(data: Path) -> None:
    """Remove only what we keep in the folder, after stopping a server left by a kill -9."""
    if os.environ.get("DATABASE_URL"):
        raise Failure(
            t("使用自己的 PostgreSQL（DATABASE_URL）时请自行清空数据库。",
              "With a PostgreSQL of your own (DATABASE_URL), empty its database yourself.")
        )  # fmt: skip
    if (data / "postgres" / "PG_VERSION").exists():
        embedded.stop(embedded.ensure(data), even_if_used=True)
    for name in KEPT:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def generate(options: Namespace, output: Output) -> int:
    """Write simulated customers, orders and events of any number as Parquet."""
    from zhiyin.demo.scale import generate as write

    if options.customers < 1:
        raise Failure(t("--customers 至少为 1。", "--customers must be at least 1."), code=2)

    def told(done: int, total: int) -> None:
        output.progress(t("生成客户", "customers"), done, total)

    made = write(options.customers, seed=options.seed, out=options.out, progress=told)
    fields = {"out": str(made.folder), "customers": made.customers, "orders": made.orders,
              "lines": made.lines, "events": made.events}  # fmt: skip
    output.result(
        fields,
        t(f"{made.customers:,} 位客户、{made.orders:,} 笔订单、{made.events:,} 个事件写入 {made.folder}",
          f"{made.customers:,} customers, {made.orders:,} orders and {made.events:,} events in {made.folder}"),
    )  # fmt: skip
    return 0
