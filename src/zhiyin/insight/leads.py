"""Who will convert: a probability for each lead from any table of past leads, with the reasons.

`fit` holds the contest of all kinds of models (`contest`), fits the winner on all rows
(`labelled`), and answers new leads. Nothing here is about leads alone: any table with a label will
do, which is how churn of contracts is learned too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from zhiyin.insight import contest
from zhiyin.insight.columns import Cell, Left
from zhiyin.insight.contest import Contest
from zhiyin.insight.contract import Floats, Reason, Words
from zhiyin.insight.labelled import LabelledModel, WhatIf, fit_prepared, prepare
from zhiyin.insight.rivals import Kind
from zhiyin.insight.tables import Tabular


@dataclass(frozen=True)
class Leads:
    """A fitted answer: the model in use and the table that it won."""

    model: LabelledModel
    contest: Contest | None

    @property
    def left(self) -> list[Left]:
        """Columns that were not learned from, and why."""
        return self.model.left

    def score(self, table: Tabular, customer_id: str | None = None) -> pa.Table:
        """customer_id, value (a probability), low, high, reasons (JSON): one row a lead."""
        return self.model.score(table, customer_id)

    def predict(self, table: Tabular) -> Floats:
        return self.model.predict(table)

    def explain(self, table: Tabular) -> list[list[Reason]]:
        return self.model.explain(table)

    def what_if(self, row: Mapping[str, Cell], changes: Mapping[str, Cell]) -> WhatIf:
        return self.model.what_if(row, changes)


def fit(
    table: Tabular,
    label: str,
    *,
    positive: str | bool | int | None = None,
    kind: Kind | None = None,
    kinds: Iterable[Kind] = tuple(Kind),
    repeats: int = contest.REPEATS,
    trusted: Iterable[str] = (),
    leave_out: Iterable[str] = (),
    names: Mapping[str, Words] | None = None,
) -> Leads:
    """Learn a label from a table: one row a person, any columns.

    `positive` is the value of the label that means "it happened"; `kind` fits one kind of model
    without a contest, `kinds` says who takes part in it and `repeats` how often. `trusted` columns
    are used whatever they look like, `leave_out` are not; `names` are what the reasons call a
    column in each language.

    Raises BadTableError, OneClassError, NotEnoughHistoryError, NothingToLearnFromError, and
    LabelInDisguiseError with the names of columns that give the label away.
    """
    prepared = prepare(table, label, positive=positive, trusted=trusted, leave_out=leave_out)
    held = contest.held(prepared, label, kinds, repeats) if kind is None else None
    best = kind if held is None else held.winner
    assert best is not None
    return Leads(fit_prepared(prepared, label, best, names), held)
