"""Training: from the lake to everybody's scores, and from there to the profiles.

What acts is decided by the backtest (see insight.scorecard); this file only carries: history in,
scores out to the lake (all versions) and to PostgreSQL (the current ones).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from zhiyin.accounts.audit import record
from zhiyin.accounts.models import User
from zhiyin.collect.archive import lake
from zhiyin.collect.bulk import copy_rows
from zhiyin.customers.asof import data_as_of
from zhiyin.customers.models import Identifier, ModelVersion
from zhiyin.features.history import History
from zhiyin.insight import store
from zhiyin.insight.contract import NotEnoughHistoryError
from zhiyin.insight.personas import PersonaModel
from zhiyin.insight.training import Understanding, train_all
from zhiyin.lake.engine import EngineSettings

Progress = Callable[[str, int, int | None], None]
MODELS = ("rfm", "personas", "value", "churn", "next_purchase")


class NothingToLearn(RuntimeError):  # noqa: N818  (it carries the words for people)
    """There is too little trade to learn from."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.zh = f"还没有足够的订单可以学习：{why}。先导入订单。"
        self.en = f"Not enough orders to learn from: {why}. Import orders first."


@dataclass(frozen=True)
class Trained:
    """What a training did."""

    as_of: datetime
    version: int
    customers: int
    seconds: float
    models: list[dict[str, Any]] = field(default_factory=list)


def silent(stage: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def train(*, by: User, progress: Progress = silent, as_of: datetime | None = None) -> Trained:
    """Features, three backtests, fits and scores for everybody; raises `NothingToLearn`."""
    begun = time.perf_counter()
    at = as_of or data_as_of()
    version = (ModelVersion.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    progress("history", 0, None)
    try:
        history = History.from_lake(
            lake(), whose_identifiers(), settings.CURRENCY, EngineSettings(settings.ENGINE)
        )
        told = train_all(history, at, progress, _attributes(at), version, _personas_before())
    except (NotEnoughHistoryError, ValueError) as error:
        raise NothingToLearn(str(error)) from error
    digests = told.save(models_folder())
    progress("scores", 0, None)
    keep_scores_in_lake(told)
    people = told.rfm.num_rows if told.rfm is not None else 0
    seconds = time.perf_counter() - begun
    with transaction.atomic():
        _write_scores(told)
        _write_profiles(told)
        versions = [_keep_version(told, name, digests, people, seconds) for name in told.models]
        record(by, "models.trained", versions[0] if versions else None, version=version)
    with connection.cursor() as cursor:
        cursor.execute("analyze customers_customer")
    progress("done", 1, 1)
    return Trained(at, version, people, round(seconds, 2), [_summary(one) for one in versions])


def models_folder() -> Path:
    """Where fitted models are stored."""
    return Path(settings.DATA) / "models"


def _personas_before() -> PersonaModel | None:
    """The personas in use, whose names go on; None before the first, or where unreadable."""
    current = ModelVersion.objects.filter(name="personas", current=True).first()
    if current is None or not current.path:
        return None
    try:
        model, _manifest = store.load(
            models_folder(), "personas", current.version, digest=current.path
        )
    except store.ModelFileError:
        return None
    return model if isinstance(model, PersonaModel) else None


def whose_identifiers() -> pa.Table:
    """Whose each identifier is now."""
    pairs = Identifier.objects.exclude(customer=None).values_list("id", "customer_id")
    rows = list(pairs.iterator(chunk_size=50_000))
    return pa.table(
        {
            "identifier_id": pa.array([str(identifier) for identifier, _ in rows], pa.string()),
            "customer_id": pa.array([str(customer) for _, customer in rows], pa.string()),
        }
    )


def _attributes(at: datetime) -> pa.Table:
    """What personas may speak of besides habits: the age, where a birthday is known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id::text, extract(year from age(%s, birth_date))::float8"
            " from customers_customer where birth_date is not null",
            [at],
        )
        rows = cursor.fetchall()
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "age": pa.array([row[1] for row in rows], pa.float64()),
        }
    )


def keep_scores_in_lake(told: Understanding) -> None:
    """Every score of this version, for ever: model, value, interval, reasons."""
    day = timezone.now().astimezone(UTC).date()
    for name, scores in told.scores.items():
        dated = scores.append_column("received_day", pa.array([day] * scores.num_rows, pa.date32()))
        lake().append("scores", dated, app_id=f"scores:{name}", sequence=told.version)


def _write_scores(told: Understanding) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from customers_score where model = any(%s)", [list(told.scores)])
    for name, scores in told.scores.items():
        columns = ("customer_id", "value", "low", "high", "reasons")
        rows = zip(*(scores[name_].to_pylist() for name_ in columns), strict=True)
        copy_rows(
            "customers_score",
            ("customer_id", "model", "version", "as_of", "value", "low", "high", "reasons"),
            ((id_, name, told.version, told.as_of, value, low, high, reasons)
             for id_, value, low, high, reasons in rows),
        )  # fmt: skip


PROFILE_COLUMNS = {
    "rfm": "text", "rfm_segment": "text", "persona": "text", "value_12m": "numeric",
    "value_12m_low": "numeric", "value_12m_high": "numeric", "churn_risk": "float8",
    "churn_risk_low": "float8", "churn_risk_high": "float8", "next_purchase_from": "date",
    "next_purchase_to": "date", "next_purchase_probability": "float8", "tier": "text",
}  # fmt: skip


def _write_profiles(told: Understanding) -> None:
    """The current scores onto the customers' rows, in one statement; the others lose theirs."""
    profiles: dict[str, dict[str, object]] = {}
    if told.rfm is not None:
        for row in told.rfm.to_pylist():
            grades = f"{row['r']}{row['f']}{row['m']}"
            profiles[row["customer_id"]] = {"rfm": grades, "rfm_segment": row["segment"]}
    _add(profiles, told.scores.get("value"), _value_fields)
    _add(profiles, told.scores.get("churn"), _churn_fields)
    _add(profiles, told.scores.get("personas"), lambda row: {"persona": f"p{int(row['value'])}"})
    _add(profiles, told.scores.get("next_purchase"), lambda row: _window_fields(row, told.as_of))
    _tiers(profiles)
    columns = ", ".join(f"{name} {kind}" for name, kind in PROFILE_COLUMNS.items())
    assign = ", ".join(f"{name} = s.{name}" for name in PROFILE_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"create temp table scored (id uuid, {columns}) on commit drop")
        copy_rows(
            "scored",
            ("id", *PROFILE_COLUMNS),
            (
                (id_, *(fields.get(name) for name in PROFILE_COLUMNS))
                for id_, fields in profiles.items()
            ),
        )
        for name in ("rfm", "rfm_segment", "persona", "tier"):
            cursor.execute(f"update scored set {name} = '' where {name} is null")  # noqa: S608
        cursor.execute(
            f"update customers_customer c set {assign}, scored_at = %s from scored s"  # noqa: S608
            " where c.id = s.id",
            [told.as_of],
        )
        cursor.execute(
            "update customers_customer c set churn_risk = null, value_12m = null, rfm = '',"
            " rfm_segment = '', persona = '', tier = '', scored_at = null"
            " where scored_at is not null and not exists (select from scored s where s.id = c.id)"
        )
        cursor.execute("drop table scored")


Fields = dict[str, object]


def _add(
    profiles: dict[str, Fields], scores: pa.Table | None, fields: Callable[[dict[str, Any]], Fields]
) -> None:
    if scores is None:
        return
    for row in scores.to_pylist():
        profiles.setdefault(row["customer_id"], {}).update(fields(row))


def _value_fields(row: dict[str, Any]) -> Fields:
    return {"value_12m": _money(row["value"]), "value_12m_low": _money(row["low"]),
            "value_12m_high": _money(row["high"])}  # fmt: skip


def _churn_fields(row: dict[str, Any]) -> Fields:
    return {
        "churn_risk": row["value"],
        "churn_risk_low": row["low"],
        "churn_risk_high": row["high"],
    }


def _window_fields(row: dict[str, Any], as_of: datetime) -> Fields:
    if row["low"] is None or row["high"] is None:
        return {}
    return {
        "next_purchase_from": (as_of + timedelta(days=row["low"])).date(),
        "next_purchase_to": (as_of + timedelta(days=row["high"])).date(),
        "next_purchase_probability": row["value"],
    }


def _money(value: float | None) -> Decimal | None:
    return None if value is None else round(Decimal(value), 2)


def _tiers(profiles: dict[str, Fields]) -> None:
    """Value tiers: the 5 % with the highest predicted value are platinum, the next 15 % gold."""
    ranked = sorted(
        (fields for fields in profiles.values() if fields.get("value_12m") is not None),
        key=lambda fields: fields["value_12m"],  # type: ignore[arg-type,return-value]
        reverse=True,
    )
    for place, fields in enumerate(ranked):
        share = place / len(ranked)
        fields["tier"] = "platinum" if share < 0.05 else "gold" if share < 0.20 else "regular"


def _keep_version(
    told: Understanding, name: str, digests: dict[str, str], people: int, seconds: float
) -> ModelVersion:
    ModelVersion.objects.filter(name=name, current=True).update(current=False)
    card = told.scorecards.get(name)
    stored = json.loads(card.json()) if card is not None else _description(told, name)
    return ModelVersion.objects.create(
        name=name, version=told.version, as_of=told.as_of, trained_at=timezone.now(),
        scorecard=stored, in_use=card.in_use if card else ModelVersion.InUse.MODEL, current=True,
        customers=people, path=digests.get(name, ""), seconds=seconds,
    )  # fmt: skip


def _description(told: Understanding, name: str) -> dict[str, Any]:
    """Descriptive models have no right answer to be scored by; what they found is kept instead."""
    found: dict[str, Any] = {"descriptive": True}
    if name == "personas" and told.personas is not None:
        found["personas"] = msgspec.to_builtins(told.personas.personas)
        found["moves"] = msgspec.to_builtins(told.personas.moves)
    if name == "rfm" and told.rfm is not None:
        names = {
            row["segment"]: {"zh": row["name_zh"], "en": row["name_en"]}
            for row in told.rfm.group_by(["segment", "name_zh", "name_en"])
            .aggregate([])
            .to_pylist()
        }
        found["segments"] = names
    return found


def _summary(one: ModelVersion) -> dict[str, Any]:
    sentence = one.scorecard.get("sentence") or {
        "zh": f"已为 {one.customers:,} 人分组", "en": f"{one.customers:,} people grouped",
    }  # fmt: skip
    return {"name": one.name, "version": one.version, "in_use": one.in_use, "sentence": sentence}
