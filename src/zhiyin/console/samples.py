"""Values shown on the living page of components, and nowhere else: documentation, not data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext, pgettext

from zhiyin import form_fields
from zhiyin.console import cohorts
from zhiyin.console.boards import Board, Card, Foot, Lane

CITY = {"text": "深圳", "version": "1"}
_PLACES = (
    ("bj", "北京", "Beijing"), ("cd", "成都", "Chengdu"), ("cq", "重庆", "Chongqing"),
    ("gz", "广州", "Guangzhou"), ("hz", "杭州", "Hangzhou"), ("ld", "伦敦", "London"),
    ("nj", "南京", "Nanjing"), ("sh", "上海", "Shanghai"), ("sz", "深圳", "Shenzhen"),
    ("su", "苏州", "Suzhou"), ("xa", "西安", "Xi'an"), ("xm", "厦门", "Xiamen"),
)  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A department of the sample tree."""

    name: str
    count: int
    children: tuple[Node, ...] = ()
    url: str = "#tree"


@dataclass(frozen=True)
class Step:
    """A step of the sample wizard."""

    words: str
    state: str
    url: str = "#steps"


def places(query: str) -> list[tuple[str, str, str]]:
    """Cities that answer what was typed: value, words, and the other name."""
    wanted = "".join(query.casefold().split())
    return [
        (key, zh, en)
        for key, zh, en in _PLACES
        if wanted in zh or wanted in en.casefold() or wanted in form_fields.find_keys(zh)
    ]


def board() -> Board:
    """The deals of the house's mock, so that the board can be held beside its picture."""
    return Board("sample-board", gettext("Deals"), _lanes(), reverse("sample_move"), currency="CNY")


def _lanes() -> tuple[Lane, ...]:
    late, today = "late", "today"
    return (
        Lane("lead", gettext("Lead confirmed"), (
            Card("d1", "广州南粤银行", "春节客户礼 800 份", "#board", Decimal(172000), 14, 8, 22,
                 "郭", 2, foot=Foot("11-24 首次拜访")),
            Card("d2", "禾光文化传播", "展会伴手礼", "#board", Decimal(38400), 9, 4, 15, "唐", 5,
                 foot=Foot(gettext("No next step"), "none", "alert-circle")),
            Card("d3", "宁波海曙酒店", "客房茶包年供", "#board", Decimal(76000), 12, 7, 19, "何", 9,
                 foot=Foot("逾期 1 天：回电", late, "clock-exclamation")),
        ), "#board", 7, more=5),
        Lane("offer", gettext("Offer made"), (
            Card("d4", "深圳远帆物流", "中秋余单转春节礼盒", "#board", Decimal(168000), 34, 24, 45,
                 "何", 4, "含 2 位联系人", "info", Foot("今天 16:00 报价会", today)),
            Card("d5", "苏州工业园区商会", "会员年礼 500 份", "#board", Decimal(215000), 28, 19, 38,
                 "唐", 6, foot=Foot("11-26 发方案")),
        ), "#board", 10),
        Lane("taste", gettext("Sample tasting"), (
            Card("d6", "成都锦里酒店集团", "12 家店客房与大堂用茶", "#board", Decimal(286000), 58,
                 46, 69, "郭", 8, "试饮反馈好", "good", Foot("11-25 试饮回访")),
            Card("d7", "珠海横琴会展", "峰会茶歇", "#board", Decimal(58000), 49, 37, 60, "郭", 15,
                 foot=Foot("逾期 1 天：收反馈", late, "clock-exclamation")),
        ), "#board", 7),
        Lane("paper", gettext("Contract"), (
            Card("d8", "粤港信托", "贵宾厅年供", "#board", Decimal(540000), 81, 72, 88, "何", 11,
                 foot=Foot("11-27 法务回稿")),
            Card("d9", "西湖国宾馆", "2027 年度框架", "#board", Decimal(312000), 68, 55, 79, "何",
                 21, "缺资质", "warn", Foot("逾期 2 天：补资质", late, "clock-exclamation")),
        ), "#board", 14),
        Lane("won", gettext("Won this quarter"), (
            Card("d10", "华润万象生活", "会员积分兑礼", "#board", Decimal(428000), owner="何",
                 foot=Foot("11-18 签约", "done", "check")),
        ), is_end=True, more=10),
    )  # fmt: skip


def _tree() -> tuple[Node, ...]:
    south = Node("华南大区", 12, (Node("深圳销售部", 7), Node("广州销售部", 5)))
    east = Node("华东大区", 9, (Node("上海销售部", 6), Node("杭州门店", 3)))
    return (Node("云岭茶业", 34, (Node("销售中心", 21, (south, east)), Node("客服中心", 8))),)


def _steps() -> tuple[Step, ...]:
    return (
        Step(gettext("Upload"), "done"),
        Step(gettext("Columns"), "done"),
        Step(pgettext("import", "Check"), "here"),
        Step(pgettext("import", "Load"), "to_do", ""),
    )


def _versions() -> list[dict[str, str]]:
    return [
        {"name": "city", "label": gettext("City"), "theirs": "广州", "yours": "深圳"},
        {"name": "tier", "label": gettext("Tier"), "theirs": "钻石", "yours": "金卡"},
        {"name": "note", "label": gettext("Note"), "theirs": "送礼", "yours": "送礼"},
    ]


def context() -> dict[str, object]:
    """What the page of components is rendered with."""
    return {
        "tree": _tree(),
        "steps": _steps(),
        "versions": _versions(),
        "cities": [(key, zh) for key, zh, _en in _PLACES],
        "chosen": ["sh", "sz"],
        "first_day": date(2026, 10, 27),
        "last_day": date(2026, 11, 25),
        "tiers": [
            ("", gettext("Any tier")),
            ("gold", gettext("Gold")),
            ("dia", gettext("Diamond")),
        ],
        "spark": [4, 5, 4.6, 6, 5.6, 7, 6.4, 7.4, 6.9, 8.2, 8, 9],
        "scored_at": datetime(2026, 11, 20, 22, 0, tzinfo=UTC),
        "reasons": [
            ("62 天没买，通常 24 天一次", 19),
            ("第二次投诉包装", 11),
            ("看了退会说明", 6),
            ("钻石会员 3 年", -8),
        ],
        "people": [
            {
                "name": name,
                "phone": phone,
                "value": value,
                "risk": r,
                "low": a,
                "high": b,
                "tone": t,
            }
            for name, phone, value, r, a, b, t in (
                ("刘子墨", "150****6634", 1985, 57, 47, 66, "risk"),
                ("林静姝", "138****6207", 3820, 46, 38, 55, "risk"),
                ("Sarah Whitfield", "+44 77****901", 4075, 44, 31, 58, "mid"),
                ("叶知秋", "158****6159", 2720, 42, 33, 51, "mid"),
            )
        ],
        "tones": ["", "risk", "mid", "mute", "blue"],
        "cohort": cohorts.table(
            [
                ("2026-06", 5260, [0.192, 0.154, 0.139, 0.152, 0.158]),
                ("2026-07", 3391, [0.241, 0.206, 0.213, 0.218]),
                ("2026-08", 3518, [0.256, 0.234, 0.239]),
                ("2026-09", 4704, [0.282, 0.251]),
                ("2026-10", 5133, [0.297]),
            ]
        ),
        "distribution": {
            "kind": "distribution",
            "bins": ["0", "25", "50", "100", "200", "400", "800", "1.6k", "3.2k", "6.4k+"],
            "counts": [6120, 4830, 6410, 8950, 9240, 6480, 3710, 1660, 612, 204],
            "shares": [0.001, 0.009, 0.024, 0.068, 0.137, 0.189, 0.214, 0.182, 0.111, 0.065],
            "names": {
                "x": "12 个月价值 / 12-month value (¥)",
                "count": "人数 / People",
                "share": "占价值 / Share",
            },
        },
        "band": {
            "kind": "band",
            "x": ["5 月", "6 月", "7 月", "8 月", "9 月", "10 月"],
            "series": [
                {
                    "name": "模型 / Model",
                    "values": [0.841, 0.829, 0.852, 0.857, 0.861, 0.849],
                    "low": [0.827, 0.815, 0.838, 0.843, 0.847, 0.835],
                    "high": [0.855, 0.843, 0.866, 0.871, 0.875, 0.863],
                },
                {
                    "name": "基线 / Baseline",
                    "baseline": True,
                    "values": [0.772, 0.769, 0.781, 0.786, 0.793, 0.781],
                    "low": [0.756, 0.753, 0.765, 0.77, 0.777, 0.765],
                    "high": [0.788, 0.785, 0.797, 0.802, 0.809, 0.797],
                },
            ],
            "min": 0.72,
            "max": 0.9,
        },
        "calibration": {
            "kind": "calibration",
            "model": [
                {"predicted": p, "observed": o, "low": o - h, "high": o + h}
                for p, o, h in (
                    (0.03, 0.025, 0.006),
                    (0.13, 0.14, 0.01),
                    (0.25, 0.262, 0.014),
                    (0.4, 0.386, 0.019),
                    (0.6, 0.585, 0.028),
                    (0.74, 0.71, 0.036),
                )
            ],
            "baseline": [
                {"predicted": p, "observed": o}
                for p, o in (
                    (0.09, 0.025),
                    (0.15, 0.14),
                    (0.21, 0.262),
                    (0.3, 0.386),
                    (0.44, 0.585),
                )
            ],
            "max": 0.8,
            "names": {
                "x": "预测概率 / Predicted",
                "model": "模型 / Model",
                "baseline": "基线 / Baseline",
            },
        },
        "broken": {"kind": "unheard of"},
        "columns": {
            "kind": "columns",
            "name": "消费 / Spent (¥)",
            "x": [f"{month} 月" for month in (12, *range(1, 12))],
            "values": [420, 1920, 260, 380, 640, 410, 300, 690, 1180, 520, 228, 90],
            "unfinished": True,
        },
        "waterfall": {
            "kind": "waterfall",
            "start": {"name": "同类 / Peers", "value": 18},
            "steps": [
                {"name": "62 天没买", "value": 19},
                {"name": "第二次投诉", "value": 11},
                {"name": "看了退会说明", "value": 6},
                {"name": "钻石三年", "value": -8},
            ],
            "end": {"name": "林静姝", "value": 46},
        },
        "bars": {
            "kind": "bars",
            "items": [
                {"name": "客单价（90 天）", "value": 0.27, "tone": "bad"},
                {"name": "优惠券使用率", "value": 0.16, "tone": "warn"},
                {"name": "距上次购买", "value": 0.08},
                {"name": "客服情绪", "value": 0.04},
            ],
        },
    }
