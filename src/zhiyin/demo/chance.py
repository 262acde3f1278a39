"""Repeatable randomness: one independent stream for each channel, all from one seed.

Adding a draw to one channel leaves every other channel as it was.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
    return pick_sorted(rng, np.cumsum(np.asarray(weights, dtype=np.float64)), size)


def pick_sorted(rng: np.random.Generator, edges: Floats, size: int) -> Ints:
    """The same for weights that have been summed up already."""
    drawn: Ints = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    return np.minimum(drawn, len(edges) - 1)


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


def device_ids(numbers: Ints, seed: int) -> pa.Array:
    """Sixteen hexadecimal digits for each number: scattered, repeatable and never the same twice.

    The scatter is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), a bijection.
    """
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    text = z.astype(">u8").tobytes().hex().encode()
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * 16
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def within(counts: Ints) -> Ints:
    """0 … n-1 for each n in `counts`, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def numbered(prefix: str, numbers: Ints, width: int = 6) -> pa.Array:
    """`prefix` and the number with leading zeros."""
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=width, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def occurrences(who: Ints, at_us: Ints, name: str, reference: pa.Array) -> pa.Table:
    """Something that happened to people (indices), before it becomes rows of the event stream."""
    return pa.table(
        {
            "who": who,
            "at_us": at_us,
            "name": pa.repeat(name, len(who)),
            "reference": reference,
        }
    )
