"""Commands about the tracking plan of a source."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.sources import source_named
from zhiyin.cli.users import acting
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.collect.models import Source
    from zhiyin.collect.plan.schema import Plan
    from zhiyin.collect.plan.trying import Tried

SOME_REJECTED = 4
SHOWN = 50


def show(options: Namespace, output: Output) -> int:
    """The plan that holds, and how today's events follow it."""
    with opened(options.data):
        from django.utils import timezone

        from zhiyin.collect.plan import drift, services
        from zhiyin.collect.plan.schema import to_json

        source = source_named(options.name)
        plan = services.plan_of(source)
        found = drift.report(source, timezone.now())
        lines = [
            t(f"版本 {source.plan_version}，{len(plan.events)} 个事件",
              f"Version {source.plan_version}, {len(plan.events)} events"),
            t(f"{drift.DAYS} 天内 {sum(found.came):,} 个事件，{sum(found.deviated):,} 个不符合计划",
              f"{sum(found.came):,} events in {drift.DAYS} days, {sum(found.deviated):,} deviate"),
            *(f"{one.events:>8,}  {one.fault:<17} {one.event}  {one.about}"
              for one in found.ways[:SHOWN]),
            *(t(f"不再出现：{one.event}", f"Stopped coming: {one.event}") for one in found.stopped),
        ]  # fmt: skip
        held = {
            "source": source.key, "version": source.plan_version, "plan": to_json(plan),
            "events": sum(found.came), "deviate": sum(found.deviated),
            "ways": [{"event": one.event, "property": one.about, "fault": one.fault.value,
                      "came": one.came, "events": one.events} for one in found.ways],
            "stopped": [one.event for one in found.stopped],
        }  # fmt: skip
        output.result(held, "\n".join(lines))
    return 0


def learn(options: Namespace, output: Output) -> int:
    """Take what was learnt into the plan: all of it, or some events."""
    with opened(options.data):
        from zhiyin.collect.plan import services
        from zhiyin.collect.plan.schema import Place

        source = source_named(options.name)
        only = [Place(name) for name in options.event] or None
        changed = services.accept(source, by=acting(), base=None, only=only)
        _said(source, changed, output)
    return 0


def export(options: Namespace, output: Output) -> int:
    """Write the plan as a file."""
    with opened(options.data):
        from zhiyin.collect.plan import services
        from zhiyin.collect.plan.schema import write

        source = source_named(options.name)
        text = write(services.plan_of(source))
        if options.file == "-":
            sys.stdout.write(text)
            return 0
        Path(options.file).write_text(text, encoding="utf-8")
        told = t("已导出到", "Written to") + f" {options.file}"
        output.result({"file": options.file, "version": source.plan_version}, told)
    return 0


def bring(options: Namespace, output: Output) -> int:
    """Let the plan of a file hold."""
    with opened(options.data):
        from zhiyin.collect.plan import services

        source = source_named(options.name)
        plan = _plan(options.file)
        changed = services.save(source, plan, by=acting(), base=None, note=services.IMPORTED)
        _said(source, changed, output)
    return 0


def check(options: Namespace, output: Output) -> int:
    """Hold messages of a file against the plan; 4 where one deviates or can be no event."""
    with opened(options.data):
        from django.conf import settings
        from django.utils import timezone

        from zhiyin.collect.plan import services, trying

        source = source_named(options.name)
        plan = _plan(options.plan) if options.plan else services.plan_of(source)
        found = list(trying.tried(source.pk, plan, _bytes(options.file), timezone.now(),
                                  settings.CURRENCY))  # fmt: skip
        bad = [one for one in found if one.unfit or one.deviations]
        lines = [f"{one.number:>5}  {one.name}: {_why(one)}" for one in bad[:SHOWN]]
        lines.append(t(f"{len(found):,} 条消息，{len(bad):,} 条不符合",
                       f"{len(found):,} messages, {len(bad):,} deviate"))  # fmt: skip
        held = [{"number": one.number, "event": one.name, "why": _why(one)} for one in bad]
        output.result({"messages": len(found), "deviate": held}, "\n".join(lines))
    return SOME_REJECTED if bad else 0


def _why(one: Tried) -> str:
    from zhiyin.collect import reasons
    from zhiyin.collect.plan import wording

    if one.unfit:
        return f"{reasons.told(one.unfit).title}{f': {one.detail}' if one.detail else ''}"
    return wording.sentences(wording.kept(one.deviations))


def _said(source: Source, changed: bool, output: Output) -> None:
    told = t(
        f"埋点计划为版本 {source.plan_version}", f"The plan is at version {source.plan_version}"
    )
    if not changed:
        told = t("没有不同。", "No difference.")
    held = {"source": source.key, "version": source.plan_version, "changed": changed}
    output.result(held, told)


def _plan(file: str) -> Plan:
    from zhiyin.collect.plan.schema import CannotBe, read

    try:
        return read(_bytes(file))
    except CannotBe as error:
        raise Failure(str(error), code=2) from error


def _bytes(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Failure(
            t(f"读不了 {file}：{error}", f"{file} cannot be read: {error}"), code=3
        ) from error
