"""Commands about the lake: how large, made tidy, checked, and persons erased from it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from zhiyin.cli.given import day_of, listed_in
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.lake import Compacted, Finding, Receipt, TableStatus


def status(options: Namespace, output: Output) -> int:
    """Files, rows, bytes, days and version of every table, now or at a moment."""
    at = _moment(options.as_of) if options.as_of else None
    with opened(options.data):
        from zhiyin.collect.archive import lake

        tables = lake().status(at)
        output.result(
            {"as_of": at.isoformat() if at else None, "tables": [asdict(one) for one in tables]},
            "\n".join(_size(one) for one in tables),
        )
    return 0


def _size(one: TableStatus) -> str:
    if one.version < 0:
        return f"{one.name:<12} {t('还没有数据', 'nothing yet')}"
    days = f"{one.first_day} – {one.last_day}" if one.first_day else "–"
    return t(
        f"{one.name:<12} {one.rows:>12,} 行  {one.files:>7,} 个文件  {one.bytes / 1e6:>10,.1f} MB  "
        f"{days}  版本 {one.version}",
        f"{one.name:<12} {one.rows:>12,} rows  {one.files:>7,} files  {one.bytes / 1e6:>10,.1f} MB  "
        f"{days}  version {one.version}",
    )


def compact(options: Namespace, output: Output) -> int:
    """Rewrite days that are over, or one day, into large files in order."""
    day = day_of(options.day) if options.day else None
    with opened(options.data):
        from django.utils import timezone

        from zhiyin.collect import lake_care

        before = None if day else lake_care.due_before(timezone.now())
        done = lake_care.compact(output.progress, before=before, day=day)
        said = [_compacted(name, one) for name, one in done.items() if one.days]
        output.result(
            {"tables": {name: asdict(one) for name, one in done.items()}},
            "\n".join(said) or t("没有需要整理的日子。", "No day needs it."),
        )
    return 0


def _compacted(name: str, one: Compacted) -> str:
    return t(
        f"{name}：{one.days:,} 天，{one.rows:,} 行，{one.files_before:,} → {one.files:,} 个文件，"
        f"{one.bytes_before / 1e6:,.1f} → {one.bytes / 1e6:,.1f} MB",
        f"{name}: {one.days:,} days, {one.rows:,} rows, {one.files_before:,} → {one.files:,} files, "
        f"{one.bytes_before / 1e6:,.1f} → {one.bytes / 1e6:,.1f} MB",
    )


def verify(options: Namespace, output: Output) -> int:
    """Read every byte of the newest versions; 5 where something is wrong."""
    with opened(options.data):
        from zhiyin.collect import lake_care

        found = list(lake_care.verify(output.progress))
        said = [_wrong(one) for one in found]
        output.result(
            {"sound": not found, "findings": [asdict(one) for one in found]},
            "\n".join(said) or t("数据湖完好。", "The lake is sound."),
        )
    return 5 if found else 0


def _wrong(one: Finding) -> str:
    from zhiyin.lake import Problem

    words = {
        Problem.LOG: ("表的日志读不出来", "the table's log cannot be read"),
        Problem.CHECKPOINT: ("检查点读不出来", "a checkpoint cannot be read"),
        Problem.MISSING: ("文件不见了", "a file is missing"),
        Problem.DAMAGED: ("文件损坏", "a file is damaged"),
        Problem.ROWS: ("行数与日志不符", "another number of rows than the log tells"),
        Problem.DOUBLED: (
            "这一天起一周内有重复的行", "rows that are there twice, in the week from this day"
        ),
        Problem.ERASED: ("有已删除客户的行", "rows of somebody who was erased"),
    }  # fmt: skip
    detail = f" ({one.detail})" if one.detail else ""
    return f"{one.table}: {t(*words[one.problem])}: {one.subject}{detail}"


def erase(options: Namespace, output: Output) -> int:
    """Erase persons from every table and version of the lake; prints the receipt."""
    given = options.identifiers
    nothing = t(f"{given} 里没有标识。", f"No identifier in {given}.")
    listed = listed_in(given, nothing=nothing) if given else []
    with opened(options.data):
        from zhiyin.cli.users import system_user
        from zhiyin.collect import lake_care

        ids = _of_customer(options.customer) if options.customer else listed
        receipt, path = lake_care.erase(ids, by=system_user(), progress=output.progress)
        output.result({**receipt.as_json(), "file": str(path)}, _told(receipt, path))
    return 0


def _told(receipt: Receipt, path: Path) -> str:
    lines = [
        t(
            f"已从数据湖删除 {receipt.rows_erased:,} 行（{receipt.identifiers:,} 个标识），回执：{path}",
            f"Erased {receipt.rows_erased:,} rows of {receipt.identifiers:,} identifiers "
            f"from the lake; receipt: {path}",
        )
    ]
    for one in receipt.tables:
        lines.append(
            t(
                f"  {one.name}：{one.rows_erased:,} 行，版本 {one.version_before} → {one.version_after}，"
                f"删除文件 {one.files_removed:,} 个，复查剩余 {one.rows_left:,} 行",
                f"  {one.name}: {one.rows_erased:,} rows, version {one.version_before} → "
                f"{one.version_after}, {one.files_removed:,} files removed, "
                f"{one.rows_left:,} rows left on looking again",
            )
        )
        if one.files_unswept:
            lines.append(
                t(f"  另有 {one.files_unswept:,} 个未提交的文件，将随旧版本一起清除",
                  f"  and {one.files_unswept:,} files that nobody committed, removed with the older versions")
            )  # fmt: skip
    return "\n".join(lines)


def _of_customer(number: str) -> list[str]:
    """The customer's own id, and those of everything that points at them."""
    from zhiyin.customers.models import Customer, Identifier

    found = list(Customer.objects.filter(number=number).values_list("pk", flat=True)[:2])
    if len(found) != 1:
        raise Failure(
            t("没有这个客户编号。", "No customer has this number.")
            if not found
            else t("不止一位客户有这个编号，请用 --identifiers。",
                   "More than one customer has this number: use --identifiers."),
            code=3,
        )  # fmt: skip
    own = Identifier.objects.filter(customer=found[0]).values_list("pk", flat=True)
    return [str(found[0]), *(str(pk) for pk in own)]


def _moment(text: str) -> datetime:
    """A moment, in UTC where it does not say; of a day, its end."""
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-01") else None
        if day is not None:
            return datetime.combine(day + timedelta(days=1), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Failure(
            t(f"不是时刻：{text}（例：2026-03-01T18:00+08:00）",
              f"Not a moment: {text} (like 2026-03-01T18:00+08:00)"), code=2,
        ) from error  # fmt: skip
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
