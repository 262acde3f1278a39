"""A fitted answer about everybody at one date: `fit(orders, as_of)` gives it, `score` reads it."""

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.insight.contract import Frame, InsightError, Reason


class Scoring(Protocol):
    """A fitted model that answers for a snapshot of customers."""

    def score_frame(self, frame: Frame) -> pa.Table: ...


M = TypeVar("M", bound=Scoring)


class UnknownCustomerError(InsightError):
    """The customer had not bought anything by the date of the answer."""


@dataclass(frozen=True)
class Answer(Generic[M]):
    """A model and the customers that it was asked about."""

    model: M
    frame: Frame
    _scores: list[pa.Table] = field(default_factory=list, repr=False)

    def score(self) -> pa.Table:
        """One row a customer: customer_id, value, low, high, reasons (JSON)."""
        if not self._scores:
            self._scores.append(self.model.score_frame(self.frame))
        return self._scores[0]

    def explain(self, customer_id: str) -> list[Reason]:
        """Why this customer has his score. Raises UnknownCustomerError for a stranger."""
        # against everybody who was asked: a customer alone would be typical of himself
        scores = self.score()
        told = scores.filter(pc.equal(scores["customer_id"], customer_id))
        if told.num_rows == 0:
            raise UnknownCustomerError(f"{customer_id} is not among the {len(self.frame):,} asked")
        return msgspec.json.decode(told["reasons"][0].as_py(), type=list[Reason])
