"""What was planted is found again with naive arithmetic."""

from collections import defaultdict
from math import sqrt

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from zhiyin.demo import DEFAULT, Simulation
from zhiyin.demo.chance import DAY_US

Purchases = dict[str, list[int]]


@pytest.fixture(scope="module")
def person(simulation: Simulation) -> dict[str, str]:
    columns = (simulation.truth.persons[c].to_pylist() for c in ("Customer", "Person"))
    return dict(zip(*columns, strict=True))


@pytest.fixture(scope="module")
def purchases(orders: pa.Table, simulation: Simulation, person: dict[str, str]) -> Purchases:
    """Every sale of each person: the web shop's, the campaign's and the tills'."""
    sold: Purchases = defaultdict(list)
    columns = ["InvoiceNo", "CustomerID", "InvoiceDate"]
    for table in (orders, simulation.campaign_orders):
        good = table.filter(
            pc.and_(
                pc.is_valid(table["CustomerID"]),
                pc.and_(
                    pc.greater(table["Quantity"], 0),
                    pc.greater(table["UnitPrice"].cast(pa.float64()), 0),
                ),
            )
        ).select(columns)
        first = good.group_by(columns[:2]).aggregate([("InvoiceDate", "min")])
        moment = first["InvoiceDate_min"].cast(pa.timestamp("us")).cast(pa.int64())
        for ref, at in zip(first["CustomerID"].to_pylist(), moment.to_pylist(), strict=True):
            sold[person[ref]].append(at)
    links = simulation.truth.links.to_pylist()
    holder = {r["B"]: r["Person"] for r in links if r["Kind B"] == "member card"}
    receipts = simulation.receipts
    moment = receipts["Sold at"].cast(pa.int64()).to_pylist()
    for card, at in zip(receipts["Member card"].to_pylist(), moment, strict=True):
        if card in holder:
            sold[holder[card]].append(at)
    return sold


def bought(purchases: Purchases, who: str, start: int, end: int) -> bool:
    return any(start <= at < end for at in purchases[who])


def test_a_tenth_was_held_out_by_lot(simulation: Simulation) -> None:
    assignment = simulation.campaign_assignment
    held = pc.equal(assignment["Arm"], "hold-out")
    assert pc.sum(held).as_py() == round(assignment.num_rows * DEFAULT.campaign_hold_out)
    share = {}
    for basket in ("small", "large"):
        share[basket] = pc.mean(held.filter(pc.equal(assignment["Basket"], basket))).as_py()
    assert share["small"] == pytest.approx(share["large"], abs=0.05)


def test_only_the_treated_with_consent_got_a_message(simulation: Simulation) -> None:
    assignment = simulation.campaign_assignment
    treated = assignment.filter(pc.equal(assignment["Arm"], "treated"))["Customer"].to_pylist()
    assert simulation.campaign_messages["Customer"].to_pylist() == treated
    consent = simulation.profiles.filter(
        pc.and_(
            pc.equal(simulation.profiles["E-mail consent"], "yes"),
            pc.is_valid(simulation.profiles["E-mail"]),
        )
    )
    assert set(assignment["Customer"].to_pylist()) <= set(consent["Customer"].to_pylist())
    excluded = simulation.campaign_excluded
    assert not set(excluded["Customer"].to_pylist()) & set(assignment["Customer"].to_pylist())
    assert pc.all(pc.is_valid(excluded["Reason"])).as_py()


def test_the_campaigns_lift_shows_against_the_hold_out(
    simulation: Simulation, purchases: Purchases
) -> None:
    start = pc.min(simulation.campaigns["Started at"]).cast(pa.int64()).as_py()
    end = start + DEFAULT.campaign_outcome_days * DAY_US
    outcome: dict[tuple[str, str | None], list[bool]] = defaultdict(list)
    for row in simulation.campaign_assignment.to_pylist():
        again = bought(purchases, row["Customer"], start, end)
        outcome[row["Arm"], None].append(again)
        if row["Offer"]:
            outcome[row["Basket"], row["Offer"]].append(again)

    def rate(key: tuple[str, str | None]) -> float:
        return sum(outcome[key]) / len(outcome[key])

    treated, held = rate(("treated", None)), rate(("hold-out", None))
    error = sqrt(
        treated * (1 - treated) / len(outcome["treated", None])
        + held * (1 - held) / len(outcome["hold-out", None])
    )
    expected = simulation.truth.campaign["expected_lift"]
    assert treated - held - 1.96 * error > 0
    assert abs(treated - held - expected) < 1.96 * error
    assert simulation.truth.campaign["realised_lift"] == pytest.approx(expected, abs=0.03)
    assert rate(("small", "free delivery")) > rate(("small", "discount"))
    assert rate(("large", "discount")) > rate(("large", "free delivery"))


def test_only_the_whole_path_in_its_order_raises_churn(
    simulation: Simulation, purchases: Purchases, person: dict[str, str]
) -> None:
    seen: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    events = simulation.events.filter(pc.is_valid(simulation.events["Customer"]))
    of_interest = ("Complaint Raised", "Return Policy Viewed")
    events = events.filter(pc.is_in(events["Event"], pa.array(of_interest)))
    moment = events["Time"].cast(pa.int64()).to_pylist()
    names, refs = events["Event"].to_pylist(), events["Customer"].to_pylist()
    for name, ref, at in zip(names, refs, moment, strict=True):
        seen[name][person[ref]].append(at)

    left: dict[str, list[bool]] = defaultdict(list)
    for anchor in simulation.truth.path["anchors"]:
        if not anchor["outcome_known"]:
            continue
        now = anchor["anchor_us"]
        for who in set(person.values()):
            if not bought(purchases, who, now - DEFAULT.path_at_risk_days * DAY_US, now):
                continue
            window = range(now - 28 * DAY_US, now)
            complaints = [t for t in seen[of_interest[0]][who] if t in window]
            looks = [t for t in seen[of_interest[1]][who] if t in window]
            limit = DEFAULT.path_days * DAY_US
            path = any(0 < look - c <= limit for c in complaints for look in looks)
            kind = "path" if path else "complaint" if complaints else "look" if looks else "none"
            gone = not bought(purchases, who, now, now + DEFAULT.path_outcome_days * DAY_US)
            left[kind].append(gone)

    risk = {kind: sum(gone) / len(gone) for kind, gone in left.items()}
    assert len(left["path"]) > 300
    found = risk["path"] / risk["none"]
    assert found == pytest.approx(DEFAULT.path_relative_risk, rel=0.12)
    assert risk["complaint"] / risk["none"] < 1.35
    assert risk["look"] / risk["none"] < 1.35
