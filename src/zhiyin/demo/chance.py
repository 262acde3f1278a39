"""Repeatable randomness: one independent stream for each channel, all from one seed.

Adding a draw to one channel leaves every other channel as it was.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000


def stream(seed: int, channel: str, part: int = 0) -> np.random.Generator:
    """The random stream of one channel (and of one part of it, when it is made in chunks)."""
    return np.random.Generator(np.random.PCG64([seed, crc32(channel.encode()), part]))


def pick(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """`size` indices drawn with the given weights (need not sum to one)."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.minimum(drawn, len(edges) - 1).astype(np.int64)


def take(words: Sequence[str | None], indices: Ints) -> pa.Array:
    """The words at these indices, as text."""
    return pa.array(list(words), pa.string()).take(pa.array(indices))


def moments(microseconds: Ints) -> pa.Array:
    """Microseconds since 1970 (UTC) as aware timestamps."""
    return pa.array(microseconds.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))


def waking_hours(rng: np.random.Generator, days_us: Ints) -> Ints:
    """The same days at a random minute between 07:00 and 23:00."""
    day = days_us - days_us % DAY_US
    minutes = (7 + 16 * rng.beta(2.2, 1.8, len(days_us))) * 60
    return day + minutes.astype(np.int64) * MINUTE_US + rng.integers(0, 60, len(day)) * 1_000_000
