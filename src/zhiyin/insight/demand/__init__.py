"""How much will be sold, of what, when, how sure that is, and what to order.

    from zhiyin.insight import demand
    plan = demand.fit(sales, as_of, by="category", every="day", horizon=28)
    plan.score()            # value and interval for each series and period
    plan.propose(stock)     # what runs out, and what to order

Six methods stand for election: the mean of the last 28 days, the last season, Croston's method as
Syntetos and Boylan mended it, exponential smoothing, boosted trees, and with the extra `deep` an
LSTM; and the mean of the best ones. A backtest at several dates chooses for each series. Naive
baseline: the mean of the last 28 days (to beat the last season proves nothing where half of the
days are zero).
"""

from zhiyin.insight.demand.fitting import DemandModel, fit
from zhiyin.insight.demand.measures import Accuracy, wape, wrmsse
from zhiyin.insight.demand.series import Every, Panel, panel
from zhiyin.insight.demand.stock import StockSettings

__all__ = [
    "Accuracy",
    "DemandModel",
    "Every",
    "Panel",
    "StockSettings",
    "fit",
    "panel",
    "wape",
    "wrmsse",
]
