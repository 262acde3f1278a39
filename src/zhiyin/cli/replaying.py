"""A period of the lake through today's pipeline again."""

from __future__ import annotations

from argparse import Namespace

from zhiyin.cli.given import day_of
from zhiyin.cli.output import Failure, Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened

_WORDS = {
    "days": ("有事件的日子", "days with events"),
    "events": ("看过的事件", "events looked at"),
    "turned_away": ("拒收或属于已删除客户", "refused, or of somebody erased"),
    "events_restored": ("补回的事件", "events that come back"),
    "orders_restored": ("补回的订单", "orders that come back"),
    "orders_without_number": ("缺少订单号、无法补回的订单", "orders without a number, left out"),
    "events_moved": ("改归他人的事件", "events that belong to somebody else now"),
    "orders_moved": ("改归他人的订单", "orders that belong to somebody else now"),
    "made_anonymous": ("因撤回同意而匿名", "made anonymous: consent was withdrawn"),
    "lake_rows_mended": ("去除个人属性的湖中行", "rows of the lake that lose personal properties"),
}


def replay(options: Namespace, output: Output) -> int:
    """Replay days; prints what changed, or with --dry-run what would."""
    first, last = day_of(options.first), day_of(options.last)
    with opened(options.data):
        from zhiyin.cli.users import system_user
        from zhiyin.customers import replaying

        try:
            done = replaying.replay(
                first, last, source=options.source, dry_run=options.dry_run, by=system_user(),
                progress=output.progress,
            )  # fmt: skip
        except replaying.NothingThereError as error:
            raise Failure(
                t(f"没有这个来源，或起止日期颠倒：{error}",
                  f"No such source, or the period ends before it begins: {error}"), code=3,
            ) from error  # fmt: skip
        told = [f"  {t(*_WORDS[name]):<44} {n:>12,}" for name, n in done.facts.items() if n]
        head = (
            t("将会改变（未改变任何内容）：", "What would change (nothing did):")
            if options.dry_run
            else t("已改变：", "What changed:")
        )
        output.result(
            {"dry_run": options.dry_run, "changes": done.changes, **done.facts},
            "\n".join([head, *told]),
        )
    return 0
