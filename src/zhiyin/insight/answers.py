"""A fitted answer about everybody at one date: `fit(orders, as_of)` gives it, `score` reads it."""

from dataclasses import dataclass
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

    def score(self) -> pa.Table:
        """One row a customer: customer_id, value, low, high, reasons (JSON)."""
        return self.model.score_frame(self.frame)

    def explain(self, customer_id: str) -> list[Reason]:
        """Why this customer has his score. Raises UnknownCustomerError for a stranger."""
        one = self.frame.table.filter(pc.equal(self.frame.table["customer_id"], customer_id))
        if one.num_rows == 0:
            raise UnknownCustomerError(f"{customer_id} is not among the {len(self.frame):,} asked")
        told = self.model.score_frame(Frame(self.frame.as_of, one.combine_chunks()))
        return msgspec.json.decode(told["reasons"][0].as_py(), type=list[Reason])
