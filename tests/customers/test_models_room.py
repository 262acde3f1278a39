"""The model room: what is worth using, who approved it, and training anew in the background."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.customers import people
from tests.insight import shop
from zhiyin.accounts import work as long_work
from zhiyin.accounts.models import AuditPending, User, Work
from zhiyin.accounts.roles import Role
from zhiyin.customers import approving, tasks, training
from zhiyin.customers.models import (
    Customer,
    Identifier,
    ModelVersion,
    Order,
    Score,
)
from zhiyin.ids import uuid7
from zhiyin.insight.contest import BASELINE, Contest, Standing
from zhiyin.insight.contract import Words, microseconds
from zhiyin.insight.metrics import Span
from zhiyin.insight.rivals import NAMES
from zhiyin.insight.rivals import Kind as Kind_
from zhiyin.insight.scorecard import (
    CalibrationPoint,
    CutOff,
    Drift,
    Kind,
    Metric,
    Scorecard,
    Verdict,
)
from zhiyin.lake import Lake

pytestmark = pytest.mark.django_db

AT = datetime(2026, 10, 1, tzinfo=UTC)


def card(*, wins: bool = True, psi: float = 0.05) -> Scorecard:
    """A scorecard as a backtest leaves it."""
    verdict = Verdict.WIN if wins else Verdict.BASELINE
    gain = 0.07 if wins else -0.04
    sentence = (
        Words("可以用。", "Fit for use.") if wins else Words("现在用基线。", "On its baseline.")
    )
    metric = Metric(
        "auc", Words("排序能力", "Ranking"), Words("AUC", "AUC"), 0.85, 0.85 - gain, gain,
        gain - 0.01, gain + 0.01, 0.01, verdict, True,
    )  # fmt: skip
    return Scorecard(
        model="churn", kind=Kind.PROBABILITY, title=Words("流失预测", "Churn"),
        question=Words("会不会走", "Who leaves"), baseline_name=Words("按天数", "by days"),
        horizon_days=60, as_of_us=microseconds(AT), n=900, metrics=[metric], verdict=verdict,
        in_use="model" if wins else "baseline", sentence=sentence, series_name=Words("AUC", "AUC"),
        series=[
            CutOff(
                microseconds(AT - timedelta(days=60 * n)), 300, 90,
                0.8, 0.78, 0.82, 0.7, 0.68, 0.72,
            )
            for n in (3, 2, 1)
        ],
        calibration_model=[CalibrationPoint(0.4, 0.41, 0.39, 0.43, 90)],
        calibration_baseline=[CalibrationPoint(0.3, 0.41, 0.39, 0.43, 90)],
        drift=[Drift("aov", Words("客单价", "Order value"), psi,
                     "retrain" if psi > 0.25 else "ok")],
    )  # fmt: skip


def version(
    *, wins: bool = True, psi: float = 0.05, number: int = 1, **fields: Any
) -> ModelVersion:
    made = card(wins=wins, psi=psi)
    return ModelVersion.objects.create(
        name="churn", version=number, as_of=AT, trained_at=timezone.now(), customers=900,
        scorecard=json.loads(made.json()), in_use=made.in_use, **{"current": True, **fields},
    )  # fmt: skip


def standing(key: str, auc: float) -> Standing:
    span = Span(auc, auc - 0.02, auc + 0.02)
    name = Words("按天数", "by days") if key == BASELINE else NAMES[Kind_(key)]
    return Standing(key, name, span, 0.01, span, span, span, 0.02, span, span, span)


def page(user: User, name: str = "churn") -> str:
    return signed_in(user).get(reverse("model", args=[name])).content.decode()


def signed_in(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def manager() -> User:
    return factories.user(Role.MANAGER)


def test_before_the_first_training_one_button_leads_on(manager: User) -> None:
    people.many(3)
    shown = signed_in(manager).get(reverse("models")).content.decode()
    assert reverse("train_models") in shown
    reader = signed_in(factories.user(Role.READ_ONLY)).get(reverse("models")).content.decode()
    assert reverse("train_models") not in reader


def test_a_model_that_loses_is_said_to_be_on_its_baseline(manager: User) -> None:
    version(wins=False)
    shown = page(manager)
    assert "On its baseline." in shown
    assert "1 on its baseline" in shown
    assert reverse("approve_model", args=["churn"]) not in shown
    assert "zy-stamp" not in shown


def test_a_winning_model_shows_its_figures_and_no_seal_before_a_person_approves(
    manager: User,
) -> None:
    version()
    shown = page(manager)
    for figure in ("0.850", "0.780", "+0.070", "0.060–0.080"):
        assert figure in shown
    assert "zy-stamp" not in shown
    assert "Nobody has approved v1 yet" in shown


def test_all_kinds_of_models_stand_side_by_side_and_the_one_in_use_is_marked(
    manager: User,
) -> None:
    rows = [standing(Kind_.MIXED, 0.812), standing(Kind_.LOGISTIC, 0.807),
            standing(Kind_.SVM, 0.793)]  # fmt: skip
    held = Contest(
        "churn", 300, 90, 3, 3, 3.3, rows, Kind_.MIXED, standing(BASELINE, 0.741), False,
        Words("各半最好。", "Half each is best."),
    )  # fmt: skip
    made = msgspec.structs.replace(card(), contest=held)
    one = version()
    assert "Kinds of models side by side" not in page(manager)
    ModelVersion.objects.filter(pk=one.pk).update(scorecard=json.loads(made.json()))
    shown = page(manager)
    assert "Kinds of models side by side" in shown
    assert "Half each is best." in shown
    assert "Support vector machine" in shown
    for figure in ("0.812", "0.807", "0.793", "0.741"):
        assert figure in shown
    assert shown.count("<b>LightGBM and logistic regression, half each</b>") == 1


def test_approval_is_a_persons_audited_and_can_be_withdrawn(manager: User) -> None:
    one = version()
    client = signed_in(manager)
    client.post(reverse("approve_model", args=["churn"]), {"version": str(one.pk)})
    one.refresh_from_db()
    assert one.approved_by == manager
    assert one.approved_at is not None
    assert "zy-stamp" in page(manager)
    client.post(reverse("withdraw_approval", args=["churn"]))
    one.refresh_from_db()
    assert one.approved_at is None
    assert "zy-stamp" not in page(manager)
    told = AuditPending.objects.filter(verb__startswith="model.").order_by("id")
    assert list(told.values_list("verb", flat=True)) == [
        "model.approved",
        "model.approval_withdrawn",
    ]


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.SALES, Role.READ_ONLY])
def test_who_may_not_approve_is_refused(role: Role) -> None:
    one = version()
    answer = signed_in(factories.user(role)).post(
        reverse("approve_model", args=["churn"]), {"version": str(one.pk)}
    )
    assert answer.status_code == 403
    one.refresh_from_db()
    assert one.approved_at is None


def test_no_model_page_asks_the_database_more_than_fifteen_times(
    manager: User, django_assert_max_num_queries: Any
) -> None:
    version()
    client = signed_in(manager)
    client.get(reverse("model", args=["churn"]))
    with django_assert_max_num_queries(15):
        client.get(reverse("model", args=["churn"]))


def test_what_loses_or_was_replaced_cannot_be_approved(manager: User) -> None:
    old = version(current=False)
    new = version(wins=False, number=2)
    for one in (old, new):
        with pytest.raises(approving.NotApprovable):
            approving.approve(one, by=manager)


def test_a_feature_that_drifted_is_named_in_the_verdict(manager: User) -> None:
    version(psi=0.3)
    shown = page(manager)
    assert "Order value has drifted" in shown
    assert "train anew" in shown


def test_a_descriptive_model_shows_its_groups_of_the_people_one_may_see() -> None:
    mine, other = factories.department("Mine"), factories.department("Other")
    seller = factories.user(Role.SALES, department=mine)
    people.many(4, department=mine, rfm_segment="champions")
    people.many(9, department=other, rfm_segment="loyal")
    ModelVersion.objects.create(
        name="rfm", version=1, as_of=AT, trained_at=AT, scorecard={"descriptive": True},
        in_use="model", current=True, customers=13,
    )  # fmt: skip
    shown = page(seller, "rfm")
    assert "?set=1&amp;rfm=champions" in shown
    assert "rfm=loyal" not in shown


def test_a_second_training_is_not_begun_while_one_waits(manager: User) -> None:
    client = signed_in(manager)
    client.post(reverse("train_models"))
    client.post(reverse("train_models"))
    assert Work.objects.filter(kind=tasks.KIND).count() == 1
    assert "waiting for its turn" in client.get(reverse("training")).content.decode()


def test_when_the_training_is_over_the_page_is_loaded_anew(manager: User) -> None:
    answer = signed_in(manager).get(reverse("training"))
    assert answer.headers["HX-Refresh"] == "true"


@pytest.fixture
def little_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A simulated shop in a lake of its own, its customers in the database."""
    lines = shop.lines(120)
    names = lines["customer_id"].unique().to_pylist()
    source = people.source()
    rows = Customer.objects.bulk_create(Customer(name=name) for name in names)
    seen = [
        Identifier(kind="number", value=one.name, customer=one, source=source,
                   first_seen_at=people.NOW, last_seen_at=people.NOW)
        for one in rows
    ]  # fmt: skip
    Identifier.objects.bulk_create(seen)
    ids = {one.value: str(one.pk) for one in seen}
    last = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=pc.max(lines["ts_us"]).as_py())
    Order.objects.create(
        id=uuid7(), source=source, number="last", kind="sale", customer=rows[0], ordered_at=last,
        total=Decimal(1), currency="CNY", lines=1,
    )  # fmt: skip
    count = lines.num_rows
    batch = pa.table(
        {
            "event_id": [str(uuid7()) for _ in range(count)],
            "order_id": lines["order_id"],
            "source": ["shop"] * count,
            "batch": ["b"] * count,
            "identifier_id": [ids[name] for name in lines["customer_id"].to_pylist()],
            "ts_us": lines["ts_us"],
            "received_us": lines["ts_us"],
            "sku": lines["sku"],
            "quantity": lines["quantity"],
            "unit_price": lines["amount"].cast(pa.decimal128(18, 4)),
            "amount": lines["amount"].cast(pa.decimal128(18, 4)),
            "currency": ["CNY"] * count,
        }
    )
    lake = Lake(str(tmp_path / "lake"))
    lake.append("order_lines", batch, app_id="shop", sequence=1)
    monkeypatch.setattr(training, "lake", lambda: lake)
    monkeypatch.setattr(training, "models_folder", lambda: tmp_path / "models")
    return len(rows)


@pytest.mark.slow
@pytest.mark.usefixtures("little_shop")
def test_the_task_trains_scores_everybody_and_tells_how_it_ended(
    manager: User, little_shop: int, settings: Any
) -> None:
    settings.CURRENCY = "CNY"
    one = tasks.begin(by=manager)
    tasks.train(work_id=str(one.pk), by=str(manager.pk))
    one.refresh_from_db()
    assert one.state == Work.State.DONE
    assert one.result["customers"] > little_shop * 0.8
    assert {"rfm", "personas"} <= set(
        ModelVersion.objects.filter(current=True).values_list("name", flat=True)
    )
    assert Score.objects.exists()
    assert Customer.objects.exclude(rfm_segment="").exists()
    before = training._personas_before()
    assert before is not None  # the next training goes on from these names
    assert [persona.key for persona in before.personas] == list(range(len(before.personas)))
    client = signed_in(manager)
    for name in ModelVersion.objects.filter(current=True).values_list("name", flat=True):
        assert client.get(reverse("model", args=[name])).status_code == 200


def test_a_training_that_was_cancelled_leaves_the_scores_alone(
    manager: User, little_shop: int
) -> None:
    one = tasks.begin(by=manager)
    with connection.cursor() as cursor:
        cursor.execute("update accounts_work set cancel_asked = true where id = %s", [one.pk])
    tasks.train(work_id=str(one.pk), by=str(manager.pk))
    one.refresh_from_db()
    assert one.state == Work.State.CANCELLED
    assert not ModelVersion.objects.exists()
    long_work.ask_to_cancel(one, by=manager)
    tasks.train(work_id=str(one.pk), by=str(manager.pk))
    assert not Score.objects.exists()
