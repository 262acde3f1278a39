"""Why two identifiers are one person's, or why they are not.

The road between them over links that count: the shortest, or the one that stands on the strongest
evidence. Where there is no road, the links that would have made one, each with what held it back.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import count

import pyarrow as pa

from zhiyin.identity.edges import RULES, Effect
from zhiyin.identity.guarded import Held
from zhiyin.identity.kinds import Guards
from zhiyin.identity.people import People, resolve


class By(Enum):
    """Which road is looked for."""

    SHORTEST = "shortest"
    STRONGEST = "strongest"


@dataclass(frozen=True)
class Step:
    """One link on the road, in the direction of travel."""

    edge: str
    a: str
    b: str
    rule: str
    probability: float
    source: str
    seen_at: datetime
    at: datetime
    held: Held | None = None  # why it does not count


@dataclass(frozen=True)
class Explanation:
    """One person or not; the road between the two, or what stands in its way."""

    one_person: bool
    road: tuple[Step, ...]
    in_the_way: tuple[Step, ...]


def explain(
    identifiers: pa.Table, edges: pa.Table, guards: Guards, a: str, b: str,
    by: By = By.SHORTEST,
) -> Explanation:  # fmt: skip
    """Why `a` and `b` are one person's or not, from all identifiers and links around them."""
    people = resolve(identifiers, edges, guards)
    every = _steps(edges, people)
    customer = dict(
        zip(
            people.standing["identifier"].to_pylist(),
            people.standing["customer"].to_pylist(),
            strict=True,
        )
    )
    road = _road([step for step in every if step.held is None], a, b, by)
    if road is not None:
        return Explanation(True, road, ())
    sides = {customer.get(a), customer.get(b)}
    between = [
        step for step in every
        if step.held is not None
        and customer.get(step.a) in sides and customer.get(step.b) in sides
    ]  # fmt: skip
    return Explanation(False, (), tuple(between))


def steps(identifiers: pa.Table, edges: pa.Table, guards: Guards) -> list[Step]:
    """Every link around, each with what holds it back where something does."""
    return _steps(edges, resolve(identifiers, edges, guards))


def _steps(edges: pa.Table, people: People) -> list[Step]:
    held = dict(
        zip(people.held["edge"].to_pylist(), map(Held, people.held["why"].to_pylist()), strict=True)
    )
    return [_step(row, held) for row in edges.to_pylist()]


def _step(row: dict[str, object], held: dict[str, Held]) -> Step:
    rule = str(row["rule"])
    apart = RULES[rule].effect == Effect.KEEPS_APART
    seen_at, at = row["seen_at"], row["at"]
    assert isinstance(seen_at, datetime)
    assert isinstance(at, datetime)
    return Step(
        str(row["edge"]), str(row["a"]), str(row["b"]), rule,
        float(str(row["probability"])), str(row["source"]), seen_at, at,
        Held.APART if apart else held.get(str(row["edge"])),
    )  # fmt: skip


def _road(steps: list[Step], a: str, b: str, by: By) -> tuple[Step, ...] | None:
    """Dijkstra's road from a to b; always the same one."""
    out: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        out[step.a].append(step)
        out[step.b].append(_turned(step))
    been: set[str] = set()
    number = count()  # roads of equal cost are taken in the order of their finding
    queue: list[tuple[tuple[float, float], str, int, tuple[Step, ...]]] = [
        ((0.0, 0.0), a, next(number), ())
    ]
    while queue:
        cost, place, _, road = heapq.heappop(queue)
        if place == b:
            return road
        if place in been:
            continue
        been.add(place)
        for step in out[place]:
            if step.b not in been:
                further = _further(cost, step, by)
                heapq.heappush(queue, (further, step.b, next(number), (*road, step)))
    return None


def _further(cost: tuple[float, float], step: Step, by: By) -> tuple[float, float]:
    doubt = -math.log(max(step.probability, 1e-12)) + RULES[step.rule].rank / 1000
    if by is By.SHORTEST:
        return cost[0] + 1, cost[1] + doubt
    return cost[0] + doubt, cost[1] + 1


def _turned(step: Step) -> Step:
    return Step(
        step.edge, step.b, step.a, step.rule, step.probability, step.source, step.seen_at,
        step.at, step.held,
    )  # fmt: skip
