"""Commands about data: import, undo, train, count a segment."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import is_chinese, t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.collect.models import Import

SUFFIXES = {".parquet", ".csv", ".tsv", ".gz", ".xlsx", ".xls", ".jsonl", ".ndjson"}


def import_file(options: Namespace, output: Output) -> int:
    """Import a file, or every data file of a folder."""
    files = _files(options.path)
    with opened(options.data):
        _finish_interrupted(output)
        done = [_import_one(file, options, output) for file in files]
    result = done[0] if len(done) == 1 else {"imports": done}
    output.result(result, "\n".join(_sentence(one) for one in done))
    return 4 if any(one["rejected"] for one in done) else 0


def _finish_interrupted(output: Output) -> None:
    """What a killed process left half loaded comes first, or it would stay so."""
    from zhiyin.collect import resuming, services

    for one in resuming.interrupted():
        output.say(
            t(f"继续上次中断的导入：{one.file_name}",
              f"Finishing an import that was interrupted: {one.file_name}")
        )  # fmt: skip
        with resuming.held(one):
            services.load(one, by=one.owner, progress=output.progress)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES)
        if not found:
            raise Failure(t(f"{path} 里没有数据文件。", f"No data file in {path}."), code=3)
        return found
    if not path.exists():
        raise Failure(t(f"找不到 {path}。", f"{path} does not exist."), code=3)
    return [path]


def _import_one(path: Path, options: Namespace, output: Output) -> dict[str, Any]:
    import msgspec

    from zhiyin.cleaning.errors import FileProblem
    from zhiyin.cleaning.fields import Kind
    from zhiyin.cleaning.mapping import Mapping, guess_mapping
    from zhiyin.cli.users import system_user
    from zhiyin.collect import files, resuming, services

    by = system_user()
    output.say(t(f"读取 {path.name}", f"Reading {path.name}"))
    try:
        one = services.begin(files.read_chunks(path), file_name=path.name, by=by)
        mapping = msgspec.convert(one.mapping, Mapping)
        changes = {
            "source": options.source or (path.parent.name if options.path.is_dir() else None),
            "currency": options.currency,
            "timezone": options.timezone,
        }
        if options.kind:
            mapping = guess_mapping(services.look_at(one), Kind(options.kind))
        mapping = msgspec.structs.replace(mapping, **{k: v for k, v in changes.items() if v})
        services.map_columns(one, mapping, by=by)
        services.check(one, by=by, progress=output.progress)
        if not options.dry_run:
            with resuming.held(one):
                services.load(one, by=by, progress=output.progress)
    except FileProblem as problem:
        raise Failure(problem.message["zh" if is_chinese() else "en"]) from problem
    if options.rejects and one.rejected:
        _write_rejects(one, options.rejects)
    return _facts(one)


def _write_rejects(one: Import, target: Path) -> None:
    from zhiyin.cleaning.rejects import write_rejects
    from zhiyin.collect import services

    columns = [column.name for column in services.look_at(one, 1).columns]
    with target.open("wb") as out:
        write_rejects(
            services.rejected_rows(one), columns, out, language="zh" if is_chinese() else "en"
        )


def _facts(one: Import) -> dict[str, Any]:
    return {
        "import": str(one.pk), "file": one.file_name, "kind": one.kind, "state": one.state,
        "rows": one.rows, "loaded": one.loaded, "known": one.known, "rejected": one.rejected,
        "findings": one.report.get("findings", []),
    }  # fmt: skip


def _sentence(one: dict[str, Any]) -> str:
    language = "zh" if is_chinese() else "en"
    lines = [
        t(
            f"{one['file']}：{one['rows']:,} 行，导入 {one['loaded']:,}，已有 {one['known']:,}，"
            f"拒绝 {one['rejected']:,}（编号 {one['import']}）",
            f"{one['file']}: {one['rows']:,} rows, {one['loaded']:,} loaded, "
            f"{one['known']:,} known already, {one['rejected']:,} rejected (id {one['import']})",
        )
    ]
    lines += [f"  {f['count']:>9,}  {f['sentence'][language]}" for f in one["findings"]]
    return "\n".join(lines)


def undo(options: Namespace, output: Output) -> int:
    """Undo an import as a whole."""
    with opened(options.data):
        from django.core.exceptions import ValidationError

        from zhiyin.cli.users import system_user
        from zhiyin.collect import services
        from zhiyin.collect.models import Import

        try:
            one = Import.objects.get(pk=options.id)
        except (Import.DoesNotExist, ValidationError) as error:
            raise Failure(t("没有这个导入。", "There is no such import."), code=3) from error
        try:
            services.undo(one, by=system_user(), progress=output.progress)
        except services.NotNow as error:
            raise Failure(
                t(f"现在不能撤销：这个导入的状态是“{one.get_state_display()}”。",
                  f"It cannot be undone now: this import is “{one.get_state_display()}”.")
            ) from error  # fmt: skip
        output.result(_facts(one), t("已整体撤销。", "Undone as a whole."))
    return 0


def train(options: Namespace, output: Output) -> int:
    """Features, backtests at three dates, fits and scores for everyone."""
    with opened(options.data):
        from zhiyin.cli.users import system_user
        from zhiyin.customers import training
        from zhiyin.lake.errors import EngineError

        try:
            done = training.train(by=system_user(), progress=output.progress)
        except training.NothingToLearn as error:
            raise Failure(error.zh if is_chinese() else error.en) from error
        except EngineError as error:
            raise Failure(
                t(f"计算引擎用不了：{error}", f"The engine cannot be used: {error}")
            ) from error
        fields = {"as_of": done.as_of, "customers": done.customers, "seconds": done.seconds,
                  "models": done.models}  # fmt: skip
        text = "\n".join(
            [t(f"已为 {done.customers:,} 位客户评分，截至 {done.as_of:%Y-%m-%d}",
               f"Scored {done.customers:,} customers as of {done.as_of:%Y-%m-%d}"),
             *(f"  {m['name']:<14} {m['sentence']['zh' if is_chinese() else 'en']}"
               for m in done.models)]
        )  # fmt: skip
        output.result(fields, text)
    return 0


def segment_list(options: Namespace, output: Output) -> int:
    """All segments with their size."""
    with opened(options.data):
        from zhiyin.customers.models import Segment

        rows = [
            {"id": str(s.pk), "name": s.name, "size": s.size, "computed_at": s.computed_at}
            for s in Segment.objects.filter(archived_at=None).order_by("name")
        ]
        text = "\n".join(f"{row['id']}  {row['size'] or 0:>8,}  {row['name']}" for row in rows)
        output.result({"segments": rows}, text or t("还没有分群。", "No segments yet."))
    return 0


def segment_count(options: Namespace, output: Output) -> int:
    """How many customers a segment, or a rule from a file, holds now."""
    with opened(options.data):
        from zhiyin.customers import segmentation
        from zhiyin.customers.models import Segment

        if options.tree:
            try:
                tree = segmentation.decode(options.tree.read_bytes())
            except (OSError, ValueError) as error:
                raise Failure(
                    t(f"规则读不出来：{error}", f"The rule cannot be read: {error}"), code=2
                ) from error
        else:
            found = Segment.objects.filter(name=options.name or "").first()
            found = found or _segment_by_id(options.name)
            if found is None:
                raise Failure(t("没有这个分群。", "There is no such segment."), code=3)
            tree = segmentation.decode(json.dumps(found.tree).encode())
        problems = segmentation.problems(tree)
        if problems:
            text = "; ".join(p.message["zh" if is_chinese() else "en"] for p in problems)
            raise Failure(text, code=2)
        counted = segmentation.count(tree)
        sentence = segmentation.sentence(tree)
        fields = {
            "count": counted.count,
            "milliseconds": counted.milliseconds,
            "sentence": sentence,
        }
        output.result(fields, f"{counted.count:,}  {sentence['zh' if is_chinese() else 'en']}")
    return 0


def _segment_by_id(name: str | None) -> Any:
    from django.core.exceptions import ValidationError

    from zhiyin.customers.models import Segment

    try:
        return Segment.objects.filter(pk=name).first() if name else None
    except ValidationError:
        return None
