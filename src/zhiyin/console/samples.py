"""Values shown on the living page of components, and nowhere else: documentation, not data."""

from __future__ import annotations

from datetime import UTC, datetime

from zhiyin.console import cohorts


def context() -> dict[str, object]:
    """What the page of components is rendered with."""
    return {
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
