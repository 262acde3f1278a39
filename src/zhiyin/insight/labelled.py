"""A probability from any labelled table: who converts, who cancels, who pays; with the reasons.

Each model is several members, each learned without one part of the rows. What a member says of the
part that it has not seen calibrates the probabilities and gives their interval; together they score
new rows. Columns that give the label away are refused by name, those known only afterwards are left
out and listed (`leaks`). `contest` decides which kind of model this is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

import msgspec
import numpy as np
import pyarrow as pa

from zhiyin.insight import leaks, rivals
from zhiyin.insight.calibration import (
    Platt,
    RiskInterval,
    fit_interval,
    fit_platt,
    points_of,
)
from zhiyin.insight.columns import Cell, Columns, Left, chosen, fit_columns
from zhiyin.insight.contract import Floats, Reason, Words, score_table
from zhiyin.insight.labels import Labelled, folds, labelled
from zhiyin.insight.leaks import LabelInDisguiseError
from zhiyin.insight.rivals import Kind, Rival
from zhiyin.insight.tables import BadTableError, Tabular, arrow, text_column
from zhiyin.insight.threads import one_thread

MEMBERS = 5
_MOST_REASONS, _LEAST_POINTS = 4, 0.005


class Member(msgspec.Struct, frozen=True):
    """A model that has not seen one part of the rows, with the columns as it learned them."""

    columns: Columns
    rival: Rival

    def margins(self, table: pa.Table) -> Floats:
        return self.rival.margins(self.columns.rows(table))


class Change(msgspec.Struct, frozen=True):
    """One thing that a what-if alters. `unseen`: the value never occurred while learning."""

    column: str
    was: str
    becomes: str
    unseen: bool


class WhatIf(msgspec.Struct, frozen=True):
    """The probability before and after, each with its interval. A pattern, not an effect."""

    before: float
    after: float
    before_interval: tuple[float, float]
    after_interval: tuple[float, float]
    changes: list[Change]
    sentence: Words


class LabelledModel(msgspec.Struct, frozen=True, tag="labelled"):
    """Everything that scoring needs; plain numbers and LightGBM text."""

    label: str
    positive: str
    kind: Kind
    members: list[Member]
    calibrated: Platt
    interval: RiskInterval
    typical_margin: float
    base_rate: float
    learned_from: int
    left: list[Left]
    names: dict[str, Words]

    @property
    def columns(self) -> Columns:
        return self.members[0].columns

    def margins(self, table: pa.Table) -> Floats:
        return cast(Floats, np.mean([m.margins(table) for m in self.members], axis=0))

    def predict(self, table: Tabular) -> Floats:
        """The probability of each row. Columns that are missing count as unknown."""
        return self.calibrated(self.margins(arrow(table)))

    def explain(self, table: Tabular) -> list[list[Reason]]:
        """Why: contributions in percentage points against the typical row, strongest first."""
        found = arrow(table)
        parts = np.mean(
            [m.rival.parts(m.columns.rows(found), m.columns.owner) for m in self.members], axis=0
        )
        points = points_of(self.margins(found), parts, self.typical_margin, self.calibrated)
        texts = {one.name: _shown(found, one.name) for one in self.columns.used}
        top = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :_MOST_REASONS]
        return [
            [
                self._reason(int(j), texts[self.columns.names[j]][i], float(points[i, j]))
                for j in row
                if abs(points[i, j]) >= _LEAST_POINTS
            ]
            for i, row in enumerate(top)
        ]

    def _reason(self, at: int, value: str, points: float) -> Reason:
        column = self.columns.used[at]
        name = self.names.get(column.name, Words(column.name, column.name))
        share = round(100 * points, 1)
        if value == "":
            return Reason(column.name, f"{name.zh}未填", f"{name.en} is not known", share)
        usual = f"{column.median:,.4g}" if column.numeric else ""
        if usual and usual != value:
            zh, en = (
                f"{name.zh}为 {value}（一般是 {usual}）",
                f"{name.en} is {value} (usually {usual})",
            )
        else:
            zh, en = f"{name.zh}为 {value}", f"{name.en} is {value}"
        return Reason(column.name, zh, en, share)

    def score(self, table: Tabular, customer_id: str | None = None) -> pa.Table:
        """One row for each: customer_id, value, low, high, reasons (JSON).

        `customer_id` names the column with the ids; without one, rows are numbered from 1.
        """
        found = arrow(table)
        if customer_id is None:
            ids = pa.array([str(n + 1) for n in range(found.num_rows)])
        else:
            ids = text_column(arrow(table, customer_id), customer_id)
        if found.num_rows == 0:
            return score_table(ids, np.zeros(0), np.zeros(0), np.zeros(0), [])
        risk = self.predict(found)
        low, high = self.interval.around(risk)
        told = [msgspec.json.encode(reasons).decode() for reasons in self.explain(found)]
        return score_table(ids, risk, low, high, told)

    def what_if(self, row: Mapping[str, Cell], changes: Mapping[str, Cell]) -> WhatIf:
        """What the model says of a row, and of the same row with some columns changed.

        Raises BadTableError for a column that the model does not use, with the reason if it was
        left out. It tells what rows like that did: not what a change would cause.
        """
        for name in changes:
            if name not in self.columns.names:
                why = next((f": {one.why.en}" for one in self.left if one.column == name), "")
                raise BadTableError(f"{name} is not used by this model{why}")
        before = {name: row.get(name) for name in self.columns.names}
        both = one_by_one([before, {**before, **changes}], self.columns)
        risk = self.predict(both)
        low, high = self.interval.around(risk)
        told = [self._change(name, before[name], value) for name, value in changes.items()]
        names = [self.names.get(one.column, Words(one.column, one.column)) for one in told]
        zh = "、".join(f"{n.zh}由 {c.was or '未填'} 变为 {c.becomes or '未填'}"
                       for n, c in zip(names, told, strict=True))  # fmt: skip
        en = ", ".join(f"{n.en} {c.becomes or 'unknown'} instead of {c.was or 'unknown'}"
                       for n, c in zip(names, told, strict=True))  # fmt: skip
        words = Words(
            f"{zh}：概率从 {risk[0]:.0%} 到 {risk[1]:.0%}（相似的人是这样，不代表改了就会这样）",
            f"{en}: {risk[0]:.0%} becomes {risk[1]:.0%} (what people like that did, not what the "
            "change would cause)",
        )
        return WhatIf(
            float(risk[0]), float(risk[1]), (float(low[0]), float(high[0])),
            (float(low[1]), float(high[1])), told, words,
        )  # fmt: skip

    def _change(self, name: str, was: Cell, becomes: Cell) -> Change:
        column = self.columns.used[self.columns.names.index(name)]
        text = "" if becomes is None else str(becomes)
        unseen = bool(text) and not column.numeric and text not in column.levels
        return Change(name, "" if was is None else str(was), text, unseen)


def one_by_one(rows: list[dict[str, Cell]], columns: Columns) -> pa.Table:
    """Single rows as a table in which each column has the type that it was learned with."""
    made = {}
    for column in columns.used:
        texts = [None if row[column.name] is None else str(row[column.name]) for row in rows]
        values = pa.array(texts, pa.string())
        if column.numeric:
            plain = [_number(column.name, text) for text in texts]
            values = pa.array(plain, pa.float64())
        made[column.name] = values
    return pa.table(made)


def _number(name: str, text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        return float({"True": "1", "False": "0"}.get(text, text))
    except ValueError as error:
        raise BadTableError(f"{name} is a number; {text!r} is none") from error


def _shown(table: pa.Table, name: str) -> list[str]:
    """The values of a column as a reader would write them; unknown as ""."""
    if name not in table.column_names:
        return [""] * table.num_rows
    shown = []
    for value in table.column(name).to_pylist():
        if value is None or value != value:
            shown.append("")
        elif isinstance(value, float):
            shown.append(f"{value:,.4g}")
        else:
            shown.append(str(value).strip())
    return shown


@dataclass(frozen=True)
class Prepared:
    """A labelled table from which everything that must not be learned from is gone."""

    data: Labelled
    left: list[Left]


def prepare(
    table: Tabular,
    label: str,
    *,
    positive: str | bool | int | None = None,
    trusted: Iterable[str] = (),
    leave_out: Iterable[str] = (),
) -> Prepared:
    """Check a table before it is learned from.

    `trusted` names columns that are known beforehand whatever they look like. Raises
    LabelInDisguiseError with the names of columns that give the label away.
    """
    trust = set(trusted)
    found = arrow(table, label, *trust)
    data = labelled(found, label, positive)
    kept, left = chosen(data.table, label, trusted=trust, leave_out=leave_out)
    suspects = {name: kept.column(name) for name in kept.column_names if name not in trust}
    caught = leaks.disguised(suspects, data.happened)
    if caught:
        raise LabelInDisguiseError(label, caught)
    return Prepared(Labelled(kept, data.happened, data.positive, data.unlabelled), left)


def cross_fitted(
    kinds: Iterable[Kind], table: pa.Table, happened: Floats, left: list[Left], seed: int
) -> tuple[dict[Kind, list[Member]], dict[Kind, Floats]]:
    """Members of each kind, and for every row what the member said that had not seen it."""
    wanted = list(kinds)
    members: dict[Kind, list[Member]] = {kind: [] for kind in wanted}
    unseen = {kind: np.zeros(len(happened)) for kind in wanted}
    place = folds(happened, MEMBERS, seed)
    for part in range(MEMBERS):
        out = place == part
        known, told = table.filter(pa.array(~out)), happened[~out]
        columns = fit_columns(known, told, left)
        rows, other = columns.rows(known), columns.rows(table.filter(pa.array(out)))
        for kind, rival in rivals.fit(wanted, rows, told).items():
            members[kind].append(Member(columns, rival))
            unseen[kind][out] = rival.margins(other)
    return members, unseen


def fit_prepared(
    prepared: Prepared, label: str, kind: Kind, names: Mapping[str, Words] | None = None
) -> LabelledModel:
    """One kind of model, calibrated on what its members had not seen."""
    data = prepared.data
    with one_thread():
        members, unseen = cross_fitted([kind], data.table, data.happened, prepared.left, seed=29)
        margins = unseen[kind]
        platt = fit_platt(margins, data.happened)
        return LabelledModel(
            label=label,
            positive=data.positive,
            kind=kind,
            members=members[kind],
            calibrated=platt,
            interval=fit_interval(platt(margins), data.happened),
            typical_margin=float(np.mean(margins)),
            base_rate=float(data.happened.mean()),
            learned_from=len(data.happened),
            left=prepared.left,
            names=dict(names or {}),
        )
