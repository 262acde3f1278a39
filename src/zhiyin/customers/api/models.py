"""/models: what is predicted, and how it did against its naive baseline."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from zhiyin.accounts.api.responses import answers
from zhiyin.accounts.gate import gate
from zhiyin.customers.queries import models as queries

router = Router(tags=["models"])


class ModelOut(Schema):
    """The current version of a model."""

    name: str = Field(examples=["churn"])
    title: str = Field(description="In the reader's language.", examples=["Churn"])
    version: int
    state: Literal["model", "baseline", "descriptive"] = Field(
        description="What is in use: the model; its baseline, because the model did not win its"
        " backtest; or a model that only describes."
    )
    as_of: datetime = Field(description="Up to when it knows the past.")
    trained_at: datetime
    customers: int = Field(description="How many were scored.")
    approved_at: datetime | None
    scorecard: dict[str, Any] = Field(
        description="Each metric of model and baseline with the difference and its 95 % interval,"
        " the calibration, and the series over the cut-off dates."
    )


class ModelsOut(Schema):
    """All models."""

    items: list[ModelOut]


@router.get(
    "/models", response=answers(ModelsOut), operation_id="list_models",
    summary="Models and their scorecards",
)  # fmt: skip
@gate("model.see")
def models(request: HttpRequest) -> dict[str, object]:
    """The current version of every model with its scorecard."""
    return {
        "items": [
            {"name": one.version.name, "title": one.title, "version": one.version.version,
             "state": one.state, "as_of": one.version.as_of,
             "trained_at": one.version.trained_at, "customers": one.version.customers,
             "approved_at": one.version.approved_at, "scorecard": one.version.scorecard}
            for one in queries.listed()
        ]
    }  # fmt: skip
