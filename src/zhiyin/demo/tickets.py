"""Simulated service tickets with their messages, in the customer's language.

Most follow an order without regard to what the customer does later; the complaints of the planted
path come in from outside, with their time.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo.chance import (
    DAY_US,
    MINUTE_US,
    Bools,
    Ints,
    moments,
    numbered,
    occurrences,
    pick,
    take,
    waking_hours,
)
from zhiyin.demo.orders import OrderBook
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.path import Path
from zhiyin.demo.people import People
from zhiyin.demo.phrases import AGENT_LINES, CUSTOMER_LINES, FOLLOW_UPS, KINDS, SUBJECTS

COMPLAINT = KINDS.index("complaint")


@dataclass(frozen=True)
class Service:
    """Tickets with their messages, and the events of opening, complaining and closing."""

    tickets: pa.Table
    messages: pa.Table
    events: pa.Table


def make(
    rng: np.random.Generator,
    people: People,
    book: OrderBook,
    path: Path,
    parameters: Parameters,
) -> Service:
    """Tickets after orders, and the complaints of the planted path."""
    who, at_us, kind = _occasions(rng, people, book, path, parameters)
    count = len(who)
    orders = _last_invoice(book, who, at_us)
    closed_us = at_us + ((0.05 + rng.exponential(1.4, count)) * DAY_US).astype(np.int64)
    unfinished = closed_us > book.end_us
    language = people.language.take(pa.array(who))
    ticket = numbered("T", np.arange(count))
    subjects, messages = _conversations(
        rng, ticket, language, kind, orders, at_us, closed_us, book.end_us
    )
    of_complaints = 1 + pick(rng, [30, 25, 20, 15, 10], count)
    stars = np.where(kind == COMPLAINT, of_complaints, 3 + rng.integers(0, 3, count))
    silent = unfinished | (rng.random(count) < 0.45)
    tickets = pa.table(
        {
            "Ticket": ticket,
            "Customer": people.ref.take(pa.array(who)),
            "InvoiceNo": orders,
            "Channel": take(["e-mail", "chat", "phone"], pick(rng, [55, 35, 10], count)),
            "Language": language,
            "Kind": take(KINDS, kind),
            "Subject": subjects,
            "Opened at": moments(at_us),
            "Closed at": pc.if_else(pa.array(unfinished), None, moments(closed_us)),
            "State": pc.if_else(pa.array(unfinished), "open", "closed"),
            "Satisfaction": pa.array(stars, mask=silent),
            "Simulated": pa.repeat(True, count),
        }
    )

    def events(name: str, mask: Bools, when_us: Ints) -> pa.Table:
        rows = np.flatnonzero(mask)
        return occurrences(who[rows], when_us[rows], name, ticket.take(pa.array(rows)))

    happened = pa.concat_tables(
        [
            events("Ticket Opened", np.ones(count, np.bool_), at_us),
            events("Complaint Raised", kind == COMPLAINT, at_us),
            events("Ticket Closed", ~unfinished, closed_us),
        ]
    )
    return Service(tickets, messages, happened)


def _occasions(
    rng: np.random.Generator,
    people: People,
    book: OrderBook,
    path: Path,
    parameters: Parameters,
) -> tuple[Ints, Ints, Ints]:
    """Who writes when about what, in order of time."""
    wanted = int(len(people) * parameters.tickets_per_customer)
    invoice = rng.integers(0, len(book.invoices.buyer), wanted)
    after = (rng.uniform(1, 15, wanted) * DAY_US).astype(np.int64)
    opened = waking_hours(rng, book.invoices.at_us[invoice] + after)
    kept = opened < book.end_us
    invoice, opened = invoice[kept], opened[kept]
    others = 1 - parameters.complaint_share
    weights = [parameters.complaint_share, 0.64 * others, 0.22 * others, 0.14 * others]
    kind = pick(rng, weights, len(opened))
    who = np.concatenate([book.invoices.buyer[invoice], path.complainer])
    at_us = np.concatenate([opened, path.complained_us])
    kind = np.concatenate([kind, np.full(len(path.complainer), COMPLAINT)])
    order = np.argsort(at_us, kind="stable")
    return who[order], at_us[order], kind[order]


def _last_invoice(book: OrderBook, who: Ints, at_us: Ints) -> pa.Array:
    """The customer's latest invoice before the moment; null where there is none (shop sales)."""
    keys = (book.invoices.buyer << 32) + book.invoices.at_us // MINUTE_US
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], (who << 32) + at_us // MINUTE_US) - 1
    found = order[np.maximum(place, 0)]
    missing = (place < 0) | (book.invoices.buyer[found] != who)
    return book.invoice.take(pa.array(found, mask=missing))


def _conversations(
    rng: np.random.Generator,
    ticket: pa.Array,
    language: pa.Array,
    kind: Ints,
    orders: pa.Array,
    at_us: Ints,
    closed_us: Ints,
    end_us: int,
) -> tuple[pa.Array, pa.Table]:
    """A subject for each ticket, and the messages written until now."""
    dice = rng.random((len(kind), 5))
    subjects: list[str] = []
    row_of: list[int] = []
    author: list[str] = []
    sent: list[int] = []
    text: list[str] = []
    columns = zip(language.to_pylist(), kind.tolist(), orders.to_pylist(), strict=True)
    for row, (tongue, number, order) in enumerate(columns):
        what = KINDS[number]
        die = dice[row]
        subject = _one(SUBJECTS[tongue][what], die[0])
        subjects.append(subject)
        named = order or ("门店小票" if tongue == "zh-Hans" else "my till receipt")
        span = int(closed_us[row] - at_us[row])
        turns = [("customer", 0, _one(CUSTOMER_LINES[tongue][what], die[1]))]
        turns.append(
            ("agent", int(span * (0.1 + 0.5 * die[4])), _one(AGENT_LINES[tongue][what], die[2]))
        )
        if die[3] < 0.5:
            turns.append(("customer", int(span * 0.9), _one(FOLLOW_UPS[tongue], die[3] * 2)))
        for who, later, line in turns:
            if at_us[row] + later <= end_us:
                row_of.append(row)
                author.append(who)
                sent.append(int(at_us[row]) + later)
                text.append(line.format(order=named, subject=subject))
    messages = pa.table(
        {
            "Ticket": ticket.take(pa.array(row_of, pa.int64())),
            "Sent at": moments(np.array(sent, np.int64)),
            "From": pa.array(author, pa.string()),
            "Language": language.take(pa.array(row_of, pa.int64())),
            "Text": pa.array(text, pa.string()),
            "Simulated": pa.repeat(True, len(text)),
        }
    )
    return pa.array(subjects, pa.string()), messages


def _one(choices: list[str], die: float) -> str:
    return choices[int(die * len(choices))]
