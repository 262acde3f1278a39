"""One finished win-back campaign with a random hold-out group and an effect that is known.

Customers who had bought nothing for a while were drawn by lot into a hold-out group or one of two
offers. What they would have done anyway is what they really did; for the treated the simulator
adds orders, so that the chance to buy within the outcome days rises by the lift that `Parameters`
states for their kind of basket and their offer. The lifts are by intention to treat: a bounced
message has no effect, and the others make up for it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo.chance import DAY_US, MINUTE_US, Bools, Ints, moments, numbered, occurrences, take
from zhiyin.demo.convert import ORDER_LINES
from zhiyin.demo.orders import OrderBook, Purchases
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.people import People

CODE = "WINBACK-1"
ARMS = ("hold-out", "treated")
OFFERS = ("discount", "free delivery")
BASKETS = ("small", "large")


@dataclass(frozen=True)
class Campaign:
    """The campaign as one would find it in an old tool's export, and what is true of it."""

    definition: pa.Table
    assignment: pa.Table  # Campaign, Customer, Arm, Offer, Basket, Assigned at
    excluded: pa.Table  # Campaign, Customer, Reason
    messages: pa.Table
    orders: pa.Table  # the layout of the real orders
    made_orders: pa.Table  # Campaign, Customer, InvoiceNo, Ordered at
    events: pa.Table  # who, at_us, name, reference: e-mail events for the event stream
    purchases: Purchases  # the added ones
    truth: dict[str, Any]


def lifts(parameters: Parameters) -> np.ndarray:
    """The added chance to buy: rows are `BASKETS`, columns are `OFFERS`."""
    return np.array(
        [
            [parameters.lift_small_basket_discount, parameters.lift_small_basket_free_delivery],
            [parameters.lift_large_basket_discount, parameters.lift_large_basket_free_delivery],
        ]
    )


def make(
    rng: np.random.Generator,
    people: People,
    book: OrderBook,
    bought: Purchases,
    parameters: Parameters,
) -> Campaign:
    """Runs the campaign; `bought` are all purchases without it, by account."""
    size = len(people)
    start_us = book.end_us - parameters.campaign_days_before_end * DAY_US
    start_us += 9 * 60 * MINUTE_US - start_us % DAY_US
    end_us = start_us + parameters.campaign_outcome_days * DAY_US
    by_person = bought.of_persons(people.person)
    recent = by_person.count(size, start_us - parameters.campaign_lapsed_days * DAY_US, start_us)
    ever = bought.count(size, 0, start_us)
    lapsed = (ever > 0) & (recent[people.person] == 0)
    targets, excluded = _allowed(people, lapsed)

    count = len(targets)
    held = np.zeros(count, np.bool_)
    held[rng.permutation(count)[: round(count * parameters.campaign_hold_out)]] = True
    offer = rng.integers(0, 2, count)
    middle = float(np.median(book.mean_value[targets])) if count else 0.0
    basket = (book.mean_value[targets] >= middle).astype(np.int64)

    bounced = ~held & (rng.random(count) < parameters.campaign_bounce_share)
    anyway = by_person.count(size, start_us, end_us)[targets] > 0
    lift = lifts(parameters)[basket, offer]
    chance = _needed(lift, basket, anyway, bounced, parameters)
    persuaded = ~held & ~bounced & ~anyway & (rng.random(count) < chance)
    sent_us = start_us + rng.integers(0, 40, count) * MINUTE_US
    orders, purchases, numbers = _orders(
        rng, book, people.ref, targets[persuaded], sent_us[persuaded], parameters
    )
    messages, events = _messages(rng, people, targets, held, offer, bounced, persuaded, sent_us)
    ref = people.ref.take(pa.array(targets))
    offers = pc.if_else(pa.array(held), None, take(OFFERS, offer))
    return Campaign(
        definition=_definition(parameters, start_us, end_us),
        assignment=pa.table(
            {
                "Campaign": pa.repeat(CODE, count),
                "Customer": ref,
                "Arm": pc.if_else(pa.array(held), ARMS[0], ARMS[1]),
                "Offer": offers,
                "Basket": take(BASKETS, basket),
                "Assigned at": moments(np.full(count, start_us)),
                "Simulated": pa.repeat(True, count),
            }
        ),
        excluded=excluded,
        messages=messages,
        orders=orders,
        made_orders=pa.table(
            {
                "Campaign": pa.repeat(CODE, len(numbers)),
                "Customer": people.ref.take(pa.array(purchases.buyer)),
                "InvoiceNo": numbers,
                "Ordered at": moments(purchases.at_us),
                "Simulated": pa.repeat(True, len(numbers)),
            }
        ),
        events=events,
        purchases=purchases,
        truth={
            "campaign": CODE,
            "population": count,
            "hold_out": int(held.sum()),
            "outcome_days": parameters.campaign_outcome_days,
            "basket_limit_gbp": round(middle, 2),
            **_effect(lift[~held], anyway, persuaded[~held], parameters),
        },
    )


def _effect(
    lift: np.ndarray, anyway: Bools, persuaded: Bools, parameters: Parameters
) -> dict[str, Any]:
    """What the report must find; `lift` and `persuaded` are those of the treated."""
    table = lifts(parameters)
    return {
        "expected_lift": float(lift.mean()) if len(lift) else 0.0,
        "realised_lift": float(persuaded.mean()) if len(lift) else 0.0,
        "added_orders": int(persuaded.sum()),
        "bought_anyway_share": float(anyway.mean()) if len(anyway) else 0.0,
        "expected_lift_by_basket_and_offer": {
            basket: {offer: float(table[i, j]) for j, offer in enumerate(OFFERS)}
            for i, basket in enumerate(BASKETS)
        },
        "best_offer": {b: OFFERS[int(table[i].argmax())] for i, b in enumerate(BASKETS)},
    }


def _needed(
    lift: np.ndarray, basket: Ints, anyway: Bools, bounced: Bools, parameters: Parameters
) -> np.ndarray:
    """The chance by which somebody who would not buy must be persuaded to reach the lift."""
    chance = np.zeros(len(lift))
    for kind in range(len(BASKETS)):
        here = basket == kind
        if here.any():
            reachable = (1 - anyway[here].mean()) * (1 - parameters.campaign_bounce_share)
            chance[here] = lift[here] / max(reachable, 1e-9)
    return np.minimum(chance, 1.0)


def _allowed(people: People, lapsed: Bools) -> tuple[Ints, pa.Table]:
    """Who can be written to, and for everybody else of the lapsed why not."""
    consent = pc.fill_null(pc.equal(people.consents["E-mail"][0], "yes"), False)
    reasons = [
        (people.person != np.arange(len(people)), "second account of the same person"),
        (people.email.is_null().to_numpy(zero_copy_only=False), "no e-mail address"),
        (~consent.to_numpy(zero_copy_only=False), "no consent to e-mail"),
    ]
    left = lapsed.copy()
    refs: list[pa.Array] = []
    why: list[pa.Array] = []
    for refused, reason in reasons:
        hit = np.flatnonzero(left & refused)
        refs.append(people.ref.take(pa.array(hit)))
        why.append(pa.repeat(reason, len(hit)))
        left &= ~refused
    customers = pa.concat_arrays(refs)
    excluded = pa.table(
        {
            "Campaign": pa.repeat(CODE, len(customers)),
            "Customer": customers,
            "Reason": pa.concat_arrays(why),
            "Simulated": pa.repeat(True, len(customers)),
        }
    )
    return np.flatnonzero(left), excluded


def _orders(
    rng: np.random.Generator,
    book: OrderBook,
    refs: pa.Array,
    buyers: Ints,
    sent_us: Ints,
    parameters: Parameters,
) -> tuple[pa.Table, Purchases, pa.Array]:
    """One order for each persuaded customer: the articles of one of their own former orders."""
    days = (parameters.campaign_outcome_days - 4) * rng.beta(1.1, 2.5, len(buyers))
    # From the day after the message, in the shop's hours, and never on its Saturday of rest.
    day = (sent_us + (days * DAY_US).astype(np.int64)) // DAY_US + 1
    day += (day + 3) % 7 == 5  # 1 January 1970 was a Thursday, the fourth day of the week
    at_us = day * DAY_US + (9 * 60 + rng.integers(0, 480, len(buyers))) * MINUTE_US
    number = numbered("SIM", 900_000 + np.arange(len(buyers)))
    # Invoices sorted by buyer: a former order is a uniform draw from the buyer's stretch.
    before = np.flatnonzero(book.invoices.at_us < int(sent_us.min(initial=book.end_us)))
    before = before[np.argsort(book.invoices.buyer[before], kind="stable")]
    owner = book.invoices.buyer[before]
    low, high = np.searchsorted(owner, buyers), np.searchsorted(owner, buyers, side="right")
    former = before[low + (rng.random(len(buyers)) * (high - low)).astype(np.int64)]
    first = book.line_start[former]
    length = np.minimum(book.line_start[former + 1] - first, 12)
    order = np.repeat(np.arange(len(buyers)), length)
    line = pa.array(np.repeat(first - np.cumsum(length) + length, length) + np.arange(len(order)))
    buyer = pa.array(buyers[order])
    country = book.country.take(buyer)
    orders = pa.table(
        [
            number.take(pa.array(order)),
            book.sku.take(line),
            book.description.take(line),
            pc.min_element_wise(book.quantity.take(line), 48),  # no wholesale order by accident
            pa.array(at_us[order]).cast(pa.timestamp("us")).cast(pa.timestamp("ms"), safe=False),
            book.price.take(line),
            refs.take(buyer),
            country,
        ],
        schema=ORDER_LINES,
    ).append_column("Simulated", pa.repeat(True, len(order)))
    return orders, Purchases(buyers, at_us), number


def _messages(
    rng: np.random.Generator,
    people: People,
    targets: Ints,
    held: Bools,
    offer: Ints,
    bounced: Bools,
    persuaded: Bools,
    sent_us: Ints,
) -> tuple[pa.Table, pa.Table]:
    """The messages of the treated, and what became of each as events."""
    chosen = np.flatnonzero(~held)
    who, at = targets[chosen], sent_us[chosen]
    number = numbered("MSG", np.arange(len(chosen)))
    returned = bounced[chosen]
    clicks = ~returned & (rng.random(len(chosen)) < np.where(persuaded[chosen], 0.85, 0.07))
    leaves = ~returned & ~clicks & (rng.random(len(chosen)) < 0.012)
    messages = pa.table(
        {
            "Message": number,
            "Campaign": pa.repeat(CODE, len(chosen)),
            "Customer": people.ref.take(pa.array(who)),
            "Channel": pa.repeat("e-mail", len(chosen)),
            "Language": people.language.take(pa.array(who)),
            "Offer": take(OFFERS, offer[chosen]),
            "Sent at": moments(at),
            "State": pc.if_else(pa.array(returned), "bounced", "delivered"),
            "Simulated": pa.repeat(True, len(chosen)),
        }
    )

    def events(name: str, mask: Bools, later_us: Ints) -> pa.Table:
        rows = np.flatnonzero(mask)
        reference = number.take(pa.array(rows))
        return occurrences(who[rows], at[rows] + later_us[rows], name, reference)

    short = rng.integers(1, 90, len(chosen)) * 1_000_000
    # A click comes on the day of the message, the first order on the day after it.
    soon = rng.integers(5, 700, len(chosen)) * MINUTE_US
    everyone = np.ones(len(chosen), np.bool_)
    return messages, pa.concat_tables(
        [
            events("Email Sent", everyone, np.zeros(len(chosen), np.int64)),
            events("Email Delivered", ~returned, short),
            events("Email Bounced", returned, short),
            events("Email Link Clicked", clicks, soon),
            events("Email Unsubscribed", leaves, soon),
        ]
    )


def _definition(parameters: Parameters, start_us: int, end_us: int) -> pa.Table:
    rule_zh = f"{parameters.campaign_lapsed_days} 天未购买且同意接收邮件"
    rule_en = f"bought nothing for {parameters.campaign_lapsed_days} days and consents to e-mail"
    return pa.table(
        {
            "Campaign": [CODE],
            "Name (zh)": ["老客户召回：两种优惠"],
            "Name (en)": ["Win-back: two offers"],
            "Rule (zh)": [rule_zh],
            "Rule (en)": [rule_en],
            "Hold-out share": [parameters.campaign_hold_out],
            "Started at": moments(np.array([start_us])),
            "Measured until": moments(np.array([end_us])),
            "Cost per message": [parameters.campaign_cost_per_message],
            "Cost per order": [parameters.campaign_cost_per_order],
            "Currency": ["GBP"],
            "Simulated": [True],
        }
    )
