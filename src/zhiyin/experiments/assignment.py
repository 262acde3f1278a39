"""Who is held out and who gets which variant: a keyed hash of experiment and customer.

The same pair always lands on the same point between 0 and 1, so an assignment can be computed
again, checked and stored; different experiments put the same person at unrelated points. The key
keeps outsiders from predicting their group. After Kohavi, Tang and Xu, "Trustworthy Online
Controlled Experiments" (2020), chapter 14 (deterministic hashing, no carry-over).
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

_PERSON = b"zhiyin.assign"  # keeps these hashes apart from other uses of the same key
_STEPS = 2**53  # a double holds exactly these many steps between 0 and 1

HOLD_OUT = "hold_out"
TREATED = "treated"


@dataclass(frozen=True)
class Variant:
    """A group of an experiment and its share of the people."""

    name: str
    share: float


class BadSharesError(ValueError):
    """The shares of the variants are no division of the people."""


def point(key: bytes, experiment: str, customer: str) -> float:
    """Where a customer stands in an experiment: a number in [0, 1), uniform over customers."""
    if not 16 <= len(key) <= 64:
        raise ValueError("the assignment key has 16 to 64 bytes")
    name = experiment.encode()
    digest = hashlib.blake2b(
        len(name).to_bytes(4, "big") + name + customer.encode(),
        key=key,
        digest_size=8,
        person=_PERSON,
    ).digest()
    return (int.from_bytes(digest, "big") >> 11) / _STEPS


def with_hold_out(share: float, *variants: str) -> list[Variant]:
    """A hold-out of this share and the rest in equal parts.

    The hold-out comes first, so enlarging it keeps everyone in it who was in it before.
    """
    names = variants or (TREATED,)
    rest = (1 - share) / len(names)
    return [Variant(HOLD_OUT, share), *(Variant(name, rest) for name in names)]


def assign(key: bytes, experiment: str, customer: str, variants: Sequence[Variant]) -> str:
    """The name of the customer's variant."""
    edges = _edges(variants)
    place = int(np.searchsorted(edges, point(key, experiment, customer), side="right"))
    return variants[place].name


def assign_all(
    key: bytes, experiment: str, customers: Iterable[str], variants: Sequence[Variant]
) -> pa.Table:
    """One row a customer: customer_id, variant, point; ready to be stored before anyone is sent to.

    The order of the customers does not matter, nor who else is there.
    """
    edges = _edges(variants)
    ids = [str(each) for each in customers]
    points = np.fromiter((point(key, experiment, each) for each in ids), dtype=np.float64)
    names = np.array([each.name for each in variants], dtype=object)
    places = np.searchsorted(edges, points, side="right")
    return pa.table(
        {
            "customer_id": pa.array(ids, pa.string()),
            "variant": pa.array(names[places], pa.string()),
            "point": pa.array(points, pa.float64()),
        }
    )


def _edges(variants: Sequence[Variant]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The upper edges of all variants but the last."""
    shares = [each.share for each in variants]
    if not shares or any(not 0 <= share <= 1 for share in shares):
        raise BadSharesError("each share is between 0 and 1")
    if not math.isclose(math.fsum(shares), 1, abs_tol=1e-9):
        raise BadSharesError("the shares add up to 1")
    if len({each.name for each in variants}) != len(shares):
        raise BadSharesError("each variant has its own name")
    last = max(place for place, share in enumerate(shares) if share > 0)
    edges = np.cumsum(shares[:-1])
    edges[last:] = 1.0  # a last variant of share 0 gets nobody, whatever the rounding
    return edges
