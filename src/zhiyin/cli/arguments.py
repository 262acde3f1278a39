"""The arguments of every command, with help in both languages."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from zhiyin import __version__
from zhiyin.cli import (
    audit,
    campaigns,
    config,
    data,
    demo,
    doctor,
    erasing,
    lake,
    plans,
    replaying,
    serve,
    sources,
    users,
)
from zhiyin.cli.output import Failure
from zhiyin.cli.words import t

Options = argparse.Namespace
Run = Callable[[Options, Any], int]


class Parser(argparse.ArgumentParser):
    """argparse whose own words, too, are in the chosen language."""

    def __init__(self, **given: Any) -> None:
        shape = given.pop("formatter_class", Shape)
        super().__init__(**given, add_help=False, formatter_class=shape)
        self._positionals.title = t("参数", "arguments")
        self._optionals.title = t("选项", "options")
        self.add_argument("-h", "--help", action="help", help=t("显示帮助", "show this help"))

    def error(self, message: str) -> NoReturn:
        """Wrong arguments: the reason and where to read more, exit code 2."""
        hint = t(f"用 {self.prog} --help 查看用法。", f"See {self.prog} --help.")
        raise Failure(f"{t('参数不对：', 'Wrong arguments: ')}{message}\n{hint}", code=2)


class Shape(argparse.RawDescriptionHelpFormatter):
    """Help with a usage line in the chosen language."""

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action],
        groups: Iterable[Any], prefix: str | None = None,
    ) -> None:  # fmt: skip
        """As argparse does, with our word for it."""
        prefix = t("用法：", "usage: ") if prefix is None else prefix
        super().add_usage(usage, actions, groups, prefix)


def build(exit_codes: Mapping[int, tuple[str, str]]) -> Parser:
    """The whole parser."""
    codes = "\n".join(f"  {code:>3}  {t(zh, en)}" for code, (zh, en) in exit_codes.items())
    parser = Parser(
        prog="zhiyin",
        description=t("知音：智能客户关系管理与客户数据平台", "Zhiyin: an intelligent CRM on a customer data platform"),
        epilog=t("退出码", "Exit codes") + f":\n{codes}",
    )  # fmt: skip
    parser.add_argument(
        "--version", action="version", version=f"zhiyin {__version__}",
        help=t("显示版本", "show the version"),
    )  # fmt: skip
    parser.add_argument("--lang", choices=["zh", "en"], help=t("语言", "language"))
    commands = parser.add_subparsers(required=True, metavar=t("命令", "COMMAND"))
    up = _command(commands, "up", serve.up, t("启动网页与后台", "Start web and worker"))
    _serving(up)
    shown = _command(
        commands, "demo", demo.demo, t("装入演示数据并启动", "Load the demo and start")
    )
    _serving(shown)
    shown.add_argument("--reset", action="store_true", help=t("先清空，重新开始", "start afresh"))
    shown.add_argument(
        "--no-serve", action="store_true", help=t("只装入，不启动", "load, do not start")
    )
    shown_more = shown.add_subparsers(metavar="generate")
    generate = _command(
        shown_more, "generate", demo.generate,
        t("生成任意规模的模拟数据（Parquet）", "Write simulated data of any size (Parquet)"),
    )  # fmt: skip
    generate.add_argument("--customers", type=int, default=10_000)
    generate.add_argument("--out", type=Path, required=True)
    generate.add_argument("--seed", type=int, default=1)
    _imports(commands)
    _command(
        commands, "train", data.train, t("计算特征、回测并评分", "Features, backtests, scores")
    )
    _sources(commands)
    _segments(commands)
    _campaigns(commands)
    _users(commands)
    _configuration(commands)
    _lake(commands)
    _erasing(commands)
    trail = _command(commands, "audit", audit.verify, t("核验审计链", "Verify the audit chain"))
    trail.add_argument("step", choices=["verify"])
    _command(
        commands,
        "doctor",
        doctor.doctor,
        t("体检，并说明如何修复", "Check everything; say how to mend it"),
    )
    return parser


def _imports(commands: Any) -> None:
    brought = _command(
        commands, "import", data.import_file, t("导入文件或文件夹", "Import a file or folder")
    )
    brought.add_argument("path", type=Path)
    brought.add_argument("--kind", choices=["orders", "customers", "events"])
    brought.add_argument("--source", help=t("来源代号", "key of the source"))
    brought.add_argument("--currency", help="ISO 4217")
    brought.add_argument("--timezone", help="Asia/Shanghai")
    brought.add_argument("--dry-run", action="store_true", help=t("只检查，不导入", "check only"))
    brought.add_argument(
        "--rejects", type=Path, help=t("把被拒绝的行写到此文件", "write rejected rows to this file")
    )
    undone = _command(
        commands, "undo", data.undo, t("整体撤销一次导入", "Undo an import as a whole")
    )
    undone.add_argument("id")


def _sources(commands: Any) -> None:
    source = commands.add_parser("source", help=t("事件来源", "Sources of events"))
    steps = source.add_subparsers(required=True)
    _command(steps, "list", sources.list_all, t("列出来源", "List sources"))
    new = _command(
        steps, "create", sources.create,
        t("新建来源，显示写入密钥", "Add a source; prints its write key"),
    )  # fmt: skip
    new.add_argument("name", help=t("来源代号", "key of the source"))
    new.add_argument("--title", default="", help=t("显示的名称", "the name that is shown"))
    new.add_argument(
        "--kind", default="web", choices=["web", "shop", "till", "service", "messages"]
    )
    new.add_argument(
        "--origin", action="append", default=[],
        help=t("允许的网页来源，可多次", "a page that may use the key; may be repeated"),
    )  # fmt: skip
    turned = _command(steps, "rotate", sources.rotate, t("更换写入密钥", "Exchange the write key"))
    turned.add_argument("name")
    ended = _command(steps, "revoke", sources.revoke, t("停用写入密钥", "Take a write key away"))
    ended.add_argument("key")
    _plans(steps)
    event = commands.add_parser("events", help=t("事件", "Events"))
    steps = event.add_subparsers(required=True)
    count = _command(
        steps, "count", sources.count, t("数一数事件", "Count stored, set aside, waiting events")
    )
    count.add_argument("--source", help=t("来源代号", "key of the source"))
    alone = _command(
        commands, "collect", sources.collect,
        t("只启动事件接收接口", "The tracking API alone"),
    )  # fmt: skip
    alone.add_argument("--host", default="127.0.0.1")
    alone.add_argument("--port", type=int, default=8100)
    alone.add_argument("--workers", type=int, default=1)


def _plans(steps: Any) -> None:
    plan = steps.add_parser("plan", help=t("埋点计划", "The tracking plan of a source"))
    steps = plan.add_subparsers(required=True)
    _command(
        steps, "show", plans.show, t("查看计划与偏离", "Show it and what deviates")
    ).add_argument("name", help=t("来源代号", "key of the source"))
    taken = _command(
        steps, "learn", plans.learn, t("把学到的加入计划", "Take what was learnt into it")
    )
    taken.add_argument("name")
    taken.add_argument(
        "--event", action="append", default=[],
        help=t("只加入这个事件，可多次", "this event only; may be repeated"),
    )  # fmt: skip
    out = _command(steps, "export", plans.export, t("导出为文件", "Write it to a file"))
    out.add_argument("name")
    out.add_argument("file")
    brought = _command(steps, "import", plans.bring, t("用文件替换计划", "Replace it by a file"))
    brought.add_argument("name")
    brought.add_argument("file")
    checked = _command(
        steps, "check", plans.check,
        t("对照计划检查一批消息，不发送", "Hold messages against it; nothing is sent"),
    )  # fmt: skip
    checked.add_argument("name")
    checked.add_argument("file")
    checked.add_argument("--plan", help=t("改用此计划文件", "this plan instead"))


def _segments(commands: Any) -> None:
    segment = commands.add_parser("segment", help=t("分群", "Segments"))
    steps = segment.add_subparsers(required=True)
    _command(steps, "list", data.segment_list, t("列出分群", "List segments"))
    count = _command(steps, "count", data.segment_count, t("数一数有多少人", "Count who is in it"))
    count.add_argument("name", nargs="?", help=t("分群名称或编号", "name or id"))
    count.add_argument("--tree", type=Path, help=t("规则文件（JSON）", "a rule as JSON"))


def _campaigns(commands: Any) -> None:
    campaign = commands.add_parser("campaign", help=t("活动", "Campaigns"))
    steps = campaign.add_subparsers(required=True)
    _command(steps, "list", campaigns.list_all, t("列出活动", "List campaigns"))
    result = _command(steps, "result", campaigns.result, t("活动的实测效果", "The measured effect"))
    result.add_argument("id")


def _users(commands: Any) -> None:
    user = commands.add_parser("user", help=t("使用者", "Users"))
    steps = user.add_subparsers(required=True)
    _command(steps, "list", users.list_all, t("列出使用者", "List users"))
    new = _command(
        steps, "add", users.add, t("新建使用者，密码随机生成", "Add a user; the password is random")
    )
    new.add_argument("email")
    new.add_argument("--name", default="")
    new.add_argument("--role", action="append", required=True)
    reset = _command(steps, "password", users.reset, t("重置密码", "Make a new password"))
    reset.add_argument("email")


def _lake(commands: Any) -> None:
    group = commands.add_parser("lake", help=t("数据湖", "The lake"))
    steps = group.add_subparsers(required=True)
    size = _command(steps, "status", lake.status, t("各表的大小", "How large its tables are"))
    size.add_argument("--as-of", help=t("当时的大小（日期或时刻）", "as it was at a day or moment"))
    tidied = _command(
        steps, "compact", lake.compact, t("把小文件合并成大文件", "Make small files large")
    )
    tidied.add_argument("--day", help=t("只整理这一天", "this day only"))
    _command(steps, "verify", lake.verify, t("逐字节核验", "Read every byte and check"))
    erased = _command(
        steps, "erase", lake.erase, t("从数据湖删除客户，并出具回执", "Erase customers; a receipt")
    )
    again = _command(
        steps, "replay", replaying.replay,
        t("把一段时间的事件按现行规则再过一遍", "A period through today's pipeline again"),
    )  # fmt: skip
    again.add_argument("--from", dest="first", required=True, metavar="DAY",
                       help=t("从哪天起（接收日，UTC）", "first day of reception, in UTC"))  # fmt: skip
    again.add_argument("--to", dest="last", required=True, metavar="DAY",
                       help=t("到哪天止", "last day"))  # fmt: skip
    again.add_argument("--source", default="", help=t("来源代号", "key of the source"))
    again.add_argument("--dry-run", action="store_true",
                       help=t("只看会改变什么", "show what would change"))  # fmt: skip
    whose = erased.add_mutually_exclusive_group(required=True)
    whose.add_argument(
        "--identifiers", type=Path,
        help=t("标识文件，一行一个；- 为标准输入", "file of identifier ids, one a line; - is standard input"),
    )  # fmt: skip
    whose.add_argument("--customer", help=t("客户编号", "a customer's number"))


def _erasing(commands: Any) -> None:
    erased = _command(
        commands, "erase", erasing.erase,
        t("彻底删除客户的全部数据，并出具回执", "Erase customers everywhere; a receipt"),
    )  # fmt: skip
    erased.add_argument("--customer", action="append", default=[],
                        help=t("客户编号，可多次", "a customer's number; may be repeated"))  # fmt: skip
    erased.add_argument(
        "--file", type=Path,
        help=t("客户编号文件，一行一个；- 为标准输入", "file of customer numbers, one a line; - is standard input"),
    )  # fmt: skip
    erased.add_argument(
        "--reason", default="asked", choices=["asked", "withdrawn", "over", "unlawful"],
        help=t("原因", "why"),
    )  # fmt: skip
    erased.add_argument("--with-orders", action="store_true",
                        help=t("订单也删除", "orders go, too"))  # fmt: skip
    erased.add_argument("--dry-run", action="store_true",
                        help=t("只看会删除什么", "show what would go"))  # fmt: skip
    erased.add_argument("--later", action="store_true",
                        help=t("文件留到夜间重写", "write the files anew at night"))  # fmt: skip
    erased.add_argument(
        "--welcome", metavar="KIND:VALUE", default="",
        help=t("此人又回来了：重新接收其数据", "somebody came back: take in what comes of them"),
    )  # fmt: skip
    erased.add_argument("--resume", action="store_true",
                        help=t("接着做完中断的删除", "take up what was killed"))  # fmt: skip


def _configuration(commands: Any) -> None:
    group = commands.add_parser("config", help=t("配置文件", "The configuration as one file"))
    steps = group.add_subparsers(required=True)
    file_help = t("配置文件；- 为标准输入输出", "the file; - is standard input or output")
    for name, run, words in (
        ("export", config.export, t("导出全部配置", "Write the whole configuration")),
        ("diff", config.diff, t("比较文件与现有配置", "What a file would change")),
        ("apply", config.apply, t("应用配置文件", "Make the workspace as the file says")),
    ):
        step = _command(steps, name, run, words)
        step.add_argument("file", help=file_help)
        if name == "apply":
            step.add_argument("--dry-run", action="store_true",
                              help=t("只显示计划", "show the plan only"))  # fmt: skip
            step.add_argument(
                "--allow-destructive", action="store_true",
                help=t("允许移除、停用和改变类型", "allow to remove, retire and convert"),
            )  # fmt: skip


def _serving(parser: Parser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=8000, help=t("被占用时用下一个", "the next free one if taken")
    )
    parser.add_argument("--workers", type=int, default=1, help=t("网页进程数", "web processes"))
    parser.add_argument(
        "--pumps", type=int, default=1, choices=range(1, 17), metavar="N",
        help=t("处理事件的进程数（1–16）", "processes that take events in (1 to 16)"),
    )  # fmt: skip


def _command(commands: Any, name: str, run: Run, help_text: str) -> Parser:
    parser: Parser = commands.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(run=run)
    parser.add_argument(
        "--data", type=Path, default=Path(".zhiyin"),
        help=t("存放一切的文件夹（默认 .zhiyin）", "folder that keeps everything (default .zhiyin)"),
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true", help=t("输出一个 JSON 对象", "print one JSON object")
    )
    parser.add_argument("--lang", choices=["zh", "en"], help=t("语言", "language"))
    return parser
