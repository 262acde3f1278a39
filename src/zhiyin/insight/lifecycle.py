"""Where each customer stands: prospect, new, growing, mature, declining, lost, won back.

By stated rules, and beside them by the model's chance that a customer is still one (BG/NBD). The
rules read one snapshot and one of a quarter before it, nothing later, and are checked from the top:
the first that fits names the stage. `moves` says who went where between two dates.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.bgnbd import BgNbd, fit_bgnbd
from zhiyin.insight.contract import Floats, Frame, Past, Reason, Words, remembered, score_table
from zhiyin.insight.rhythm import fit_rhythm
from zhiyin.insight.value import purchases_seen

Flags = npt.NDArray[np.bool_]


class Stage(StrEnum):
    """In the order of a customer's life."""

    PROSPECT = "prospect"
    NEW = "new"
    GROWING = "growing"
    MATURE = "mature"
    DECLINING = "declining"
    LOST = "lost"
    WON_BACK = "won_back"


NAMES: dict[Stage, Words] = {
    Stage.PROSPECT: Words("潜在客户", "Prospect"),
    Stage.NEW: Words("新客户", "New"),
    Stage.GROWING: Words("成长期", "Growing"),
    Stage.MATURE: Words("成熟期", "Mature"),
    Stage.DECLINING: Words("衰退期", "Declining"),
    Stage.LOST: Words("已流失", "Lost"),
    Stage.WON_BACK: Words("已挽回", "Won back"),
}


class Rules(msgspec.Struct, frozen=True):
    """The numbers behind the stages; days, or shares of the quarter before."""

    new_days: float = 60
    lost_days: float = 120
    lost_gaps: float = 4
    overdue_gaps: float = 2
    grown: float = 1.25
    shrunk: float = 0.6
    quarter: timedelta = timedelta(days=90)
    alive_lost: float = 0.2
    alive_declining: float = 0.5

    def sentences(self) -> dict[Stage, Words]:
        """Each rule as it reads, in the order in which they are checked."""
        q = self.quarter.days
        return {
            Stage.LOST: Words(
                f"超过 {self.lost_days:.0f} 天没买，且超过本人通常间隔的 {self.lost_gaps:g} 倍",
                f"no purchase for {self.lost_days:.0f} days and {self.lost_gaps:g} usual gaps",
            ),
            Stage.WON_BACK: Words(
                f"{q} 天前算已流失，之后又买了", f"was lost {q} days ago and has bought since"
            ),
            Stage.NEW: Words(
                f"第一次购买不到 {self.new_days:.0f} 天",
                f"first purchase within {self.new_days:.0f} days",
            ),
            Stage.DECLINING: Words(
                f"超过本人通常间隔的 {self.overdue_gaps:g} 倍没买，"
                f"或近 {q} 天消费不到再前 {q} 天的 {self.shrunk:.0%}",
                f"no purchase for {self.overdue_gaps:g} usual gaps, or spent less than "
                f"{self.shrunk:.0%} of the {q} days before",
            ),
            Stage.GROWING: Words(
                f"近 {q} 天消费超过再前 {q} 天的 {self.grown:.0%}",
                f"spent more than {self.grown:.0%} of the {q} days before",
            ),
            Stage.MATURE: Words(
                "其余：按自己的节奏在买", "the others: they buy at their own rhythm"
            ),
            Stage.PROSPECT: Words("还没有买过", "has not bought yet"),
        }


class Move(msgspec.Struct, frozen=True):
    """How many went from one stage to another, as a share of those who were in the first."""

    before: Stage
    after: Stage
    customers: int
    share: float


def stages(
    history: Past, as_of: datetime, *, prospects: Sequence[str] = (), rules: Rules | None = None
) -> pa.Table:
    """The stage of everybody at a date: customer_id, stage, by_model, p_alive, reasons (JSON).

    `by_model` is null where the history is too short for BG/NBD. `prospects` are people without a
    purchase; who of them has bought by then is not one.
    """
    used, past = rules or Rules(), remembered(history)
    frame, before = past.frame(as_of), past.frame(as_of - used.quarter)
    usual = usual_gap(frame)
    by_rule = staged(frame, usual, _were_lost(frame, before, used), used)
    alive = _alive(frame)
    by_model = by_rule if alive is None else _by_model(by_rule, alive, used)
    told = [
        msgspec.json.encode(_reasons(stage, days, gap, used)).decode()
        for stage, days, gap in zip(by_rule, frame.column("recency_days"), usual, strict=True)
    ]
    known = set(frame.ids.to_pylist())
    waiting = sorted(set(prospects) - known)
    n, m = len(frame), len(waiting)
    yet = msgspec.json.encode(_reasons(Stage.PROSPECT, 0.0, 0.0, used)).decode()
    return pa.table(
        {
            "customer_id": pa.array([*frame.ids.to_pylist(), *waiting], pa.string()),
            "stage": pa.array([*map(str, by_rule), *[str(Stage.PROSPECT)] * m], pa.string()),
            "by_model": pa.array(
                [*(map(str, by_model) if alive is not None else [None] * n),
                 *[str(Stage.PROSPECT)] * m], pa.string(),
            ),
            "p_alive": pa.array(
                [*(alive if alive is not None else [None] * n), *[None] * m], pa.float64()
            ),
            "reasons": pa.array([*told, *[yet] * m], pa.string()),
        }
    )  # fmt: skip


def usual_gap(frame: Frame) -> Floats:
    """Days between purchases of each customer, few of them drawn towards everybody's."""
    gaps = frame.column("mean_gap_days")
    if int(np.isfinite(gaps).sum()) < 10:
        return np.where(np.isfinite(gaps), np.maximum(gaps, 1.0), np.inf)
    mean, spread = fit_rhythm(frame).of(frame)
    return np.asarray(np.exp(mean + spread**2 / 2))


def staged(frame: Frame, usual: Floats, were_lost: Flags, rules: Rules) -> list[Stage]:
    """The rules, from the top."""
    recency, tenure = frame.column("recency_days"), frame.column("tenure_days")
    quarter = frame.column("revenue_90d")
    before = frame.column("revenue_180d") - quarter
    # who is younger than two quarters had less of the first one to spend in
    watched = np.clip(tenure - 90, 0.0, 90.0) / 90
    fair = np.where(watched > 0.2, before / np.maximum(watched, 0.2), np.nan)
    gone = (recency > rules.lost_days) & (recency > rules.lost_gaps * usual)
    falling = (recency > rules.overdue_gaps * usual) | (quarter < rules.shrunk * fair)
    checked = (
        (Stage.LOST, gone),
        (Stage.WON_BACK, were_lost),
        (Stage.NEW, tenure <= rules.new_days),
        (Stage.DECLINING, falling),
        (Stage.GROWING, quarter > rules.grown * fair),
    )
    found = np.full(len(frame), list(Stage).index(Stage.MATURE))
    free = np.ones(len(frame), dtype=bool)
    for stage, fits in checked:
        found[free & fits] = list(Stage).index(stage)
        free &= ~fits
    return [list(Stage)[at] for at in found]


def moves(before: pa.Table, after: pa.Table) -> list[Move]:
    """Who went where between two tables of `stages`; people in one of them only are left out."""
    at = pc.index_in(after["customer_id"], value_set=before["customer_id"].combine_chunks())
    then = before["stage"].take(at)
    both = pa.table({"before": then, "after": after["stage"]}).drop_null()
    counted = both.group_by(["before", "after"]).aggregate([([], "count_all")]).to_pylist()
    totals: dict[str, int] = {}
    for one in counted:
        totals[one["before"]] = totals.get(one["before"], 0) + one["count_all"]
    found = [
        Move(Stage(one["before"]), Stage(one["after"]), one["count_all"],
             one["count_all"] / totals[one["before"]])
        for one in counted
    ]  # fmt: skip
    place = list(Stage).index
    return sorted(found, key=lambda move: (place(move.before), place(move.after)))


def scores(table: pa.Table) -> pa.Table:
    """The stages as scores: value is the place of the stage in `Stage`, from 0."""
    place = [float(list(Stage).index(Stage(one))) for one in table["stage"].to_pylist()]
    ids = table["customer_id"].combine_chunks()
    return score_table(ids, np.array(place), reasons=table["reasons"].to_pylist())


def _were_lost(frame: Frame, before: Frame, rules: Rules) -> Flags:
    """Lost a quarter ago, and a purchase since."""
    recency = before.column("recency_days")
    lost = (recency > rules.lost_days) & (recency > rules.lost_gaps * usual_gap(before))
    gone = before.ids.filter(pa.array(lost))
    was = np.asarray(pc.is_in(frame.ids, value_set=gone).to_numpy(zero_copy_only=False), dtype=bool)
    return was & (frame.column("recency_days") <= rules.quarter.days)


def _alive(frame: Frame) -> Floats | None:
    seen = purchases_seen(frame)
    if len(frame) < 10 or not np.any(seen.x > 0):
        return None
    fitted: BgNbd = fit_bgnbd(seen)
    return fitted.p_alive(seen)


def _by_model(by_rule: list[Stage], alive: Floats, rules: Rules) -> list[Stage]:
    """The chance of being alive decides lost and declining; the rules tell the rest apart."""
    held = {Stage.LOST, Stage.DECLINING}
    told = []
    for stage, chance in zip(by_rule, alive, strict=True):
        if chance < rules.alive_lost:
            told.append(Stage.LOST)
        elif chance < rules.alive_declining and stage != Stage.WON_BACK:
            told.append(Stage.DECLINING)
        else:
            told.append(Stage.MATURE if stage in held else stage)
    return told


def _reasons(stage: Stage, recency: float, usual: float, rules: Rules) -> list[Reason]:
    rule, name = rules.sentences()[stage], NAMES[stage]
    told = [Reason(stage, f"{name.zh}：{rule.zh}", f"{name.en}: {rule.en}", 0.0)]
    if stage != Stage.PROSPECT:
        zh, en = f"{recency:,.0f} 天没买", f"{recency:,.0f} days since the last purchase"
        if np.isfinite(usual):
            zh += f"，通常 {usual:,.0f} 天一次"
            en += f", usually every {usual:,.0f}"
        told.append(Reason("recency_days", zh, en, 0.0))
    return told
