"""Simulated reviews in the customer's language.

A review speaks of one to three aspects; what it says of each is planted and kept as truth.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from zhiyin.demo.chance import DAY_US, Ints, moments, numbered, occurrences, pick, waking_hours
from zhiyin.demo.orders import OrderBook
from zhiyin.demo.parameters import Parameters
from zhiyin.demo.people import People
from zhiyin.demo.phrases import (
    ASPECTS,
    CLOSINGS,
    JOIN,
    OPENINGS,
    REVIEW_PARTS,
    Part,
)

PARTS = {
    (language, aspect, feeling): [p for p in parts if (p.aspect, p.feeling) == (aspect, feeling)]
    for language, parts in REVIEW_PARTS.items()
    for aspect in ASPECTS
    for feeling in (1, -1)
}


@dataclass(frozen=True)
class Reviews:
    """The reviews, the planted feelings, and the events of writing them."""

    table: pa.Table
    truth: pa.Table  # Review, Aspect, Feeling
    events: pa.Table


def reviews(
    rng: np.random.Generator, people: People, book: OrderBook, parameters: Parameters
) -> Reviews:
    """Reviews of articles that the writer had bought, one to three weeks later."""
    wanted = int(len(people) * parameters.reviews_per_customer)
    line = np.sort(rng.choice(book.articles, wanted))
    invoice = np.searchsorted(book.line_start, line, side="right") - 1
    bought_us = book.invoices.at_us[invoice]
    at_us = waking_hours(rng, bought_us + (rng.uniform(4, 21, wanted) * DAY_US).astype(np.int64))
    kept = at_us < book.end_us
    line, invoice, at_us = line[kept], invoice[kept], at_us[kept]
    who = book.invoices.buyer[invoice]
    count = len(line)

    languages = people.language.take(pa.array(who)).to_pylist()
    mood = pick(rng, [0.62, 0.20, 0.18], count)  # pleased, mixed, not pleased
    spoken = 1 + pick(rng, [0.45, 0.40, 0.15], count)
    order = rng.permuted(np.tile(np.arange(len(ASPECTS)), (count, 1)), axis=1)
    dice = rng.random((count, 6))
    texts: list[str] = []
    ratings: list[int] = []
    owner: list[int] = []
    parts: list[Part] = []
    for row, language in enumerate(languages):
        said = _say(language, int(mood[row]), order[row, : spoken[row]], dice[row])
        total = sum(part.feeling for part in said)
        overall = int(np.sign(total))
        texts.append(_compose(language, said, overall, dice[row]))
        ratings.append({1: 5, 0: 3, -1: 1}[overall] - (1 if overall * dice[row, 5] > 0.7 else 0))
        if overall < 0 and dice[row, 5] > 0.5:
            ratings[-1] = 2
        owner.extend([row] * len(said))
        parts.extend(said)
    number = numbered("RV", np.arange(count))
    index = pa.array(line)
    customer = people.ref.take(pa.array(who))
    table = pa.table(
        {
            "Review": number,
            "Customer": customer,
            "SKU": book.sku.take(index),
            "Product": book.description.take(index),
            "InvoiceNo": book.invoice.take(pa.array(invoice)),
            "Rating": pa.array(ratings, pa.int64()),
            "Text": pa.array(texts, pa.string()),
            "Language": pa.array(languages, pa.string()),
            "Written at": moments(at_us),
            "Simulated": pa.repeat(True, count),
        }
    )
    truth = pa.table(
        {
            "Review": number.take(pa.array(owner, pa.int64())),
            "Aspect": pa.array([p.aspect for p in parts], pa.string()),
            "Feeling": pa.array([p.feeling for p in parts], pa.int64()),
        }
    )
    return Reviews(table, truth, occurrences(who, at_us, "Product Reviewed", number))


def _say(language: str, mood: int, aspects: Ints, dice: np.ndarray) -> list[Part]:
    """One part for each aspect: all of one feeling, or of both where the mood is mixed."""
    feelings = {0: [1, 1, 1], 1: [1, -1, 1] if dice[0] < 0.5 else [-1, 1, -1], 2: [-1, -1, -1]}
    said = []
    for nth, aspect in enumerate(aspects):
        choices = PARTS[language, ASPECTS[aspect], feelings[mood][nth]]
        said.append(choices[int(dice[1 + nth] * len(choices))])
    return said


def _compose(language: str, said: list[Part], overall: int, dice: np.ndarray) -> str:
    openings, closings = OPENINGS[language][overall], CLOSINGS[language][overall]
    opening, first = openings[int(dice[4] * len(openings))], said[0].text
    text = opening + (first[0].upper() + first[1:] if opening.endswith(". ") else first)
    for before, part in pairwise(said):
        if part.feeling != before.feeling:
            text += JOIN[language]["but"] + part.text
        elif part is said[-1] and len(said) > 2:
            text += JOIN[language]["extra"] + part.text
        else:
            text += JOIN[language]["same"] + part.text
    text += closings[int(dice[5] * len(closings))]
    # People often start without a capital; half of them do not.
    return text[0].upper() + text[1:] if dice[0] < 0.8 else text
