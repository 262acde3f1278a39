"""What runs out, when, and what to order now.

The order-up-to rule with periodic review: stock on hand and on its way must carry the forecast of
lead time and review, and a safety stock for the error of that forecast and of the supplier
(Silver, Pyke and Thomas, chapter 6). How errors add up over a lead time comes from the backtest;
where there is none they are taken as independent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from scipy.special import ndtr, ndtri

from zhiyin.insight.contract import Floats
from zhiyin.insight.demand.series import JOINED, Panel
from zhiyin.insight.given import As, Rows, given

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StockSettings:
    """`service`: chance of not running out before the next delivery. Times in periods.

    `lead_time` counts where the stock table has none of its own; `review` is how long until the
    next order could be placed.
    """

    service: float = 0.95
    lead_time: float = 7.0
    lead_time_sd: float = 0.0
    review: float = 7.0


DEFAULT = StockSettings()


def proposals(
    panel: Panel,
    forecast: Floats,
    usual: Floats,
    growth: Floats | None,
    stock: Rows,
    settings: StockSettings,
) -> pa.Table:
    """One row for each series of the stock table that is forecast, those to order first.

    `stock`: the columns of `by`, on_hand, optionally on_order, lead_time, lead_time_sd, pack (the
    order is rounded up to whole packs). Result: those columns, expected (sales over lead time and
    review), safety, order_below, order, runs_out_at (null: not within the horizon), stock_out
    (chance before a delivery ordered now), reason_zh, reason_en.
    """
    optional = ("on_order", "lead_time", "lead_time_sd", "pack")
    taken = given(
        stock,
        {**dict.fromkeys(panel.labels, As.IDENTIFIER), "on_hand": As.NUMBER},
        optional=dict.fromkeys(optional, As.NUMBER),
    )
    place = {name: at for at, name in enumerate(panel.names())}
    keys = [taken.rows.column(c).to_pylist() for c in panel.labels]
    at_all = [place.get(JOINED.join(parts), -1) for parts in zip(*keys, strict=True)]
    keep = np.flatnonzero(np.array(at_all, dtype=np.int64) >= 0)
    at = np.array(at_all, dtype=np.int64)[keep]

    def column(name: str, otherwise: float) -> Floats:
        return taken.numbers(name)[keep] if taken.has(name) else np.full(len(keep), otherwise)

    on_hand, on_order = column("on_hand", 0.0), column("on_order", 0.0)
    lead = np.maximum(column("lead_time", settings.lead_time), 0.0)
    late = np.maximum(column("lead_time_sd", settings.lead_time_sd), 0.0)
    pack = np.maximum(column("pack", 1.0), 1e-9)
    mine, error = forecast[at], usual[at]
    span = lead + settings.review
    rate = mine.mean(axis=1)
    over_span, over_lead = _total(mine, span), _total(mine, lead)
    off_span = np.sqrt((error * _growth(growth, span)) ** 2 + (rate * late) ** 2)
    off_lead = np.sqrt((error * _growth(growth, lead)) ** 2 + (rate * late) ** 2)
    safety = float(ndtri(settings.service)) * off_span
    position = on_hand + on_order
    wanted = np.maximum(over_span + safety - position, 0.0)
    order = np.ceil(np.round(wanted / pack, 9)) * pack
    chance = ndtr((over_lead - on_hand) / np.maximum(off_lead, 1e-9))
    out = _runs_out(mine, on_hand)
    first = np.lexsort((np.arange(len(at)), -chance, -(order > 0).astype(np.int64)))
    start = int(panel.end_day)
    days = panel.every.days
    runs_out = [None if not np.isfinite(o) else _EPOCH + timedelta(days=start + int(o) * days)
                for o in out]  # fmt: skip
    names = panel.names()
    table: dict[str, pa.Array] = {
        c: pa.array([panel.labels[c][i] for i in at], pa.string()) for c in panel.labels
    }
    table |= {
        "on_hand": pa.array(on_hand),
        "on_order": pa.array(on_order),
        "expected": pa.array(over_span),
        "safety": pa.array(safety),
        "order_below": pa.array(over_lead + safety),
        "order": pa.array(order),
        "runs_out_at": pa.array(runs_out, pa.timestamp("us", tz="UTC")),
        "stock_out": pa.array(chance),
    }
    told = [
        _reason(names[i], h, o, s, e, q, r, settings)
        for i, h, o, s, e, q, r in zip(
            at, on_hand, on_order, span, over_span, order, runs_out, strict=True
        )
    ]
    table["reason_zh"] = pa.array([zh for zh, _ in told], pa.string())
    table["reason_en"] = pa.array([en for _, en in told], pa.string())
    return pa.table(table).take(pa.array(first))


def _total(forecast: Floats, periods: Floats) -> Floats:
    """Sum of the first `periods` (a part of one counts in part); beyond the horizon its mean."""
    horizon = forecast.shape[1]
    covered = np.clip(periods[:, None] - np.arange(horizon)[None, :], 0.0, 1.0)
    beyond = np.maximum(periods - horizon, 0.0)
    return np.asarray((forecast * covered).sum(axis=1) + beyond * forecast.mean(axis=1))


def _growth(growth: Floats | None, periods: Floats) -> Floats:
    """How many usual errors the sum over so many periods is off."""
    if growth is None:
        return np.sqrt(periods)
    steps = np.arange(1, len(growth) + 1)
    inside = np.interp(periods, np.r_[0, steps], np.r_[0.0, growth])
    beyond = np.maximum(periods / len(growth), 1.0)
    return np.asarray(inside * np.sqrt(beyond))


def _runs_out(forecast: Floats, on_hand: Floats) -> Floats:
    """The first period whose sales the stock does not cover; infinity if it covers all."""
    short = np.cumsum(forecast, axis=1) > on_hand[:, None]
    return np.where(short.any(axis=1), short.argmax(axis=1).astype(np.float64), np.inf)


def _reason(
    name: str, on_hand: float, on_order: float, span: float, expected: float, order: float,
    runs_out: datetime | None, settings: StockSettings,
) -> tuple[str, str]:  # fmt: skip
    zh = (
        f"{name}：现有 {on_hand:,.0f}、在途 {on_order:,.0f}，{span:,.0f} 期内预计卖 {expected:,.0f}"
    )
    en = (
        f"{name}: {on_hand:,.0f} on hand and {on_order:,.0f} on order, {expected:,.0f} expected to "
        f"sell in {span:,.0f} periods"
    )
    if runs_out is not None:
        zh += f"，约 {runs_out:%Y-%m-%d} 卖完"
        en += f", runs out about {runs_out:%Y-%m-%d}"
    if order > 0:
        return (
            f"{zh}；补 {order:,.0f}，缺货概率不超过 {1 - settings.service:.0%}",
            f"{en}; order {order:,.0f} to keep the risk of running out below "
            f"{1 - settings.service:.0%}",
        )
    return f"{zh}；暂不用补", f"{en}; nothing to order"
