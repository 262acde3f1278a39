"""Commands about the configuration as one file: export it, compare it, apply it."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.users import acting
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.objects.configuration import Step

SHOWN = 60


def export(options: Namespace, output: Output) -> int:
    """Write the configuration of this workspace."""
    with opened(options.data):
        from zhiyin.objects import configuration

        text = configuration.export()
        if options.file == "-":
            sys.stdout.write(text)
            return 0
        Path(options.file).write_text(text, encoding="utf-8")
        counts = {k: len(v) for k, v in json.loads(text).items() if isinstance(v, dict)}
        told = t("已导出到", "Written to") + f" {options.file}"
        output.result({"file": options.file, "items": counts}, told)
    return 0


def diff(options: Namespace, output: Output) -> int:
    """What the file would change; 1 where there is anything."""
    with opened(options.data):
        from zhiyin.objects import configuration

        steps = configuration.plan(_read(_text(options.file)))
        output.result({"steps": [_as_json(one) for one in steps]}, _told(steps))
    return 1 if steps else 0


def apply(options: Namespace, output: Output) -> int:
    """Make the workspace as the file says: all of it or nothing."""
    with opened(options.data):
        from zhiyin.objects import configuration
        from zhiyin.objects.configuration import Destructive, Refused

        text = _text(options.file)
        wanted = _read(text)
        steps = configuration.plan(wanted)
        if options.dry_run:
            plan = {"applied": False, "steps": [_as_json(one) for one in steps]}
            output.result(plan, _told(steps))
            return 0
        if steps:
            output.say(_told(steps))
        by = acting()
        try:
            done = configuration.apply(wanted, by=by, allow_destructive=options.allow_destructive)
        except Destructive as refused:
            names = ", ".join(f"{one.section} {one.key}" for one in refused.steps[:10])
            raise Failure(
                t(f"会移除、停用或改变类型，需要 --allow-destructive：{names}",
                  f"This removes, retires or converts; it needs --allow-destructive: {names}"),
                steps=[_as_json(one) for one in refused.steps],
            ) from refused  # fmt: skip
        except Refused as refused:
            line = configuration.line_of(text, refused.step.section, refused.step.key)
            where = f"{refused.step.section} {refused.step.key}"
            where = t(f"第 {line} 行，{where}", f"Line {line}, {where}") if line else where
            raise Failure(
                t(f"没有应用任何改动。{where}：{refused.reason}",
                  f"Nothing was applied. {where}: {refused.reason}"),
            ) from refused  # fmt: skip
        told = t(f"已应用 {len(done)} 处改动。", f"Applied {len(done)} changes.")
        output.result({"applied": True, "steps": [_as_json(one) for one in done]}, told)
    return 0


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(
            t(f"读不了 {file}：{error}", f"{file} cannot be read: {error}"), code=3
        ) from error


def _read(text: str) -> dict[str, dict[str, Any]]:
    from zhiyin.objects.configuration import Unusable, read

    try:
        return read(text)
    except Unusable as error:
        raise Failure(t(error.zh, error.en), code=2) from error


def _as_json(step: Step) -> dict[str, Any]:
    return {
        "section": step.section, "key": step.key, "what": step.what.value,
        "destructive": step.destructive, "parts": step.parts, "before": step.before,
        "after": step.after,
    }  # fmt: skip


def _told(steps: list[Step]) -> str:
    """A line an item, and one for each part that differs."""
    if not steps:
        return t("没有不同。", "No difference.")
    lines = []
    for step in steps:
        sign = {"add": "+", "change": "~", "remove": "-"}[step.what.value]
        mark = " !" if step.destructive else ""
        lines.append(f"{sign} {step.section}  {step.key}{mark}")
        for part in step.parts:
            lines.append(
                f"    {part}: {_short(step.before.get(part))} → {_short(step.after.get(part))}"
            )
    return "\n".join(lines)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
