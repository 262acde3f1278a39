"""The demo's data: real orders moved to the present, and every other channel simulated around them.

`simulate` makes the channels of the demo; `zhiyin.demo.scale.generate` makes whole companies of any
size for benchmarks. What was planted is returned as `Truth` and described in
`examples/simulated/README.md`. No Django here; nothing in the product reads the truth.
"""

from zhiyin.demo.orders import NoSalesError, shift_orders, shift_weeks
from zhiyin.demo.parameters import DEFAULT, DEMO_SEED, Parameters
from zhiyin.demo.simulation import OrdersAfterNowError, Simulation, Truth, simulate

__all__ = [
    "DEFAULT",
    "DEMO_SEED",
    "NoSalesError",
    "OrdersAfterNowError",
    "Parameters",
    "Simulation",
    "Truth",
    "shift_orders",
    "shift_weeks",
    "simulate",
]
