"""Commands about sources of events and what came from them."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.users import acting
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.collect.models import Source, WriteKey


def create(options: Namespace, output: Output) -> int:
    """A new source with its write key."""
    with opened(options.data):
        from django.core.exceptions import ValidationError
        from django.core.validators import validate_slug

        from zhiyin.collect import tracking_services
        from zhiyin.collect.models import Source

        try:
            validate_slug(options.name)
        except ValidationError:
            raise Failure(
                t("来源代号只能含字母、数字、- 和 _。",
                  "A source's key holds letters, digits, - and _ only."), code=2,
            ) from None  # fmt: skip
        if Source.objects.filter(key=options.name).exists():
            raise Failure(t(f"来源 {options.name} 已存在。", f"{options.name} exists already."))
        try:
            made = tracking_services.create(
                by=acting(), key=options.name, name_zh=options.title or options.name,
                name_en=options.title or options.name, kind=Source.Kind(options.kind),
                origins=options.origin,
            )  # fmt: skip
        except tracking_services.NotAnOrigin as error:
            raise Failure(
                t(f"{error} 不是网页来源，请写成 https://shop.example",
                  f"{error} is not an origin; write it like https://shop.example"), code=2,
            ) from error  # fmt: skip
        output.result(
            _told(made.source, made), t(f"写入密钥：{made.key}", f"Write key: {made.key}")
        )
    return 0


def list_all(options: Namespace, output: Output) -> int:
    """All sources."""
    with opened(options.data):
        from zhiyin.collect.models import Source

        found = list(Source.objects.order_by("key"))
        rows = [{"source": one.key, "kind": one.kind, "enabled": one.enabled} for one in found]
        output.result({"sources": rows}, "\n".join(f"{o.key:<30} {o.kind}" for o in found))
    return 0


def rotate(options: Namespace, output: Output) -> int:
    """A new key for a source; the old one writes on for a while."""
    with opened(options.data):
        from zhiyin.collect import tracking_services

        source = source_named(options.name)
        keys = tracking_services.keys_in_use(source)
        made = (
            tracking_services.exchange(keys[0], by=acting())
            if keys
            else tracking_services.add_key(source, by=acting())
        )
        output.result(
            _told(source, made), t(f"新的写入密钥：{made.key}", f"New write key: {made.key}")
        )
    return 0


def revoke(options: Namespace, output: Output) -> int:
    """Take a key away."""
    with opened(options.data):
        from zhiyin.collect import tracking_services
        from zhiyin.collect.models import WriteKey

        found = WriteKey.objects.filter(key=options.key).first()
        if found is None:
            raise Failure(t("没有这个写入密钥。", "There is no such write key."), code=3)
        tracking_services.revoke(found, by=acting())
        output.result({"revoked": True}, t("密钥已停用。", "The key no longer writes."))
    return 0


def count(options: Namespace, output: Output) -> int:
    """How many events of a source are stored, set aside, waiting."""
    with opened(options.data):
        from zhiyin.collect.queries import event_counts

        found = event_counts(source_named(options.source) if options.source else None)
        words = {
            "stored": t("已入库", "stored"), "distinct": t("不重复", "distinct"),
            "rejected": t("被搁置", "rejected"), "waiting": t("等待处理", "waiting"),
            "unarchived": t("待归档", "not yet in the lake"),
        }  # fmt: skip
        lines = [f"{words[name]:<20} {value:,}" for name, value in found.items()]
        output.result(dict(found), "\n".join(lines))
    return 0


def collect(options: Namespace, output: Output) -> int:
    """The tracking API alone, until Ctrl-C: for a machine of its own."""
    from zhiyin.cli import serve

    with opened(options.data):
        port = options.port
        serve.wait_for_port(options.host, port)
        api = serve.child(
            "uvicorn", "zhiyin.collect.tracking.starting:standalone", "--factory", "--host",
            options.host, "--port", str(port), "--workers", str(options.workers), "--lifespan",
            "on", "--no-access-log", "--no-server-header", "--log-level", "warning",
            "--timeout-graceful-shutdown", "5",
        )  # fmt: skip
        url = f"http://{options.host}:{port}"
        serve.wait_until_listening(options.host, port, api)
        output.result({"url": url, "pid": os.getpid()},
                      t(f"事件接收接口：{url}/v1/batch", f"Taking events: {url}/v1/batch"))  # fmt: skip
        return serve.stay_with(api)


def source_named(key: str) -> Source:
    """The source with this key; ends the command where there is none."""
    from zhiyin.collect.models import Source

    found = Source.objects.filter(key=key).first()
    if found is None:
        raise Failure(t(f"没有来源 {key}。", f"There is no source {key}."), code=3)
    return found


def _told(source: Source, key: WriteKey) -> dict[str, object]:
    return {"source": source.key, "write_key": key.key, "origins": key.origins}
