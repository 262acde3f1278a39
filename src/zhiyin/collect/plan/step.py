"""The plan's place in the pipeline: what the pump brings is held against the plan of its source.

Files are not: their columns were mapped and checked when they were read. What a plan marks as
personal stays out of the lake wherever it comes from.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction

from zhiyin.collect.batch import Batch, Outcome
from zhiyin.collect.plan import noting, wording
from zhiyin.collect.plan.schema import Mode

CONTEXT = "plan"  # where a flagged event says how it deviates


def hold(batch: Batch) -> None:
    """Count and learn; flag or refuse what deviates, as the plan says."""
    if not batch.live:
        return
    watch = noting.watch(batch.source)
    counts = noting.Counts(watch, batch.received_at)
    shapes = counts.shapes
    for event in batch.incoming:
        if event.outcome is not Outcome.KEPT:
            continue
        name = event.name
        found = watch.event(name).found(event.properties if event.told is None else event.told)
        shape, deviations, verdict = found
        shapes[shape] += 1
        if verdict is None:
            continue
        counts.deviating[shape.event.name] += 1
        if deviations is not shape.deviations:
            counts.deviations.update(
                (shape.event.name, one) for one in deviations[len(shape.deviations):]
            )  # fmt: skip
        if verdict is Mode.FLAG:
            event.context = {**(event.context or {}), CONTEXT: wording.kept(deviations)}
        elif verdict is Mode.REJECT:
            event.outcome, event.reason = Outcome.REFUSED, wording.reason(watch.plan, deviations)
            event.detail = wording.detail(watch.plan, deviations)
    transaction.on_commit(partial(noting.keep, counts))
