"""To all, to none, or to those whom it changes most? The decision, and why.

A ranking is used only where its Qini is above zero for sure and above that of the response model;
it decides only where leaving people out gains something for sure. Else the mean effect
decides: all where it pays for sure, none where it does not.
"""

from enum import StrEnum

import msgspec

from zhiyin.insight.contract import Words


class Send(StrEnum):
    ALL = "all"
    NONE = "none"
    BEST = "best"


class Effect(msgspec.Struct, frozen=True):
    """A difference with its 95 % interval."""

    value: float
    low: float
    high: float


class Decision(msgspec.Struct, frozen=True):
    """`ranks`: the ranking is better than chance and than the response model.

    `net` is the mean effect of sending to one person, after costs; `leaving_out` what sending to
    the best alone gains over sending to all (or to none, where all does not pay), a person.
    """

    send: Send
    ranks: bool
    net: Effect
    leaving_out: Effect | None
    sentence: Words


def decide(net: Effect, qini: Effect, over_response: float, leaving_out: Effect | None) -> Decision:
    """`over_response`: Qini of the uplift model less that of the response model."""
    ranks = qini.low > 0 and over_response > 0
    if ranks and leaving_out is not None and leaving_out.low > 0:
        said = Words(
            f"只发给净效果为正的人：比{'全发' if net.value > 0 else '不发'}每人多得 "
            f"{leaving_out.value:.4f}（{leaving_out.low:.4f}–{leaving_out.high:.4f}）。",
            f"Send to those with a positive net effect only: {leaving_out.value:.4f} more a person "
            f"({leaving_out.low:.4f} to {leaving_out.high:.4f}) than sending to "
            f"{'all' if net.value > 0 else 'none'}.",
        )
        return Decision(Send.BEST, True, net, leaving_out, said)
    zh, en = (
        (
            "排序可用（预算不够全发时，从排在前面的发起）",
            "the ranking holds, for when not all can be sent to",
        )
        if ranks
        else (
            f"按增量排序没有把握比随机或响应模型好（Qini {qini.value:.3f}）",
            f"ranking by uplift is not found better than chance or the response model "
            f"(Qini {qini.value:.3f})",
        )
    )
    span = f"{net.value:.4f} ({net.low:.4f} to {net.high:.4f})"
    span_zh = f"{net.value:.4f}（{net.low:.4f}–{net.high:.4f}）"
    if net.low > 0:
        return Decision(
            Send.ALL,
            ranks,
            net,
            leaving_out,
            Words(
                f"全发：平均净效果 {span_zh}；{zh}。", f"Send to all: mean net effect {span}; {en}."
            ),
        )
    why = ("negative", "为负") if net.high < 0 else ("not sure to be above zero", "不能确定大于零")
    return Decision(
        Send.NONE,
        ranks,
        net,
        leaving_out,
        Words(
            f"先不发：平均净效果{why[1]}，{span_zh}；{zh}。",
            f"Send to none for now: the mean net effect is {why[0]}, {span}; {en}.",
        ),
    )
