"""Erasing customers everywhere, with a preview, and taking up what was killed."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING
from uuid import UUID

from zhiyin.cli.given import listed_in
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

if TYPE_CHECKING:
    from zhiyin.govern.erasing import Preview
    from zhiyin.govern.models import Erasure


def erase(options: Namespace, output: Output) -> int:
    """Erase customers from PostgreSQL, the lake and all files; prints the receipt."""
    if options.welcome:
        return _welcome(options, output)
    nothing = t(f"{options.file} 里没有客户编号。", f"No customer number in {options.file}.")
    listed = listed_in(options.file, nothing=nothing) if options.file else []
    numbers = [*options.customer, *listed]
    if bool(numbers) is options.resume:
        raise Failure(
            t("请给出 --customer 或 --file，或只用 --resume。",
              "Give --customer or --file, or --resume alone."), code=2,
        )  # fmt: skip
    with opened(options.data):
        from zhiyin.cli.users import system_user
        from zhiyin.govern import erasing

        if options.resume:
            return _resume(output)
        ids = _of(numbers)
        if options.dry_run:
            found = erasing.preview(ids, keep_orders=not options.with_orders)
            output.result(_facts(found), _previewed(found))
            return 0
        one = erasing.prepare(
            ids, by=system_user(), reason=options.reason, keep_orders=not options.with_orders
        )
        erasing.run(one, output.progress, rewrite_now=not options.later)
        output.result(_receipt(one), _told(one))
    return 0


def _resume(output: Output) -> int:
    from zhiyin.govern import erasing

    begun = erasing.unfinished()
    for one in begun:
        erasing.run(one, output.progress, rewrite_now=False)
    done = erasing.rewrite_waiting(output.progress)
    output.result(
        {"taken_up": len(begun), "done": done},
        t(f"接着做完了 {len(begun):,} 次删除，重写了 {done:,} 次删除的文件。",
          f"Took up {len(begun):,} erasures; wrote the files anew for {done:,}."),
    )  # fmt: skip
    return 0


def _welcome(options: Namespace, output: Output) -> int:
    kind, _, value = options.welcome.partition(":")
    with opened(options.data):
        from zhiyin.cli.users import system_user
        from zhiyin.customers.models import Identifier
        from zhiyin.govern import erasing

        if kind not in Identifier.Kind.values or not value:
            kinds = ", ".join(Identifier.Kind.values)
            raise Failure(
                t(f"格式应为 种类:标识，种类是 {kinds} 之一。",
                  f"It has to be KIND:VALUE, where the kind is one of {kinds}."), code=2,
            )  # fmt: skip
        if not erasing.welcome(kind, value, by=system_user()):
            raise Failure(
                t("没有删除过这个标识。", "Nobody with this identifier was erased."), code=3
            )
        output.result(
            {"welcome": True},
            t("此后收到带有这个标识的数据会重新接收。",
              "What comes with this identifier is taken in again."),
        )  # fmt: skip
    return 0


def _facts(found: Preview) -> dict[str, object]:
    return {
        "customers": found.customers, "identifiers": found.identifiers, "rows": found.rows,
        "kept_without_them": found.kept, "beside": found.beside, "mentions": found.mentions,
    }  # fmt: skip


def _previewed(found: Preview) -> str:
    lines = [
        t(f"将删除 {found.customers:,} 位客户：{found.total:,} 行，{found.identifiers:,} 个标识；"
          f"另有 {found.mentions:,} 处文字提到他们",
          f"{found.customers:,} customers would go: {found.total:,} rows, "
          f"{found.identifiers:,} identifiers; {found.mentions:,} texts mention them"),
    ]  # fmt: skip
    lines += [f"  {table:<28} {n:>10,}" for table, n in sorted(found.rows.items())]
    lines += [
        f"  {table:<28} {n:>10,}  {t('保留，不再指向此人', 'stays, without the person')}"
        for table, n in sorted(found.kept.items())
    ]
    lines += [f"  {name:<28} {n:>10,}" for name, n in sorted(found.beside.items())]
    return "\n".join(lines)


def _receipt(one: Erasure) -> dict[str, object]:
    return {**one.receipt, "erasure": str(one.pk), "state": one.state}


def _told(one: Erasure) -> str:
    rows = sum(one.receipt["rows"].values())
    lake = one.receipt["lake"]["rows_erased"]
    said = [
        t(f"已删除 {one.customers:,} 位客户：数据库 {rows:,} 行，数据湖 {lake:,} 行；"
          f"复查剩余 {one.receipt['left']:,}。回执 {one.pk}",
          f"Erased {one.customers:,} customers: {rows:,} rows of the database, {lake:,} of the "
          f"lake; {one.receipt['left']:,} left on looking again. Receipt {one.pk}"),
    ]  # fmt: skip
    files = one.receipt.get("files")
    if files is None:
        said.append(t("文件将在夜间重写。", "The files are written anew at night."))
    elif files["log_files_removed"] is None:
        said.append(
            t("数据库不由本机管理：其预写日志、归档与备份按它自己的期限保留。",
              "The database server is yours: its write-ahead log, archives and backups keep "
              "what they hold for their own time.")
        )  # fmt: skip
    return "\n".join(said)


def _of(numbers: list[str]) -> list[UUID]:
    """The customers of these numbers; every number must be there, and once."""
    from zhiyin.customers.models import Customer

    found: dict[str, list[UUID]] = {}
    for number, pk in Customer.objects.filter(number__in=numbers).values_list("number", "pk"):
        found.setdefault(number, []).append(pk)
    missing = [number for number in numbers if number not in found]
    if missing:
        raise Failure(
            t(f"没有这个客户编号，共 {len(missing):,} 个，第一个在第 {numbers.index(missing[0]) + 1:,} 位。",
              f"{len(missing):,} customer numbers are not there, the first of them is number "
              f"{numbers.index(missing[0]) + 1:,} of those given."), code=3,
        )  # fmt: skip
    if any(len(ids) > 1 for ids in found.values()):
        raise Failure(
            t("有的编号属于不止一位客户。", "More than one customer has one of these numbers."),
            code=3,
        )
    return [ids[0] for ids in found.values()]
