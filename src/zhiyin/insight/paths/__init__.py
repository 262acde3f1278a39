"""Which ways through events go together with an outcome, and how surely; funnels; the map of ways.

    from zhiyin.insight import paths
    found = paths.fit(events, as_of, goal="Order Completed")
    found.score()                       # every path with its relative risk and interval
    paths.funnel(events, ["Product Viewed", "Product Added", "Order Completed"], as_of)
    paths.explore(events, as_of)        # nodes and links of a Sankey diagram

`events` has customer_id, event, at and optionally weight: a sequence is event, time and weight.
What is found is an association: who walks a path may differ from who does not in other ways. The
words of this room never say that a path brings the outcome about; a test with a hold-out can.
"""

from zhiyin.insight.paths.exploring import Explored, Step, Way, explore
from zhiyin.insight.paths.funnels import Funnel, FunnelStep, funnel
from zhiyin.insight.paths.risk import PathModel, fit
from zhiyin.insight.paths.sequences import Sequences, Unit, sequences

__all__ = [
    "Explored",
    "Funnel",
    "FunnelStep",
    "PathModel",
    "Sequences",
    "Step",
    "Unit",
    "Way",
    "explore",
    "fit",
    "funnel",
    "sequences",
]
