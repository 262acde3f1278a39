"""One thread for the sums of a model: the same bits on every run and every machine.

BLAS and OpenMP split a sum over the cores, which changes its last bits; and on a busy machine each
part waits for the slowest core (measured: a fit of 0.5 s took 2.8 s).
"""

from contextlib import AbstractContextManager
from typing import cast

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def one_thread() -> AbstractContextManager[object]:
    return cast("AbstractContextManager[object]", threadpool_limits(limits=1))
