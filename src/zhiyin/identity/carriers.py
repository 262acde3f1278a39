"""Devices, cookies and lent phones: whose they are now.

A carrier is held by the person whose identifier it was last seen with; one that was seen with other
carriers only (a cookie with its device) follows the one among them that is held. It makes no two
people one, however many used it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.identity.edges import Codes, Effect, Mask
from zhiyin.identity.guarded import Held
from zhiyin.identity.network import Links, Nodes


@dataclass(frozen=True)
class Carried:
    """The person of every identifier, carriers too, and the links that do not count."""

    person: Codes
    held: dict[int, Held]


def held_by(nodes: Nodes, links: Links, attaching: Mask, person: Codes) -> Carried:
    """Give each carrier to a person. `person` labels people; carriers have labels of their own."""
    free = ~nodes.personal
    apart = _kept_apart(nodes, links, attaching, person)
    counts = attaching & ~apart
    label = person.copy()
    holder = np.full(len(nodes), -1)
    # With a personal identifier at one end.
    mixed = np.flatnonzero(counts & (free[links.a] != free[links.b]))
    mixed = _latest_last(links, mixed)
    ours = free[links.a[mixed]]
    carrier = np.where(ours, links.a[mixed], links.b[mixed])
    user = np.where(ours, links.b[mixed], links.a[mixed])
    holder[carrier] = person[user]  # the last one stays
    # Among carriers: groups of those without a user follow the latest neighbour that has one.
    both = counts & free[links.a] & free[links.b]
    lost = free & (holder < 0)
    among = both & lost[links.a] & lost[links.b]
    group = links.components(among, len(nodes))
    out = _latest_last(links, np.flatnonzero(both & (lost[links.a] != lost[links.b])))
    follower = np.where(lost[links.a[out]], links.a[out], links.b[out])
    leader = np.where(lost[links.a[out]], links.b[out], links.a[out])
    led = np.full(len(nodes), -1)
    led[group[follower]] = holder[leader]
    holder[lost] = led[group[lost]]
    found = free & (holder >= 0)
    label[found] = holder[found]
    unheld = free & (holder < 0)
    label[unheld] = int(person.max(initial=0)) + 1 + group[unheld]
    switched = np.flatnonzero(counts & (label[links.a] != label[links.b]))
    held = dict.fromkeys(switched.tolist(), Held.SWITCHED)
    held.update(dict.fromkeys(np.flatnonzero(apart).tolist(), Held.APART))
    return Carried(label, held)


def _kept_apart(nodes: Nodes, links: Links, attaching: Mask, person: Codes) -> Mask:
    """Links of a carrier to people of whom somebody said that it is not theirs."""
    size = int(person.max(initial=0)) + 1
    said = links.effect == Effect.KEEPS_APART
    foes = np.concatenate(
        [
            links.a[said] * size + person[links.b[said]],
            links.b[said] * size + person[links.a[said]],
        ]
    )
    here = links.a * size + person[links.b], links.b * size + person[links.a]
    return attaching & (np.isin(here[0], foes) | np.isin(here[1], foes))


def _latest_last(links: Links, places: Codes) -> Codes:
    ids = pc.rank(
        links.table["edge"].combine_chunks().take(pa.array(places)), tiebreaker="first"
    ).to_numpy()
    latest: Codes = places[np.lexsort((-ids.astype(np.int64), links.seen[places]))]
    return latest
