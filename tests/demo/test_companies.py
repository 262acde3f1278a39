"""The demo's companies: drawn from who really takes most pieces at a time."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.customers.models import Company
from zhiyin.demo import Simulation


def test_companies_have_a_name_of_their_own_and_no_number_of_a_real_one(
    simulation: Simulation,
) -> None:
    names = simulation.companies["Name"].to_pylist()
    assert len(set(names)) == len(names) > 300
    assert all(one.startswith("SIM-") for one in simulation.companies["Number"].to_pylist())
    assert set(simulation.companies["Industry"].to_pylist()) <= set(Company.Industry.values)
    assert set(simulation.companies["Size"].to_pylist()) <= set(Company.Size.values)


def test_most_companies_have_one_buyer_and_few_have_many(simulation: Simulation) -> None:
    heads = Counter(Counter(simulation.company_people["Number"].to_pylist()).values())
    assert heads[1] > sum(heads.values()) / 2
    assert max(heads) >= 6
    known = set(simulation.companies["Number"].to_pylist())
    assert set(simulation.company_people["Number"].to_pylist()) == known


def test_colleagues_live_in_the_city_of_their_company_and_buy_for_one_only(
    simulation: Simulation,
) -> None:
    city = dict(zip(simulation.companies["Number"].to_pylist(),
                    simulation.companies["City"].to_pylist(), strict=True))  # fmt: skip
    lives = dict(zip(simulation.profiles["Customer"].to_pylist(),
                     simulation.profiles["City"].to_pylist(), strict=True))  # fmt: skip
    buyers = simulation.company_people["Customer"].to_pylist()
    assert len(set(buyers)) == len(buyers)
    for who, number in zip(buyers, simulation.company_people["Number"].to_pylist(), strict=True):
        assert lives[who] == city[number]


def test_who_buys_for_a_company_takes_more_pieces_at_a_time(
    simulation: Simulation, orders: pa.Table
) -> None:
    sold = orders.filter(pc.greater(orders["Quantity"], 0))
    buyers = pc.is_in(sold["CustomerID"], simulation.company_people["Customer"].combine_chunks())
    mean = [pc.mean(sold.filter(one)["Quantity"]).as_py() for one in (buyers, pc.invert(buyers))]
    assert mean[0] > 2 * mean[1]
